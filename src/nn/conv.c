/* Convolution, direct: one output row at a time, vectors along channels. The kernel's columns lie
 * side by side in memory (pixels of a row do), so a kernel row counts as one long pixel. Forward
 * sums of codes are exact integers. The weight gradient is float inside a sample and exact across
 * samples, so shards do not matter to it. */
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/bias.h"
#include "nn/conv_tiles.h"
#include "nn/kernels.h"
#include "nn/op.h"

struct conv_state {
    size_t taps;
    size_t *offset;  /* [taps] of a tap's pixel from the first one, in the input */
    int16_t *packed; /* weight codes for code_product */
    float *backward; /* [taps, channel_stride(out), channel_stride(in)] see arrange_weights */
    float *forward;  /* [taps, channel_stride(in), channel_stride(out)] for float passes */
    float *bias;     /* [channel_stride(out)] */
    int64_t *sum;    /* [kernel rows, out, kernel columns, channel_stride(in)] gradient sums */
    struct outer_group *group; /* [capacity] one a sample */
    struct conv_tiles *tiles;  /* or NULL */
};

static const struct parameter *weight_of(const struct op *op)
{
    return &op->params->tensor[op->weight];
}

static void conv_setup(struct op *op)
{
    struct conv_state *state = MEM_NEW(struct conv_state, 1);
    const size_t kernel = (size_t)op->kernel, in = op->in->channel_stride;
    const size_t out = op->out->channel_stride, outputs = (size_t)op->out->channels;
    state->taps = kernel * kernel;
    state->offset = MEM_NEW(size_t, state->taps);
    for (size_t t = 0; t < state->taps; t++)
        state->offset[t] = t / kernel * op->in->row + t % kernel * in;
    state->packed = MEM_NEW(int16_t, state->taps * ((size_t)op->in->channels + 1) / 2 * out * 2 +
                                         2 * state->taps * out);
    state->backward = MEM_NEW(float, state->taps *out *in);
    state->forward = MEM_NEW(float, state->taps *in *out);
    state->bias = MEM_NEW(float, out);
    state->sum = MEM_NEW(int64_t, state->taps * outputs * in);
    state->group = MEM_NEW(struct outer_group, op->capacity);
    state->tiles = conv_tiles_suit(op) ? conv_tiles_create(op) : NULL;
    op->state = state;
}

static void conv_release(struct op *op)
{
    struct conv_state *state = op->state;
    mem_free(state->offset);
    mem_free(state->packed);
    mem_free(state->backward);
    mem_free(state->forward);
    mem_free(state->bias);
    mem_free(state->sum);
    mem_free(state->group);
    if (state->tiles)
        conv_tiles_destroy(state->tiles);
    mem_free(state);
}

/* The input gradient of step 1 is a convolution with the kernel turned by 180 degrees; wider steps
 * scatter, with the kernel as it is. */
static bool gathers(const struct op *op)
{
    return op->step == 1;
}

/* w [out, in, taps] → forward by tap, backward by (turned) tap */
static void arrange_weights(const struct op *op)
{
    const struct conv_state *state = op->state;
    const float *w = op->params->quantised + weight_of(op)->offset;
    const size_t outputs = (size_t)op->out->channels, inputs = (size_t)op->in->channels;
    const size_t in = op->in->channel_stride, out = op->out->channel_stride;
    for (size_t j = 0; j < outputs; j++)
        for (size_t k = 0; k < inputs; k++)
            for (size_t t = 0; t < state->taps; t++) {
                const float value = w[(j * inputs + k) * state->taps + t];
                const size_t turned = gathers(op) ? state->taps - 1 - t : t;
                state->backward[(turned * out + j) * in + k] = value;
                state->forward[(t * in + k) * out + j] = value;
            }
}

/* Tiles need codes on both sides. */
static bool on_tiles(const struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    return state->tiles && pass->quantise;
}

static void conv_prepare(struct op *op, const struct pass *pass)
{
    struct conv_state *state = op->state;
    if (op->bias >= 0)
        memcpy(state->bias, op->params->quantised + op->params->tensor[op->bias].offset,
               (size_t)op->out->channels * sizeof(float));
    if (on_tiles(op, pass)) {
        conv_tiles_prepare(state->tiles, op);
        return;
    }
    arrange_weights(op);
    if (pass->quantise)
        nn_kernels()->pack_codes(state->packed, op->params->code + weight_of(op)->offset,
                                 (size_t)op->out->channels, (size_t)op->in->channels, state->taps);
}

