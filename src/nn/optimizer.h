/* Optimisers and learning-rate schedules. */
#ifndef RESLICE_NN_OPTIMIZER_H
#define RESLICE_NN_OPTIMIZER_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/parameters.h"

struct sgd {
    double momentum, weight_decay;
    bool nesterov;
};

/* One step, as PyTorch's SGD has it (no dampening, rate outside the buffer):
 *     g += weight_decay w;  m = momentum m + g;  w -= rate (nesterov ? g + momentum m : m)
 * Masked gradients count as 0. Not collective. */
void sgd_step(struct parameters *params, struct sgd sgd, double rate);

/* The same for the elements [first, first + n) of the flat arrays, with gradients gradient [n].
 * Not collective. */
void sgd_step_part(struct parameters *params, const float *gradient, struct sgd sgd, double rate,
                   size_t first, size_t n);

struct schedule {
    const char *name; /* see schedule_names */
    double rate;      /* the largest */
    int64_t epochs;
    int64_t step_epochs; /* step: rate step_factor^(epoch div step_epochs) */
    double step_factor;
    double warmup; /* one-cycle: share of the run in which the rate rises */
};

/* Names of the schedules, separated by ", ";
 * a static text, always the same. Not collective. */
const char *schedule_names(void);

/* Rate at `progress` epochs (fractional; 0 at the first step). constant and step change with whole
 * epochs; cosine falls to 0 as (1 + cos(pi t)) / 2 with t = progress / epochs; one-cycle (Smith &
 * Topin 2017, with PyTorch's cosine form) rises from rate / 25 and falls to rate / 250,000.
 * Not collective. */
double schedule_rate(const struct schedule *schedule, double progress);

#endif
