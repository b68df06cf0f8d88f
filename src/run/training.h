/* One run of an experiment: train, select the epoch to keep, evaluate, map.
 *
 * All calls are collective, and every result is the same bytes on any number of ranks. */
#ifndef RESLICE_RUN_TRAINING_H
#define RESLICE_RUN_TRAINING_H

#include <stdbool.h>

#include "data/dataset.h"
#include "run/evaluate.h"
#include "run/experiment.h"
#include "run/history.h"
#include "run/simulate.h"
#include "run/step.h"

/* The state that model selection keeps. */
struct snapshot {
    float *value;  /* [params.size] */
    int *exponent; /* of the activation quantisers */
    double score;  /* see training_train */
    size_t epoch;
};

struct training {
    const struct experiment *experiment; /* not owned */
    const struct experiment_run *run;    /* of the experiment */
    const struct dataset *set;           /* not owned */
    struct bit_slice_format format;
    size_t train_count, validation_count, test_count;
    struct network net;
    struct step step;
    struct history history;
    struct snapshot best;
    uint32_t *order; /* [train_count] samples in the order of the epoch */
    size_t pruned;   /* parameters that are masked */
    double start_s;
    /* after training_finish */
    struct evaluation test;
    uint8_t *predicted; /* [evaluate_share(test_count).count] */
    struct simulation simulation;
};

/* Builds the network with its initial weights. False with a line when the data set does not fit the
 * settings. */
bool training_create(struct training *training, const struct experiment *experiment, size_t run,
                     const struct dataset *set, struct error *err);
void training_destroy(struct training *training);

/* Trains for the run's epochs (pruning first if asked), evaluating after each, and leaves the kept
 * epoch's weights in the network. The score of an epoch is its accuracy in percent by
 * training.select, plus, with select_sparsity, the mean over slices of the zero ratio in percent;
 * the first epoch with the largest score is kept.
 * False when the run has diverged; the line says where. */
bool training_train(struct training *training, struct error *err);

/* Evaluates the kept weights on the test set and maps them on crossbars. */
bool training_finish(struct training *training, struct error *err);

#endif
