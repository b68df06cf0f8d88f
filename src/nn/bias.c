#include "nn/bias.h"

#include <string.h>

#include "nn/kernels.h"
#include "nn/op.h"

bool bias_sum(const struct op *op, const struct pass *pass)
{
    const struct tensor *out = op->out;
    const struct image_span span = {(size_t)out->height, (size_t)out->width, out->channel_stride,
                                    out->row};
    int64_t *sum = op->params->sum + op->params->tensor[op->bias].offset;
    bool fits = true;
    memset(sum, 0, out->channel_stride * sizeof *sum); /* tensors start at whole vectors */
    for (size_t i = 0; i < pass->samples; i++)
        fits = !nn_kernels()->add_pixel_sums(sum, out->gradient + tensor_at(out, i, 0, 0), span) &&
               fits;
    return fits;
}
