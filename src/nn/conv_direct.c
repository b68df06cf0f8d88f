/* Convolutions that the panels and tiles of nn/conv.c do not know: groups, kernels that are not
 * square, padding that differs by side. Pixel by pixel and tap by tap, loops over the channels of
 * one pixel inside.
 *
 * Group q of G reads input channels [q in/G, (q + 1) in/G) and writes as many outputs in order:
 *     out[n, j, y, x] = bias[j] + sum_{k < in/G, u, v} in[n, q in/G + k, y step + u - top,
 *                       x step + v - left] weight[j, k, u, v],    q = j / (out/G).
 * In quantised passes the sum is an exact integer. */
#include "nn/conv_direct.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/bias.h"
#include "nn/kernels.h"

/* Arrays of weights are packed as [taps, groups, in/G, out/G]: outputs of a group side by side, of
 * a depthwise convolution all channels. */
struct direct_state {
    size_t groups, in, out, taps; /* in, out: channels of a group */
    int16_t *code;
    float *weight;
    int16_t *matrix; /* [outputs, channels * taps], or NULL without groups */
    double *acc;     /* of the gradient of a shard */
    int32_t *sum;    /* [out channels] of a pixel, codes */
    float *value;    /* [out channels] of a pixel, floats */
    float *x;        /* [in channels] of a pixel */
};

static size_t weights_of(const struct direct_state *s)
{
    return s->taps * s->groups * s->in * s->out;
}

static void direct_setup(struct op *op)
{
    struct direct_state *s = MEM_NEW(struct direct_state, 1);
    s->groups = (size_t)op->groups;
    s->in = (size_t)op->in->channels / s->groups;
    s->out = (size_t)op->out->channels / s->groups;
    s->taps = (size_t)(op->kernel * op->kernel_width);
    s->code = MEM_NEW(int16_t, weights_of(s));
    s->weight = MEM_NEW(float, weights_of(s));
    s->matrix = s->groups == 1 ? NULL : MEM_NEW(int16_t, s->groups * weights_of(s));
    s->acc = MEM_NEW(double, weights_of(s));
    s->sum = MEM_NEW(int32_t, op->out->channels);
    s->value = MEM_NEW(float, op->out->channels);
    s->x = MEM_NEW(float, op->in->channels);
    op->state = s;
}

static void direct_release(struct op *op)
{
    struct direct_state *s = op->state;
    mem_free(s->code);
    mem_free(s->weight);
    mem_free(s->matrix);
    mem_free(s->acc);
    mem_free(s->sum);
    mem_free(s->value);
    mem_free(s->x);
    mem_free(s);
}

/* Where weight[j, k, tap] is packed. */
static size_t place(const struct direct_state *s, size_t j, size_t k, size_t tap)
{
    return ((tap * s->groups + j / s->out) * s->in + k) * s->out + j % s->out;
}

/* Where it stands in the matrix of all groups. */
static size_t matrix_place(const struct direct_state *s, size_t j, size_t k, size_t tap)
{
    const size_t channel = j / s->out * s->in + k;
    return (j * s->groups * s->in + channel) * s->taps + tap;
}

static void direct_prepare(struct op *op, const struct pass *pass)
{
    struct direct_state *s = op->state;
    const size_t offset = op->params->tensor[op->weight].offset;
    size_t from = offset;
    for (size_t j = 0; j < s->groups * s->out; j++)
        for (size_t k = 0; k < s->in; k++)
            for (size_t tap = 0; tap < s->taps; tap++, from++) {
                s->weight[place(s, j, k, tap)] = op->params->quantised[from];
                if (!pass->quantise)
                    continue;
                s->code[place(s, j, k, tap)] = op->params->code[from];
                if (s->matrix)
                    s->matrix[matrix_place(s, j, k, tap)] = op->params->code[from];
            }
}

/* ---- pixels ---- */

/* Offset of the pixel of the input that output pixel (y, x) of sample n reads by a tap; false where
 * that is in the padding. */
static bool find_pixel(const struct op *op, size_t n, int y, int x, size_t tap, size_t *at)
{
    const int row = y * op->step + (int)tap / op->kernel_width - op->around.top;
    const int column = x * op->step + (int)tap % op->kernel_width - op->around.left;
    *at = tensor_at(op->in, n, row, column);
    return row >= 0 && row < op->in->height && column >= 0 && column < op->in->width;
}

