/* A shortcut without parameters (He et al. 2016, option A): every step-th pixel, and channels of
 * zeros in front of and behind those of the input, as many on either side (one more behind when
 * their number is odd). Values, codes and gradients are only moved. */
#include <stdlib.h>
#include <string.h>

#include "hw/fixed_point.h"
#include "nn/op.h"

/* Where pixel (y, x) of the output comes from. */
static size_t from_pixel(const struct op *op, size_t n, int y, int x)
{
    return tensor_at(op->in, n, y * op->step, x * op->step);
}

/* Where the input's channels stand in pixel (y, x) of the output; the others are 0 from the start,
 * and nobody writes them. */
static size_t to_channels(const struct op *op, size_t n, int y, int x)
{
    return tensor_at(op->out, n, y, x) + (size_t)(op->out->channels - op->in->channels) / 2;
}

/* Moves a pixel's codes; returns their largest magnitude. */
static int move_codes(const struct op *op, size_t from, size_t to)
{
    int max = 0;
    for (size_t c = 0; c < (size_t)op->in->channels; c++) {
        const int code = op->out->code[to + c] = op->in->code[from + c];
        max = abs(code) > max ? abs(code) : max;
    }
    return max;
}

static void move_values(const struct op *op, size_t from, size_t to, float step)
{
    float *value = op->out->value + to;
    if (step == 0.0f) {
        memcpy(value, op->in->value + from, (size_t)op->in->channels * sizeof *value);
        return;
    }
    for (int c = 0; c < op->in->channels; c++)
        value[c] = (float)op->in->code[from + (size_t)c] * step;
}

static bool pad_shortcut_forward(struct op *op, const struct pass *pass)
{
    struct tensor *out = op->out;
    const bool has_code = pass->quantise && op->in->has_code;
    const float step = has_code ? fixed_point_step(op->in->exponent, pass->bits) : 0.0f;
    int max = 0;
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const size_t from = from_pixel(op, n, y, x), to = to_channels(op, n, y, x);
                const int largest = has_code ? move_codes(op, from, to) : 0;
                max = largest > max ? largest : max;
                if (!(has_code && out->only_code))
                    move_values(op, from, to, step);
            }
    out->exponent = op->in->exponent;
    out->max_bits = has_code ? fixed_point_bits((float)max * step)
                             : fixed_point_max_bits(out->value, pass->samples * out->stride);
    return true;
}

static bool pad_shortcut_reads_only_codes(const struct op *op)
{
    return op->in->has_code;
}

static bool pad_shortcut_backward(struct op *op, const struct pass *pass)
{
    const struct tensor *out = op->out;
    float *dx = op->in->gradient;
    if (!dx)
        return true;
    if (!op->adds_to_in)
        memset(dx, 0, pass->samples * op->in->stride * sizeof *dx);
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const float *dy = out->gradient + to_channels(op, n, y, x);
                float *to = dx + from_pixel(op, n, y, x);
                for (int c = 0; c < op->in->channels; c++)
                    to[c] += dy[c];
            }
    return true;
}

const struct op_class op_pad_shortcut = {
    .name = "pad_shortcut",
    .reads_only_codes = pad_shortcut_reads_only_codes,
    .forward = pad_shortcut_forward,
    .backward = pad_shortcut_backward,
};
