/* Experiment files: YAML → a list of runs, each with its complete, checked settings.
 *
 * One table (settings/options_table.c) holds every option: path, type, range, default, meaning. The
 * parser, `--set`, the matrix, the error messages, the resolved YAML in the result file and
 * `reslice options` all come from it.
 */
#ifndef RESLICE_SETTINGS_EXPERIMENT_H
#define RESLICE_SETTINGS_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "settings/runs.h"

/* Parses YAML text (`file` is for messages). False with one line "file:line: …: value 'x' …, allowed: …"
 * on any mistake, and an empty experiment. The experiment is the caller's, for experiment_free.
 * Deterministic: every rank gets the same. Collective where the data set is the user's own (data.file),
 * which is then looked at. */
bool experiment_parse(struct experiment *experiment, const char *file, const char *text,
                      size_t length, struct experiment_overrides overrides, struct error *err);

/* The experiment "settings" whose only run, "run", has the settings that settings_to_yaml has written
 * (`file` is for messages). What they say was right when they were written: options without effect are
 * no mistake. False with one line, and an empty experiment. The experiment is the caller's, for
 * experiment_free. Collective
 * where the overrides have data.file, else not. */
bool experiment_from_settings(struct experiment *experiment, const char *file, const char *settings,
                              struct experiment_overrides overrides, struct error *err);

/* Reads the file on rank 0, broadcasts its text and parses it everywhere. False with one line on every
 * rank, and an empty experiment. The experiment is the caller's, for experiment_free. Collective. */
bool experiment_load(struct experiment *experiment, const char *file,
                     struct experiment_overrides overrides, struct error *err);

/* Frees the runs, and the lists that their settings point to; an empty experiment is allowed. Not
 * collective. */
void experiment_free(struct experiment *experiment);

#endif