/* sum [outputs] += x [inputs] by one tap's weights. */
static void add_codes(const struct direct_state *s, int32_t *restrict sum,
                      const int16_t *restrict x, const int16_t *restrict w)
{
    if (s->in * s->out == 1) {
        for (size_t c = 0; c < s->groups; c++)
            sum[c] += x[c] * w[c];
        return;
    }
    for (size_t i = 0; i < s->groups * s->in; i++, w += s->out) {
        int32_t *restrict to = sum + i / s->in * s->out;
        for (size_t j = 0; j < s->out; j++)
            to[j] += x[i] * w[j];
    }
}

static void add_floats(const struct direct_state *s, float *restrict sum, const float *restrict x,
                       const float *restrict w)
{
    if (s->in * s->out == 1) {
        for (size_t c = 0; c < s->groups; c++)
            sum[c] += x[c] * w[c];
        return;
    }
    for (size_t i = 0; i < s->groups * s->in; i++, w += s->out) {
        float *restrict to = sum + i / s->in * s->out;
        for (size_t j = 0; j < s->out; j++)
            to[j] += x[i] * w[j];
    }
}

/* dx [inputs] += dy [outputs] by one tap's weights, turned. */
static void add_back(const struct direct_state *s, float *restrict dx, const float *restrict dy,
                     const float *restrict w)
{
    if (s->in * s->out == 1) {
        for (size_t c = 0; c < s->groups; c++)
            dx[c] += dy[c] * w[c];
        return;
    }
    for (size_t i = 0; i < s->groups * s->in; i++, w += s->out) {
        const float *restrict from = dy + i / s->in * s->out;
        float sum = 0.0f;
        for (size_t j = 0; j < s->out; j++)
            sum += from[j] * w[j];
        dx[i] += sum;
    }
}

/* acc += x dy, one tap's weights. */
static void add_outer(const struct direct_state *s, double *restrict acc, const float *restrict x,
                      const float *restrict dy)
{
    if (s->in * s->out == 1) {
        for (size_t c = 0; c < s->groups; c++)
            acc[c] += (double)(x[c] * dy[c]);
        return;
    }
    for (size_t i = 0; i < s->groups * s->in; i++, acc += s->out) {
        const float *restrict from = dy + i / s->in * s->out;
        for (size_t j = 0; j < s->out; j++)
            acc[j] += (double)(x[i] * from[j]);
    }
}

/* ---- forward ---- */

static void code_pixel(const struct op *op, size_t n, int y, int x, float scale, float *to)
{
    const struct direct_state *s = op->state;
    const size_t outputs = s->groups * s->out, square = s->groups * s->in * s->out;
    size_t at;
    memset(s->sum, 0, outputs * sizeof *s->sum);
    for (size_t tap = 0; tap < s->taps; tap++)
        if (find_pixel(op, n, y, x, tap, &at))
            add_codes(s, s->sum, op->in->code + at, s->code + tap * square);
    for (size_t j = 0; j < outputs; j++)
        to[j] = scale * (float)s->sum[j];
}

static void float_pixel(const struct op *op, size_t n, int y, int x, float *to)
{
    const struct direct_state *s = op->state;
    const size_t outputs = s->groups * s->out, square = s->groups * s->in * s->out;
    size_t at;
    memset(s->value, 0, outputs * sizeof *s->value);
    for (size_t tap = 0; tap < s->taps; tap++)
        if (find_pixel(op, n, y, x, tap, &at))
            add_floats(s, s->value, op->in->value + at, s->weight + tap * square);
    memcpy(to, s->value, outputs * sizeof *to);
}

static bool direct_forward(struct op *op, const struct pass *pass)
{
    const size_t outputs = (size_t)op->out->channels;
    const float *bias =
        op->bias < 0 ? NULL : op->params->quantised + op->params->tensor[op->bias].offset;
    const float scale = fixed_point_step(op->in->exponent, pass->bits) *
                        fixed_point_step(op->params->tensor[op->weight].exponent, pass->bits);
    int32_t max = 0;
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < op->out->height; y++)
            for (int x = 0; x < op->out->width; x++) {
                float *to = op->out->value + tensor_at(op->out, n, y, x);
                if (pass->quantise)
                    code_pixel(op, n, y, x, scale, to);
                else
                    float_pixel(op, n, y, x, to);
                for (size_t j = 0; bias && j < outputs; j++)
                    to[j] += bias[j];
                const int32_t bits = fixed_point_max_bits(to, outputs);
                max = bits > max ? bits : max;
            }
    op->out->max_bits = max;
    return true;
}

static bool direct_reads_only_codes(const struct op *op)
{
    (void)op;
    return true;
}

/* ---- backward ---- */

