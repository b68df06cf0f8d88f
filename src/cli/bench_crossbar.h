/* Timed simulation of a network on crossbars: counting currents, and inference through converters. */
#ifndef RESLICE_CLI_BENCH_CROSSBAR_H
#define RESLICE_CLI_BENCH_CROSSBAR_H

#include <stdbool.h>

#include "hw/crossbar.h"
#include "nn/models.h"

struct bench_crossbar {
    struct crossbar_format format;
    const char *adc;               /* "1,3,3,3", checked */
    int bits[CROSSBAR_MAX_SLICES]; /* the same, by slice */
    double
        nonzero; /* share of the digits of weights, 0..1, each by chance; negative: those of weights
                      * as initialised */
    size_t samples; /* of the synthetic data set */
    double seconds; /* of each of both */
};

/* Builds the network and prints the figures; spec.capacity is not looked at. Collective. False when a
 * value is not finite. */
bool bench_crossbar(const char *name, struct model_spec spec, const struct bench_crossbar *bench);

#endif