/* First input pixel that output row y of sample n reads. */
static size_t first_pixel(const struct op *op, size_t n, int y)
{
    return tensor_at(op->in, n, y * op->step - op->padding, -op->padding);
}

static int32_t row_codes(const struct op *op, const struct pass *pass, size_t n, int y)
{
    const struct conv_state *state = op->state;
    const struct packed_codes packed = {state->packed, state->taps, (size_t)op->out->channels,
                                        (size_t)op->in->channels};
    const float scale = fixed_point_step(op->in->exponent, pass->bits) *
                        fixed_point_step(weight_of(op)->exponent, pass->bits);
    return nn_kernels()->code_product(op->out->value + tensor_at(op->out, n, y, 0),
                                      op->in->code + first_pixel(op, n, y), (size_t)op->out->width,
                                      (size_t)op->step * op->in->channel_stride, state->offset,
                                      packed, scale, state->bias);
}

static void row_float(const struct op *op, size_t n, int y)
{
    const struct conv_state *state = op->state;
    const size_t out = op->out->channel_stride;
    float *to = op->out->value + tensor_at(op->out, n, y, 0);
    for (int x = 0; x < op->out->width; x++)
        memcpy(to + (size_t)x * out, state->bias, out * sizeof *to);
    const size_t kernel = (size_t)op->kernel, in = op->in->channel_stride;
    const struct row_source from = {.dy = op->in->value + first_pixel(op, n, y),
                                    .w = state->forward,
                                    .dy_step = (size_t)op->step * in,
                                    .dy_run = op->in->row,
                                    .w_row = out,
                                    .w_run = kernel * in * out,
                                    .terms = kernel * in,
                                    .runs = kernel};
    nn_kernels()->row_product(to, out, (size_t)op->out->width, from, out, 1);
}

static bool conv_forward(struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    if (on_tiles(op, pass)) {
        conv_tiles_forward(state->tiles, op, pass, state->bias);
        return true;
    }
    int32_t max = 0;
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < op->out->height; y++) {
            if (pass->quantise) {
                const int32_t row = row_codes(op, pass, n, y);
                max = row > max ? row : max;
            } else {
                row_float(op, n, y);
            }
        }
    if (!pass->quantise)
        max = fixed_point_max_bits(op->out->value, pass->samples * op->out->stride);
    op->out->max_bits = max;
    return true;
}

/* sum [kernel rows, out, kernel columns, in padded] → the parameter's [out, in, taps] */
static void collect_sums(const struct op *op)
{
    const struct conv_state *state = op->state;
    const size_t outputs = (size_t)op->out->channels, inputs = (size_t)op->in->channels;
    const size_t kernel = (size_t)op->kernel;
    int64_t *sum = op->params->sum + weight_of(op)->offset;
    for (size_t u = 0; u < kernel; u++)
        for (size_t j = 0; j < outputs; j++)
            for (size_t v = 0; v < kernel; v++) {
                const int64_t *from =
                    state->sum + ((u * outputs + j) * kernel + v) * op->in->channel_stride;
                for (size_t k = 0; k < inputs; k++)
                    sum[(j * inputs + k) * state->taps + u * kernel + v] = from[k];
            }
}

/* Samples whose inputs and gradients stay in the second-level cache while all tiles of the weights
 * walk over them. */
static size_t samples_in_cache(const struct op *op)
{
    enum { CACHE_BYTES = 512 << 10 };
    const size_t n = CACHE_BYTES / ((op->in->stride + op->out->stride) * sizeof(float));
    return n > 0 ? n : 1;
}

/* dw[j,k,u,v] = sum over pixels of dy[pixel,j] x[pixel + (u,v), k] */
static bool weight_gradient(const struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    const size_t in = op->in->channel_stride, outputs = (size_t)op->out->channels;
    const size_t kernel = (size_t)op->kernel, width = kernel * in;
    const struct outer_steps steps = {op->out->channel_stride, op->out->row, (size_t)op->step * in,
                                      (size_t)op->step * op->in->row};
    const size_t chunk = samples_in_cache(op);
    int overflow = 0;
    for (size_t n = 0; n < pass->samples; n++)
        state->group[n] = (struct outer_group){tensor_at(op->out, n, 0, 0), first_pixel(op, n, 0),
                                               (size_t)op->out->height, (size_t)op->out->width};
    if (pass->samples == 0)
        memset(state->sum, 0, kernel * outputs * width * sizeof *state->sum);
    for (size_t n = 0; n < pass->samples; n += chunk) {
        const size_t left = pass->samples - n;
        for (size_t u = 0; u < kernel; u++)
            overflow |=
                nn_kernels()->outer_sum(state->sum + u * outputs * width, width, op->out->gradient,
                                        outputs, op->in->value + u * op->in->row, width, steps,
                                        state->group + n, left < chunk ? left : chunk, n > 0);
    }
    collect_sums(op);
    return !overflow;
}

