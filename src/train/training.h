/* One run of an experiment: train, select the epoch to keep, evaluate what is kept.
 *
 * A training advances by one step or one evaluation at a time and knows nothing of who watches it
 * (train/progress.h), saves it (train/checkpoint.h) or goes on calling (train/run.h). Every result is
 * the same bytes on any number of ranks. */
#ifndef RESLICE_TRAIN_TRAINING_H
#define RESLICE_TRAIN_TRAINING_H

#include <stdbool.h>

#include "data/dataset.h"
#include "settings/experiment.h"
#include "train/adc_loop.h"
#include "train/evaluate.h"
#include "train/history.h"
#include "train/step.h"

/* The state that model selection keeps. */
struct snapshot {
    float *value;  /* [params.size] */
    int *exponent; /* of the activation quantisers */
    double score;  /* see training_advance */
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

enum training_outcome {
    TRAINING_STEPPED,  /* a step is done */
    TRAINING_MEASURED, /* an epoch is evaluated: its row of the history is complete */
    TRAINING_DONE,     /* nothing is left to be done */
    TRAINING_STOPPED,  /* a rank was asked to stop: base/stop.h */
    TRAINING_DIVERGED
};

struct training {
    const struct experiment *experiment; /* not owned */
    const struct experiment_run *run;    /* of the experiment */
    struct dataset set; /* its samples are not owned; normalised as the settings say */
    struct bit_slice_format format;
    size_t train_count, validation_count, test_count;
    struct network net;
    struct step step;
    struct constrain *constrain; /* or NULL; owned */
    struct adc_loop *adc_loop;   /* converters in every pass; or NULL; owned */
    struct history history;
    struct snapshot best;
    uint32_t *order;    /* [train_count] samples in the order of the epoch … */
    size_t ordered;     /* … of this number; 0: of none yet */
    size_t pruned;      /* parameters that are masked */
    bool is_calibrated; /* the activation exponents stand: those of a parent, or of an import */
    struct training_position at;
    bool is_marked;     /* the last step: see struct step */
    size_t resumptions; /* > 0: the state comes from a checkpoint */
    double begun_s;     /* when the run was begun, comm_date_s */
    double start_s;     /* comm_time_s then, had it never been interrupted: of this process */
    /* Of the last evaluation; after training_finish of the kept weights. */
    struct evaluation test;
    uint16_t *predicted; /* [evaluate_share(&net, test_count).count] */
    size_t tested;       /* 1 + the epoch that both are of; 0: none yet */
};

/* Builds the network with its initial weights and takes all memory; `experiment` and the samples of
 * `set` must stay. Not collective, the same on every rank. False with a line when the data set does
 * not fit the settings, and nothing to destroy. */
bool training_create(struct training *training, const struct experiment *experiment, size_t run,
                     const struct dataset *set, struct error *err);

/* Gives back all memory. Not collective. */
void training_destroy(struct training *training);

/* Before the first training_advance of a run that does not come from a checkpoint: prunes and
 * constrains the weights as the run asks, and finds the exponents of the activations on the first
 * batch if no parent gave them. TRAINING_DONE, or TRAINING_DIVERGED with a line. Collective. */
enum training_outcome training_begin(struct training *training, struct error *err);

/* One step, or the evaluation behind an epoch's last step (or, of the run's weights before any step).
 * The score of an epoch is its accuracy in percent by training.select, plus, with select_sparsity,
 * the mean over slices of the zero ratio in percent; the first epoch with the largest score is kept.
 * TRAINING_DONE: all epochs are trained and evaluated, nothing has changed. TRAINING_STOPPED: the
 * state is that of the position, for a checkpoint. TRAINING_DIVERGED: the line says where.
 * Collective. */
enum training_outcome training_advance(struct training *training, struct error *err);

/* Puts the kept epoch's weights into the network, prepares it and evaluates it on the test set.
 * TRAINING_DONE, TRAINING_STOPPED (the state is that behind the last step but for the weights, whose
 * last values nobody needs any more) or TRAINING_DIVERGED with a line. Collective. */
enum training_outcome training_finish(struct training *training, struct error *err);

/* Puts this rank's part of batch [first, first + m) of t->order into the network, as it is: before
 * step_look. Not collective. */
void training_load_batch(struct training *training, size_t first, size_t m);

/* Quantises the weights and packs them. False when one is not finite. Not collective. */
bool training_prepare(struct training *training);

/* An evaluation of the network on samples [first, first + count) of a part of the training's data
 * set, in the run's number format and through its converters; nothing observes it yet. Not
 * collective: evaluate() is. */
struct evaluate_job training_evaluation(struct training *training, const struct dataset_part *part,
                                        size_t first, size_t count);

#endif
