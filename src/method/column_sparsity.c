/* Column sparsity: at most `amount` non-zero weights in every crossbar column. Columns are disjoint, so
 * the nearest point keeps the largest magnitudes of each (TinyADC, DATE 2021: column-proportional
 * pruning; the ADC then needs ceil(log2(1 + amount (2^cell bits - 1))) bits on every slice). */
#include "method/constraint.h"
#include "method/largest.h"

static size_t one_output(const struct constraint_layer *layer)
{
    (void)layer;
    return 1;
}

static size_t scratch_size(const struct constraint_layer *layer, size_t outputs)
{
    (void)outputs;
    return layer->rows * sizeof(float);
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    const size_t inputs = layer->in * layer->taps;
    for (size_t o = 0; o < outputs; o++)
        for (size_t first = 0; first < inputs; first += layer->rows) {
            const size_t n = inputs - first < layer->rows ? inputs - first : layer->rows;
            largest_keep(w + o * inputs + first, n, (size_t)layer->amount, scratch);
        }
}

const struct constraint_class constraint_column_sparsity = {
    .name = "column-sparsity",
    .option = "nonzeros",
    .makes_zeros = true,
    .unit = one_output,
    .scratch_size = scratch_size,
    .project = project,
};
