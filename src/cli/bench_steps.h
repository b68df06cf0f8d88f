/* Timed training steps on synthetic data that lies ready. */
#ifndef RESLICE_CLI_BENCH_STEPS_H
#define RESLICE_CLI_BENCH_STEPS_H

#include <stdbool.h>

#include "data/dataset.h"
#include "nn/models.h"
#include "train/step.h"

struct bench_figures {
    double steps, time_s;
    double part_s[STEP_PARTS];
    double least_s; /* of a step without communication, mean of the fastest few on this rank */
    size_t syncs, sync_bytes;    /* of all these steps */
    struct comm_traffic traffic; /* of all these steps, on one rank too */
};

/* Random samples and labels for this rank's part of a global batch of m. Not collective. */
void bench_fill(struct step *step, size_t m);

/* Runs steps of m samples for about so many seconds. Collective. False when they diverge. */
bool bench_steps(struct step *step, size_t m, double seconds, struct bench_figures *figures);

/* The least_s of the slowest rank. Collective. */
double bench_compute_s(const struct bench_figures *figures);

/* Noise as `count` training images of the network's shape, all of class 0. Not collective: the same on
 * every rank. Free with dataset_free. */
void bench_images(struct dataset *set, const struct model_spec *spec, size_t count);

/* Seconds to put this rank's part of a batch of m images into the network, the least of some between
 * steps: what training adds to a step. Images in colour are flipped and cropped. Collective. */
double bench_load_s(struct step *step, size_t m, const struct model_spec *spec);

#endif
