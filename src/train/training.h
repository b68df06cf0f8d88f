/* One run of an experiment: train, select the epoch to keep, evaluate, map.
 *
 * All calls are collective, and every result is the same bytes on any number of ranks. */
#ifndef RESLICE_TRAIN_TRAINING_H
#define RESLICE_TRAIN_TRAINING_H

#include <stdbool.h>

#include "data/dataset.h"
#include "settings/experiment.h"
#include "simulate/simulation.h"
#include "train/evaluate.h"
#include "train/history.h"
#include "train/silent_layers.h"
#include "train/step.h"

/* The state that model selection keeps. */
struct snapshot {
    float *value;  /* [params.size] */
    int *exponent; /* of the activation quantisers */
    double score;  /* see training_train */
    size_t epoch;
};

/* How far a run is. Everything between two steps follows from this and the state below. */
struct training_position {
    size_t epoch;     /* 0: before the first step */
    size_t samples;   /* of the epoch that are done */
    bool is_measured; /* the epoch's row is complete and model selection has seen it */
    double loss;      /* sum over those samples */
    int64_t correct;  /* of those samples */
};

enum training_outcome { TRAINING_DONE, TRAINING_STOPPED, TRAINING_DIVERGED };

struct checkpoint;

struct training {
    const struct experiment *experiment; /* not owned */
    const struct experiment_run *run;    /* of the experiment */
    struct dataset set; /* its samples are not owned; normalised as the settings say */
    struct bit_slice_format format;
    size_t train_count, validation_count, test_count;
    struct network net;
    struct step step;
    struct constrain *constrain; /* or NULL; owned */
    struct history history;
    struct snapshot best;
    struct silent_layers silent;
    uint32_t *order;    /* [train_count] samples in the order of the epoch */
    size_t pruned;      /* parameters that are masked */
    bool is_calibrated; /* the activation exponents stand: those of a parent, or of an import */
    struct training_position at;
    size_t resumptions;            /* > 0: the state comes from a checkpoint */
    struct checkpoint *checkpoint; /* written now and then, or NULL; not owned */
    double begun_s;                /* when the run was begun, on comm_time_s's clock */
    double start_s;                /* the same, without the time in which it was interrupted */
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
 * A resumed run goes on from its position. TRAINING_STOPPED (base/stop.h): the state is that
 * of the position, for a checkpoint. TRAINING_DIVERGED: the line says where. */
enum training_outcome training_train(struct training *training, struct error *err);

/* Evaluates the kept weights on the test set and maps them on crossbars. After TRAINING_STOPPED the
 * network has the kept weights instead of the last ones, which nobody needs any more. */
enum training_outcome training_finish(struct training *training, struct error *err);

#endif
