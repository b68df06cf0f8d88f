/* One training step, data-parallel over ranks: the same bytes for any number of them.
 *
 * The global batch is cut into `shards` parts; rank r owns a contiguous range of whole shards. Each
 * shard's gradients are computed with the same kernel calls whoever owns it, turned into integers
 * and summed, within the rank and then over all ranks.
 */
#ifndef RESLICE_TRAIN_STEP_H
#define RESLICE_TRAIN_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/comm.h"
#include "hw/bit_slice.h"
#include "method/group_lasso.h"
#include "method/penalty.h"
#include "nn/network.h"
#include "nn/optimizer.h"
#include "settings/experiment.h"
#include "train/constrain.h"

/* Where the time of a step goes, in seconds. */
enum step_part {
    STEP_FORWARD,
    STEP_BACKWARD,
    STEP_QUANTISE,
    STEP_PENALTY,
    STEP_REDUCE,
    STEP_UPDATE,
    STEP_PARTS
};

/* "forward", …: a word for tables. Pure. */
const char *step_part_name(enum step_part part);

struct step {
    struct network *net; /* not owned */
    struct sgd sgd;
    const struct penalty_class *penalty; /* or NULL */
    double alpha;
    struct penalty_form form;
    struct group_lasso group_lasso;  /* a second penalty … */
    struct group_lasso_layer *group; /* … on [groups] layers; owned */
    size_t groups;
    double *norm;                        /* of all groups; owned */
    struct constrain *constrain;         /* or NULL; not owned */
    const struct multiplier *multiplier; /* of the forward passes, or NULL; not owned */
    struct comm_sums *sums;              /* params.sum lies there, or NULL; owned */
    struct bit_slice_format format;
    bool quantise;
    size_t shards;          /* of the global batch */
    uint16_t *label;        /* [capacity] of this rank's samples, filled by the caller */
    const uint32_t *sample; /* their numbers in the data set, or NULL; not owned */
    struct rng_key dropout;
    bool mark;                   /* rank 0's: all ranks see it behind the step */
    size_t *begin;               /* [shards of this rank + 1] */
    struct penalty_tensor *view; /* [views] the trained parameters */
    struct penalty_tensor *part; /* [views] what lies of them in one part of the flat arrays */
    int *viewed;                 /* [views] their indices in net->params */
    size_t views;
    double time_s[STEP_PARTS];
};

struct step_result {
    double loss;     /* mean cross entropy of the global batch */
    int64_t correct; /* of the global batch */
    bool is_marked;  /* rank 0 had step->mark */
    bool stop;       /* a rank was asked to stop: see base/stop.h; the same on every rank */
};

struct step_settings {
    struct sgd sgd;
    const char *penalty; /* "none", "l1", … */
    double alpha;
    struct penalty_form form;
    bool skips_radial; /* filters in front of batch norm are not pulled along themselves */
    struct group_lasso group_lasso;
    const struct real_list *group; /* input channels of the groups of each weight matrix; or NULL */
    struct constrain *constrain;
    const struct multiplier *multiplier; /* NULL: the operations' own products */
    struct bit_slice_format format;
    bool quantise;
    size_t batch, shards;
};

/* The most samples of a global batch of `batch` that this rank can get. Not collective. */
size_t step_capacity(size_t batch, size_t shards);

/* Takes all memory for steps of a network, which must stay where it is; its sums may move to memory that
 * the ranks share. Collective. */
void step_create(struct step *step, struct network *net, struct step_settings settings);

/* Gives back the memory; the network is the caller's, without memory for sums. Collective. */
void step_destroy(struct step *step);

/* This rank's contiguous part of a global batch of m samples. Not collective. */
struct share step_share(const struct step *step, size_t m);

/* Runs the step on the samples that the caller has put into net->input->value and step->label
 * (step_share of m). Collective. False when the run has diverged: a value is not finite or a sum
 * overflows; then every rank returns false and the trained weights are those before the step (running
 * statistics of batch norm may have moved). */
bool step_run(struct step *step, size_t m, double rate, struct step_result *result);

/* A forward pass as in a step, on those samples, by prepared weights: exponents and running
 * statistics follow the batch, these by `momentum` (0: the usual 0.1). Collective. False when a
 * value is not finite, on every rank. */
bool step_look(struct step *step, size_t m, double momentum);

/* Value of the penalties for the present codes and weights; 0 without one. Not collective, the same on
 * every rank. */
double step_penalty(const struct step *step);

#endif
