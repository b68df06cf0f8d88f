/* Block-circulant weights (ReBoc, DATE 2020, section II, on CirCNN's formulation): for each tap, the
 * matrix [out, in] is cut into k x k blocks and a block is given by one vector v of length k, its first
 * row:
 *     W[r][c] = v[(c - r) mod k].
 * The nearest point is the mean along each circulant diagonal. It is linear, so that projecting after
 * every step, from a projected start, is training with tied weights: the gradient of v[t] is the sum
 * of its entries' gradients, their mean here, 1/k of the rate (constraint_layer.gain makes up for it).
 *
 * Sizes that k does not divide: the last blocks are the corner of a full block whose other rows and
 * columns nobody uses; what is left of a diagonal is tied. */
#include "method/constraint.h"

static size_t block_rows(const struct constraint_layer *layer)
{
    const size_t k = (size_t)layer->amount;
    return k < layer->out ? k : layer->out;
}

/* One block of `height` x `width` in the corner of a k x k block: w[(r in + c) taps]. */
static void tie(float *w, size_t in, size_t taps, size_t k, size_t height, size_t width)
{
    for (size_t t = 0; t < k; t++) {
        double sum = 0.0;
        size_t entries = 0;
        for (size_t r = 0, c = t; r < height; r++, c = c + 1 < k ? c + 1 : 0)
            if (c < width) {
                sum += (double)w[(r * in + c) * taps];
                entries++;
            }
        if (entries == 0)
            continue;
        const float mean = (float)(sum / (double)entries);
        for (size_t r = 0, c = t; r < height; r++, c = c + 1 < k ? c + 1 : 0)
            if (c < width)
                w[(r * in + c) * taps] = mean;
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    const size_t k = (size_t)layer->amount, in = layer->in, taps = layer->taps;
    (void)scratch;
    for (size_t r = 0; r < outputs; r += k)
        for (size_t c = 0; c < in; c += k)
            for (size_t tap = 0; tap < taps; tap++)
                tie(w + (r * in + c) * taps + tap, in, taps, k, smaller(k, outputs - r),
                    smaller(k, in - c));
}

const struct constraint_class constraint_circulant = {
    .name = "circulant",
    .option = "block",
    .stands_alone = true,
    .unit = block_rows,
    .project = project,
};
