/* Inference of a whole network whose weight layers run on crossbars.
 *
 * Inputs enter bit by bit, bitlines are read by the converters of a struct readout for each layer,
 * codes are shifted and added; bias, batch norm and activations stay digital and are those of
 * evaluation, in the same fixed-point steps. With converters that lose nothing every layer gives the
 * exact integer product, and the network the very same bytes (inference_selftest proves it).
 */
#ifndef RESLICE_SIMULATE_INFERENCE_H
#define RESLICE_SIMULATE_INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/device.h"
#include "simulate/simulation.h"
#include "train/evaluate.h"

struct inference {
    struct simulation *simulation; /* the mapped layers; not owned */
    struct readout *readout;       /* [layers] */
    struct readout_layer *
        *layer; /* [layers] prepared for `readout` during inference_run, or NULL */
    struct device_array **device; /* [layers] programmed cells, not owned; NULL: ideal ones */
    int64_t *output;              /* scratch for the vectors of one call */
    /* of this rank, since inference_create */
    uint64_t macs;        /* multiplications of the simulated layers */
    double time_s;        /* spent in them */
    uint64_t differences; /* of the self-test: outputs that are not the integer product … */
    uint64_t compared;    /* … of so many */
};

/* All converters at full resolution, devices ideal; `simulation` must outlive the inference. Not
 * collective. Free with inference_destroy. */
void inference_create(struct inference *inference, struct simulation *simulation);
void inference_destroy(struct inference *inference);

/* The network on the samples of the job, its weight layers read by the converters `readout` from the
 * cells `device`. Layers whose converters cannot clip, whatever the input, use the exact product.
 * Collective; the same result on every rank. */
struct evaluation inference_run(struct inference *inference, struct evaluate_job job);

/* Runs the job at full resolution on crossbars, comparing each integer with the product computed
 * plainly and each output value with that of evaluation. Collective; `differences` and `compared` are
 * sums over ranks afterwards. */
struct evaluation inference_selftest(struct inference *inference, struct evaluate_job job);

#endif
