/* A complete result file as what evaluates again: settings, network, data. Nothing of a training: no
 * history, no order of samples, no kept epoch, no checkpoint. */
#ifndef RESLICE_RESULT_REOPEN_H
#define RESLICE_RESULT_REOPEN_H

#include <stdbool.h>
#include <stddef.h>

#include "data/dataset.h"
#include "hw/crossbar.h"
#include "nn/network.h"
#include "settings/experiment.h"
#include "train/evaluate.h"
#include "train/sample_counts.h"

struct reopened {
    struct experiment experiment; /* one run: that of the file */
    struct network net;           /* prepared: weights quantised and packed */
    bool has_data;
    struct dataset set; /* normalised as the settings say; without data no samples */
    struct sample_counts counts;
};

/* Parts of the data. */
enum reopen_part { REOPEN_TEST, REOPEN_VALIDATION, REOPEN_TRAIN };

/* The settings of a result file as an experiment of one run, the file's; `overrides` change them
 * ("crossbar.rows=64"). False with a line; else the experiment is the caller's, for experiment_free.
 * Collective. */
bool reopen_settings(struct experiment *experiment, const char *path,
                     struct experiment_overrides overrides, struct error *err);

/* Settings and network of a quantised run, for one sample a rank: without data, for who looks at codes.
 * `overrides` may change crossbar.*, data.* and adc.* only: the network is trained. False with a line,
 * and nothing to close. Collective. */
bool reopen_network(struct reopened *reopened, const char *path,
                    struct experiment_overrides overrides, struct error *err);

/* The same for evaluations, with the data set, from the folder `data` for data_settings_load; the same
 * `overrides`. False with a line, and nothing to close. Collective. */
bool reopen_with_data(struct reopened *reopened, const char *path, const char *data,
                      struct experiment_overrides overrides, struct error *err);

/* Gives back all memory. Not collective. */
void reopen_close(struct reopened *reopened);

/* Settings of the run; they live as long as `reopened`. Pure. */
const struct settings *reopen_settings_of(const struct reopened *reopened);

/* Samples of a part; of the training samples those that were trained on. With data. Pure. */
size_t reopen_count(const struct reopened *reopened, enum reopen_part part);

/* An evaluation of the first `count` samples of a part, which nothing observes yet. With data. Not
 * collective: evaluate() is. */
struct evaluate_job reopen_evaluation(struct reopened *reopened, enum reopen_part part,
                                      size_t count);

#endif
