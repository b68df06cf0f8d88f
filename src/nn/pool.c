/* Maximum and mean over windows of kernel x kernel pixels at distances of `step`; a window that
 * would reach outside is left out, as in PyTorch. */
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/op.h"

/* ---- maximum: of codes where there are codes, so the grid and its exponent stay ---- */

struct max_pool_state {
    uint8_t *winner; /* [capacity, pixels of out, channel_stride] position inside the window */
};

static size_t winners_of_sample(const struct op *op)
{
    return (size_t)op->out->height * (size_t)op->out->width * op->out->channel_stride;
}

static void max_pool_setup(struct op *op)
{
    struct max_pool_state *state = MEM_NEW(struct max_pool_state, 1);
    state->winner = MEM_NEW(uint8_t, op->capacity * winners_of_sample(op));
    op->state = state;
}

static void max_pool_release(struct op *op)
{
    struct max_pool_state *state = op->state;
    mem_free(state->winner);
    mem_free(state);
}

/* Offset of position p of the window of output pixel (y, x) in sample n of the input. */
static size_t window_at(const struct op *op, size_t n, int y, int x, int p)
{
    return tensor_at(op->in, n, y * op->step + p / op->kernel, x * op->step + p % op->kernel);
}

static void max_pixel(const struct op *op, size_t n, int y, int x, uint8_t *winner)
{
    const size_t channels = (size_t)op->in->channels;
    const float *in = op->in->value;
    float *to = op->out->value + tensor_at(op->out, n, y, x);
    memcpy(to, in + window_at(op, n, y, x, 0), channels * sizeof *to);
    memset(winner, 0, channels);
    for (int p = 1; p < op->kernel * op->kernel; p++) {
        const float *from = in + window_at(op, n, y, x, p);
        for (size_t c = 0; c < channels; c++)
            if (from[c] > to[c]) {
                to[c] = from[c];
                winner[c] = (uint8_t)p;
            }
    }
}

/* Codes are in the order of their values. */
static void max_code_pixel(const struct op *op, size_t n, int y, int x, uint8_t *winner)
{
    const size_t channels = op->in->channel_stride; /* whole vectors: the padding is 0 */
    const int16_t *in = op->in->code;
    int16_t *to = op->out->code + tensor_at(op->out, n, y, x);
    memcpy(to, in + window_at(op, n, y, x, 0), channels * sizeof *to);
    memset(winner, 0, channels);
    for (int p = 1; p < op->kernel * op->kernel; p++) {
        const int16_t *restrict from = in + window_at(op, n, y, x, p);
        for (size_t c = 0; c < channels; c++) {
            winner[c] = from[c] > to[c] ? (uint8_t)p : winner[c];
            to[c] = from[c] > to[c] ? from[c] : to[c];
        }
    }
}

static void finish_codes(struct tensor *tensor, const struct pass *pass)
{
    const size_t n = pass->samples * tensor->stride;
    const float step = fixed_point_step(tensor->exponent, pass->bits);
    int16_t max = 0;
    for (size_t i = 0; i < n; i++) {
        const int16_t magnitude =
            (int16_t)(tensor->code[i] < 0 ? -tensor->code[i] : tensor->code[i]);
        max = magnitude > max ? magnitude : max;
    }
    tensor->max_bits = fixed_point_bits((float)max * step);
    for (size_t i = 0; i < n && !tensor->only_code; i++)
        tensor->value[i] = (float)tensor->code[i] * step;
}

static bool max_pool_forward(struct op *op, const struct pass *pass)
{
    const struct max_pool_state *state = op->state;
    const struct tensor *out = op->out;
    const bool has_code = pass->quantise && op->in->has_code;
    for (size_t n = 0; n < pass->samples; n++) {
        uint8_t *winner = state->winner + n * winners_of_sample(op);
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++, winner += out->channel_stride)
                has_code ? max_code_pixel(op, n, y, x, winner) : max_pixel(op, n, y, x, winner);
    }
    op->out->exponent = op->in->exponent;
    if (has_code)
        finish_codes(op->out, pass);
    else
        op->out->max_bits = fixed_point_max_bits(out->value, pass->samples * out->stride);
    return true;
}

static bool max_pool_reads_only_codes(const struct op *op)
{
    return op->in->has_code;
}

static void clear_gradient(const struct op *op, const struct pass *pass)
{
    if (!op->adds_to_in)
        memset(op->in->gradient, 0, pass->samples * op->in->stride * sizeof(float));
}

static bool max_pool_backward(struct op *op, const struct pass *pass)
{
    const struct max_pool_state *state = op->state;
    const struct tensor *out = op->out;
    if (!op->in->gradient)
        return true;
    clear_gradient(op, pass);
    for (size_t n = 0; n < pass->samples; n++) {
        const uint8_t *winner = state->winner + n * winners_of_sample(op);
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++, winner += out->channel_stride) {
                const float *dy = out->gradient + tensor_at(out, n, y, x);
                for (int c = 0; c < out->channels; c++)
                    op->in->gradient[window_at(op, n, y, x, winner[c]) + (size_t)c] += dy[c];
            }
    }
    return true;
}

const struct op_class op_max_pool = {
    .name = "max_pool",
    .reads_only_codes = max_pool_reads_only_codes,
    .setup = max_pool_setup,
    .release = max_pool_release,
    .forward = max_pool_forward,
    .backward = max_pool_backward,
};

/* ---- mean ---- */

static bool mean_pool_forward(struct op *op, const struct pass *pass)
{
    const struct tensor *out = op->out;
    const float weight = 1.0f / (float)(op->kernel * op->kernel);
    const size_t channels = (size_t)op->in->channels;
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                float *to = out->value + tensor_at(out, n, y, x);
                memset(to, 0, channels * sizeof *to);
                for (int p = 0; p < op->kernel * op->kernel; p++) {
                    const float *from = op->in->value + window_at(op, n, y, x, p);
                    for (size_t c = 0; c < channels; c++)
                        to[c] += from[c];
                }
                for (size_t c = 0; c < channels; c++)
                    to[c] *= weight;
            }
    op->out->max_bits = fixed_point_max_bits(out->value, pass->samples * out->stride);
    return true;
}

static bool mean_pool_backward(struct op *op, const struct pass *pass)
{
    const struct tensor *out = op->out;
    const float weight = 1.0f / (float)(op->kernel * op->kernel);
    if (!op->in->gradient)
        return true;
    clear_gradient(op, pass);
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const float *dy = out->gradient + tensor_at(out, n, y, x);
                for (int p = 0; p < op->kernel * op->kernel; p++) {
                    float *dx = op->in->gradient + window_at(op, n, y, x, p);
                    for (int c = 0; c < out->channels; c++)
                        dx[c] += weight * dy[c];
                }
            }
    return true;
}

const struct op_class op_mean_pool = {
    .name = "mean_pool",
    .forward = mean_pool_forward,
    .backward = mean_pool_backward,
};
