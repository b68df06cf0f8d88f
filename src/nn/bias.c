#include "nn/bias.h"

#include <string.h>

#include "nn/kernels.h"
#include "nn/op.h"

enum { MAX_CHANNELS = 64 }; /* of a block of channels that is summed at once */

/* part[c] = sum over the sample's pixels of dy[pixel, first + c] */
static void sample_sum(float part[MAX_CHANNELS], const struct tensor *out, size_t sample,
                       size_t first, size_t channels)
{
    memset(part, 0, channels * sizeof *part);
    for (int y = 0; y < out->height; y++) {
        const float *dy = out->gradient + tensor_at(out, sample, y, 0) + first;
        for (int x = 0; x < out->width; x++, dy += out->channel_stride)
            for (size_t c = 0; c < channels; c++)
                part[c] += dy[c];
    }
}

/* False for NaN and for what 2^51 units do not hold. */
static bool add_fixed(int64_t *sum, float value)
{
    const bool fits = value > -0x1p11f && value < 0x1p11f;
    *sum += fits ? (int64_t)((double)value * (double)((int64_t)1 << NN_SUM_EXPONENT)) : 0;
    return fits;
}

bool bias_sum(const struct op *op, const struct pass *pass)
{
    const size_t n = op->params->tensor[op->bias].count;
    int64_t *sum = op->params->sum + op->params->tensor[op->bias].offset;
    bool fits = true;
    memset(sum, 0, n * sizeof *sum);
    for (size_t first = 0; first < n; first += MAX_CHANNELS) {
        const size_t channels = n - first < MAX_CHANNELS ? n - first : MAX_CHANNELS;
        for (size_t i = 0; i < pass->samples; i++) {
            float part[MAX_CHANNELS];
            sample_sum(part, op->out, i, first, channels);
            for (size_t c = 0; c < channels; c++)
                fits = add_fixed(&sum[first + c], part[c]) && fits;
        }
    }
    return fits;
}