/* dx[y,x,k] (+)= sum_{u,v,j} dy[y + padding - u, x + padding - v, j] w[j,k,u,v]; the border of dy is
 * zero and wide enough (network_add_conv). */
static void gather_gradient(const struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    const size_t in = op->in->channel_stride, out = op->out->channel_stride;
    const size_t kernel = (size_t)op->kernel;
    const int first = op->padding - (op->kernel - 1);
    struct row_source from = {.w = state->backward,
                              .dy_step = out,
                              .dy_run = op->out->row,
                              .w_row = in,
                              .w_run = kernel * out * in,
                              .terms = kernel * out,
                              .runs = kernel};
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < op->in->height; y++) {
            from.dy = op->out->gradient + tensor_at(op->out, n, y + first, first);
            nn_kernels()->row_product(op->in->gradient + tensor_at(op->in, n, y, 0), in,
                                      (size_t)op->in->width, from, in, op->adds_to_in);
        }
}

static void clear_border(float *gradient, const struct tensor *tensor, size_t samples)
{
    for (size_t n = 0; n < samples; n++)
        for (int y = -tensor->border; y < tensor->height + tensor->border; y++) {
            const bool inside = y >= 0 && y < tensor->height;
            const int left = inside ? tensor->border : tensor->width + 2 * tensor->border;
            memset(gradient + tensor_at(tensor, n, y, -tensor->border), 0,
                   (size_t)left * tensor->channel_stride * sizeof *gradient);
            if (inside)
                memset(gradient + tensor_at(tensor, n, y, tensor->width), 0,
                       (size_t)left * tensor->channel_stride * sizeof *gradient);
        }
}

/* dx[pixel step + (u,v), k] += sum_j dy[pixel,j] w[j,k,u,v]; what falls on the border is dropped. */
static void scatter_gradient(const struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    const size_t in = op->in->channel_stride, out = op->out->channel_stride;
    struct row_source from = {
        .dy_step = out, .w_row = in, .terms = (size_t)op->out->channels, .runs = 1};
    if (!op->adds_to_in)
        memset(op->in->gradient, 0, pass->samples * op->in->stride * sizeof(float));
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < op->out->height; y++)
            for (size_t t = 0; t < state->taps; t++) {
                from.dy = op->out->gradient + tensor_at(op->out, n, y, 0);
                from.w = state->backward + t * out * in;
                nn_kernels()->row_product(
                    op->in->gradient + first_pixel(op, n, y) + state->offset[t],
                    (size_t)op->step * in, (size_t)op->out->width, from, in, 1);
            }
    clear_border(op->in->gradient, op->in, pass->samples);
}

static bool conv_backward(struct op *op, const struct pass *pass)
{
    const bool bias_fits = op->bias < 0 || bias_sum(op, pass);
    const struct conv_state *state = op->state;
    if (on_tiles(op, pass))
        return conv_tiles_backward(state->tiles, op, pass) && bias_fits;
    const bool weight_fits = weight_gradient(op, pass);
    if (op->in->gradient && gathers(op))
        gather_gradient(op, pass);
    else if (op->in->gradient)
        scatter_gradient(op, pass);
    return bias_fits && weight_fits;
}

/* One patch a pixel, in the order of the weights: [channel, kernel row, kernel column]. */
static void conv_gather_codes(const struct op *op, size_t sample, int16_t *vector)
{
    const struct conv_state *state = op->state;
    const size_t channels = (size_t)op->in->channels;
    for (int y = 0; y < op->out->height; y++) {
        const int16_t *pixel = op->in->code + first_pixel(op, sample, y);
        for (int x = 0; x < op->out->width; x++) {
            for (size_t k = 0; k < channels; k++)
                for (size_t t = 0; t < state->taps; t++)
                    *vector++ = pixel[state->offset[t] + k];
            pixel += (size_t)op->step * op->in->channel_stride;
        }
    }
}

static bool conv_reads_only_codes(const struct op *op)
{
    return conv_tiles_suit(op);
}

const struct op_class op_conv = {
    .name = "conv",
    .reads_only_codes = conv_reads_only_codes,
    .setup = conv_setup,
    .release = conv_release,
    .prepare = conv_prepare,
    .forward = conv_forward,
    .backward = conv_backward,
    .gather_codes = conv_gather_codes,
};
