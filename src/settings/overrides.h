/* The command line's --set, applied to the runs that it concerns. */
#ifndef RESLICE_SETTINGS_OVERRIDES_H
#define RESLICE_SETTINGS_OVERRIDES_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/experiment_file.h"

/* False with a message when a --set sets what the matrix of a run varies. The runs have the axes of
 * their parents. Not collective. */
bool overrides_check(const struct experiment_file *file, struct error *err);

/* Sets in the settings of one run what concerns it, and notes in the file's overrides that they are
 * used. Not collective. */
void overrides_apply(const struct experiment_file *file, struct sourced_settings *to);

/* After overrides_apply on all runs: false with a message when a --set has concerned none. Not
 * collective. */
bool overrides_check_used(const struct experiment_file *file, struct error *err);

#endif
