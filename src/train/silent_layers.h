/* Layers that have fallen silent: pruned or pulled to nothing, or below what fixed point can say.
 *
 * Such a run is not an error, but its numbers mean little: the loss stays finite while the output no
 * longer depends on the image. Weights are the same on every rank, activation exponents too.
 */
#ifndef RESLICE_TRAIN_SILENT_LAYERS_H
#define RESLICE_TRAIN_SILENT_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/network.h"

struct silent_layers {
    bool *weight;     /* [parameter tensors] that were warned of */
    bool *activation; /* [quantisers] */
};

/* Takes memory for what was warned of; nothing is yet. Not collective. */
void silent_layers_create(struct silent_layers *silent, const struct network *net);

/* Gives back the memory. Not collective. */
void silent_layers_destroy(struct silent_layers *silent);

/* Warns, once each, of weight matrices whose largest magnitude is 0 or under the 1e-5 at which
 * exponents end (hw/fixed_point.h), and when `has_activations` of activations that were that small
 * in the last training batch. Returns how many are new. Not collective:
 * rank 0 prints. */
size_t silent_layers_warn(struct silent_layers *silent, const struct network *net, const char *run,
                          size_t epoch, bool has_activations);

#endif
