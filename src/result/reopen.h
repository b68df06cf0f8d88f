/* A complete result file, made into a network again: settings, weights, activation exponents, data. */
#ifndef RESLICE_RESULT_REOPEN_H
#define RESLICE_RESULT_REOPEN_H

#include "settings/experiment.h"
#include "train/training.h"

struct loaded {
    struct experiment experiment; /* one run: that of the file */
    struct dataset set;
    struct training training; /* prepared: weights quantised and packed */
};

/* Parts of the data. */
enum loaded_part { LOADED_TEST, LOADED_VALIDATION, LOADED_TRAIN, LOADED_PARTS };

/* The settings of a result file as an experiment of one run, the file's; `overrides` change them.
 * Collective. False with a line; free with experiment_free. */
bool loaded_settings(struct experiment *experiment, const char *path,
                     struct experiment_overrides overrides, struct error *err);

/* Reads a quantised run; `overrides` change its settings ("crossbar.rows=64"), `data` is the folder
 * for dataset_load. Collective. False with a line, and nothing to free. */
bool loaded_open(struct loaded *loaded, const char *path, const char *data,
                 struct experiment_overrides overrides, struct error *err);
void loaded_close(struct loaded *loaded);

/* Samples of a part; of the training samples those that were trained on. */
size_t loaded_count(const struct loaded *loaded, enum loaded_part part);

/* An evaluation of the first `count` samples of a part. */
struct evaluate_job loaded_job(struct loaded *loaded, enum loaded_part part, size_t count);

/* How the run's settings map its codes to crossbars. Pure. */
struct crossbar_format loaded_format(const struct loaded *loaded);

#endif
