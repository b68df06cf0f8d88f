/* How many samples of a data set a run uses. */
#ifndef RESLICE_TRAIN_SAMPLE_COUNTS_H
#define RESLICE_TRAIN_SAMPLE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "data/dataset.h"
#include "settings/experiment.h"

struct sample_counts {
    size_t train;      /* the first of the training file */
    size_t validation; /* its last, which are not trained on */
    size_t test;       /* the first of the test file */
};

/* Counts them as data.train, data.validation and data.test say. False with a line when validation leaves
 * nothing to train on. Pure. */
bool sample_counts_find(struct sample_counts *counts, const struct settings *settings,
                        const struct dataset *set, struct error *err);

#endif
