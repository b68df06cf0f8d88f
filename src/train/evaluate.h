/* Evaluation of a network on part of a data set, divided over ranks in fixed blocks of samples.
 * With quantisation every logit is an exact integer product, so results are the same bytes on any
 * number of ranks. */
#ifndef RESLICE_TRAIN_EVALUATE_H
#define RESLICE_TRAIN_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/comm.h"
#include "data/dataset.h"
#include "nn/network.h"

/* The most samples of a block, which has net->block of them: a network used here needs at least this
 * capacity. */
enum { EVALUATE_BLOCK = NETWORK_BLOCK };

struct evaluation {
    double loss;     /* mean cross entropy */
    double accuracy; /* 0..1 */
    bool is_finite;
    bool is_stopped; /* a rank was asked to stop (base/stop.h): there are no figures */
    bool is_refused; /* more than most_wrong: there are none either */
};

struct evaluate_job {
    struct network *net; /* prepared: see network_prepare */
    bool quantise;
    int bits;
    const struct dataset *set;
    const struct dataset_part *part;
    size_t first, count; /* samples [first, first + count) of the part */
    bool may_refuse;     /* give up as soon as a rank alone has … */
    size_t most_wrong;   /* … more wrong predictions than this */
    uint16_t *predicted; /* [evaluate_share(net, count).count] or NULL */
    /* Called after each block with the activations in place, or NULL. */
    void (*observe)(void *context, const struct network *net, const struct pass *pass);
    void *context;
    const struct multiplier *multiplier; /* in place of the exact products, or NULL */
};

/* This rank's samples of a range of `count` that the network evaluates, relative to its first. Not
 * collective. */
struct share evaluate_share(const struct network *net, size_t count);

/* A forward pass and the arrays that it points to. */
struct evaluate_block {
    struct pass pass;
    uint32_t index[EVALUATE_BLOCK];
    size_t begin[2];
};

/* Puts n <= net->block samples from `first` of the job's part into its network and runs them;
 * *block is filled. False when a value is not finite. Not collective. */
bool evaluate_forward(const struct evaluate_job *job, size_t first, size_t n,
                      struct evaluate_block *block);

/* Runs the samples of the job through its network, block by block. The same result on every rank; an
 * empty range gives NaN. Collective. */
struct evaluation evaluate(const struct evaluate_job *job);

#endif
