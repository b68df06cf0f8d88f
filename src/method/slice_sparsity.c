/* Slice sparsity: S = {codes : at most a share of the digits, of a layer or of the whole network,
 * is not 0}. The price of a digit at which that is so (method/slice_price.h) says which code each
 * weight goes to: down, up to one with fewer digits, or to 0. The exponent must not change, or
 * every digit would. */
#include <math.h>

#include "method/constraint.h"
#include "method/slice_price.h"

static size_t whole_layer(const struct constraint_layer *layer)
{
    return layer->out;
}

static size_t count_of(const struct constraint_layer *layer)
{
    return layer->out * layer->in * layer->taps;
}

static size_t scratch_size(const struct constraint_layer *layer, size_t outputs)
{
    (void)outputs;
    return slice_price_scratch(1, count_of(layer));
}

/* Whole numbers of the slices' prices, and their sum. */
static uint64_t units_of(const struct constraint_layer *layer, uint32_t unit[BIT_SLICE_MAX])
{
    uint64_t sum = 0;
    for (int k = 0; k < bit_slice_count(layer->format); k++) {
        unit[k] = (uint32_t)rint(layer->price[k] * SLICE_PRICE_UNIT);
        sum += unit[k];
    }
    return sum;
}

/* Half a unit for what shares lose in binary: it never makes a digit. */
static int64_t budget_of(double keep, size_t weights, uint64_t units)
{
    return (int64_t)(keep * (double)weights * (double)units + 0.5);
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    uint32_t unit[BIT_SLICE_MAX] = {0};
    const uint64_t units = units_of(layer, unit);
    struct slice_part part = {.w = w,
                              .count = outputs * layer->in * layer->taps,
                              .step = layer->step,
                              .deviation = 1.0,
                              .found = layer->found};
    if (!part.found.is_known)
        slice_price_find(&part, 1, layer->format, unit, budget_of(layer->amount, part.count, units),
                         scratch);
    slice_price_project(w, part.count, layer->step, layer->format, unit, &part.found);
}

/* ---- one budget for all layers ---- */

static size_t share_scratch(const struct constraint_layer *layer, size_t layers)
{
    size_t weights = 0;
    for (size_t l = 0; l < layers; l++)
        weights += count_of(&layer[l]);
    return (layers * sizeof(struct slice_part) + 63) / 64 * 64 +
           slice_price_scratch(layers, weights);
}

/* In eight sums side by side, the same on every processor. */
static double sum_of_squares(const float *w, size_t n)
{
    double sum[8] = {0.0};
    for (size_t i = 0; i < n / 8 * 8; i += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += (double)w[i + k] * (double)w[i + k];
    for (size_t i = n / 8 * 8; i < n; i++)
        sum[0] += (double)w[i] * (double)w[i];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* What a deviation of one code counts: squared, over the mean square of the weights or not. */
static double deviation_of(const struct constraint_layer *layer, const float *w, size_t n)
{
    const double step = (double)layer->step;
    const double mean = layer->is_relative ? sum_of_squares(w, n) / (double)n : 0.0;
    return step * step / (mean > 0.0 ? mean : 1.0);
}

static void share(struct constraint_layer *layer, size_t layers, const float *w, void *scratch)
{
    struct slice_part *part = scratch;
    char *rest = (char *)scratch + (layers * sizeof *part + 63) / 64 * 64;
    uint32_t unit[BIT_SLICE_MAX] = {0};
    size_t weights = 0;
    if (layers == 0 || !layer[0].is_shared)
        return;
    for (size_t l = 0; l < layers; l++) {
        const size_t n = count_of(&layer[l]);
        part[l] = (struct slice_part){.w = w + weights,
                                      .count = n,
                                      .step = layer[l].step,
                                      .deviation = deviation_of(&layer[l], w + weights, n)};
        weights += n;
    }
    const uint64_t units = units_of(&layer[0], unit);
    slice_price_find(part, layers, layer[0].format, unit,
                     budget_of(layer[0].amount, weights, units), rest);
    for (size_t l = 0; l < layers; l++)
        layer[l].found = part[l].found;
}

const struct constraint_class constraint_slice_sparsity = {
    .name = "slice-sparsity",
    .option = "keep",
    .holds_exponent = true,
    .unit = whole_layer,
    .scratch_size = scratch_size,
    .share_scratch = share_scratch,
    .share = share,
    .project = project,
};