/* The values of a pixel of the input: codes as floats, in units of their step, or floats. */
static const float *values_at(const struct op *op, const struct pass *pass, size_t at)
{
    const struct direct_state *s = op->state;
    if (!pass->quantise)
        return op->in->value + at;
    for (size_t i = 0; i < s->groups * s->in; i++)
        s->x[i] = (float)op->in->code[at + i];
    return s->x;
}

static void back_pixel(const struct op *op, const struct pass *pass, size_t n, int y, int x)
{
    const struct direct_state *s = op->state;
    const size_t square = s->groups * s->in * s->out;
    const float *dy = op->out->gradient + tensor_at(op->out, n, y, x);
    size_t at;
    for (size_t tap = 0; tap < s->taps; tap++) {
        if (!find_pixel(op, n, y, x, tap, &at))
            continue;
        add_outer(s, s->acc + tap * square, values_at(op, pass, at), dy);
        if (op->in->gradient)
            add_back(s, op->in->gradient + at, dy, s->weight + tap * square);
    }
}

/* Adds the gradient of a shard as integers; false when a value does not fit. */
static bool add_integers(const struct op *op, double unit)
{
    const struct direct_state *s = op->state;
    int64_t *sum = op->params->sum + op->params->tensor[op->weight].offset;
    bool fits = true;
    for (size_t j = 0; j < s->groups * s->out; j++)
        for (size_t k = 0; k < s->in; k++)
            for (size_t tap = 0; tap < s->taps; tap++, sum++) {
                const double value = s->acc[place(s, j, k, tap)] * unit;
                const bool is_fine = fabs(value) < 0x1p51; /* a NaN is not */
                *sum += is_fine ? (int64_t)rint(value) : 0;
                fits = fits && is_fine;
            }
    return fits;
}

static bool direct_backward(struct op *op, const struct pass *pass)
{
    const struct direct_state *s = op->state;
    const struct tensor *out = op->out;
    const double step = pass->quantise ? (double)fixed_point_step(op->in->exponent, pass->bits) : 1;
    bool fits = op->bias < 0 || bias_sum(op, pass);
    memset(op->params->sum + op->params->tensor[op->weight].offset, 0,
           weights_of(s) * sizeof(int64_t));
    if (op->in->gradient && !op->adds_to_in)
        memset(op->in->gradient, 0, pass->samples * op->in->stride * sizeof(float));
    for (size_t shard = 0; shard < pass->shards; shard++) {
        memset(s->acc, 0, weights_of(s) * sizeof *s->acc);
        for (size_t n = pass->begin[shard]; n < pass->begin[shard + 1]; n++)
            for (int y = 0; y < out->height; y++)
                for (int x = 0; x < out->width; x++)
                    back_pixel(op, pass, n, y, x);
        fits = add_integers(op, ldexp(step, NN_SUM_EXPONENT)) && fits;
    }
    return fits;
}

/* ---- crossbars ---- */

/* One window a pixel of the output, as of op_conv: [channels, taps], all groups one after the
 * other. */
static void direct_gather_codes(const struct op *op, size_t sample, int16_t *vector)
{
    const struct direct_state *s = op->state;
    const size_t channels = (size_t)op->in->channels;
    size_t at;
    for (int y = 0; y < op->out->height; y++)
        for (int x = 0; x < op->out->width; x++, vector += channels * s->taps)
            for (size_t tap = 0; tap < s->taps; tap++) {
                const bool inside = find_pixel(op, sample, y, x, tap, &at);
                for (size_t k = 0; k < channels; k++)
                    vector[k * s->taps + tap] = inside ? op->in->code[at + k] : 0;
            }
}

const int16_t *conv_direct_matrix(const struct op *op)
{
    const struct direct_state *s = op->state;
    return s->matrix;
}

size_t conv_direct_empty_columns(const struct op *op, size_t rows)
{
    if (op->class != &op_conv_direct || op->groups == 1)
        return 0;
    const size_t groups = (size_t)op->groups, outputs = (size_t)op->out->channels / groups;
    const size_t own = (size_t)(op->in->channels * op->kernel * op->kernel_width) / groups;
    const size_t tiles = (groups * own + rows - 1) / rows;
    size_t held = 0;
    for (size_t q = 0; q < groups; q++)
        held += ((q + 1) * own - 1) / rows - q * own / rows + 1;
    return (tiles * groups - held) * outputs;
}

const struct op_class op_conv_direct = {
    .name = "conv",
    .reads_only_codes = direct_reads_only_codes,
    .setup = direct_setup,
    .release = direct_release,
    .prepare = direct_prepare,
    .forward = direct_forward,
    .backward = direct_backward,
    .gather_codes = direct_gather_codes,
};
