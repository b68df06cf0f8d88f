/* Free sparsity: S = {W : at most alpha weights of the layer are not zero}. The nearest point keeps the
 * alpha largest magnitudes (ADMM-NN, arXiv 1812.11677, section 3). */
#include <math.h>

#include "method/constraint.h"
#include "method/largest.h"

static size_t whole_layer(const struct constraint_layer *layer)
{
    return layer->out;
}

static size_t scratch_size(const struct constraint_layer *layer, size_t outputs)
{
    return outputs * layer->in * layer->taps * sizeof(float);
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    const size_t n = outputs * layer->in * layer->taps;
    largest_keep(w, n, (size_t)rint(layer->amount * (double)n), scratch);
}

const struct constraint_class constraint_sparsity = {
    .name = "sparsity",
    .option = "keep",
    .makes_zeros = true,
    .unit = whole_layer,
    .scratch_size = scratch_size,
    .project = project,
};
