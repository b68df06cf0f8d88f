/* Maximum and mean over windows of kernel x kernel pixels at distances of `step`, the first of them
 * moved out by the padding. Of a window only the pixels inside the image count; the mean may divide
 * by those of the padding too. As in PyTorch. */
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/op.h"

/* Positions of a window that lie in the image: rows and columns [begin, end) of it. */
struct window {
    int top, left; /* of position 0 in the image; may be negative */
    int row_begin, row_end, column_begin, column_end;
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static struct window window_of(const struct op *op, int y, int x)
{
    const int top = y * op->step - op->around.top, left = x * op->step - op->around.left;
    return (struct window){.top = top,
                           .left = left,
                           .row_begin = top < 0 ? -top : 0,
                           .row_end = smaller(op->kernel, op->in->height - top),
                           .column_begin = left < 0 ? -left : 0,
                           .column_end = smaller(op->kernel, op->in->width - left)};
}

/* Offset of position (u, v) of a window in sample n of the input. */
static size_t window_at(const struct op *op, size_t n, struct window w, int u, int v)
{
    return tensor_at(op->in, n, w.top + u, w.left + v);
}

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

static void max_pixel(const struct op *op, size_t n, int y, int x, uint8_t *winner)
{
    const size_t channels = (size_t)op->in->channels;
    const struct window w = window_of(op, y, x);
    const float *in = op->in->value;
    float *to = op->out->value + tensor_at(op->out, n, y, x);
    memcpy(to, in + window_at(op, n, w, w.row_begin, w.column_begin), channels * sizeof *to);
    memset(winner, w.row_begin * op->kernel + w.column_begin, channels);
    for (int u = w.row_begin; u < w.row_end; u++)
        for (int v = w.column_begin; v < w.column_end; v++) {
            const float *from = in + window_at(op, n, w, u, v);
            for (size_t c = 0; c < channels; c++)
                if (from[c] > to[c]) {
                    to[c] = from[c];
                    winner[c] = (uint8_t)(u * op->kernel + v);
                }
        }
}

/* Codes are in the order of their values. */
static void max_code_pixel(const struct op *op, size_t n, int y, int x, uint8_t *winner)
{
    const size_t channels = op->in->channel_stride; /* whole vectors: the padding is 0 */
    const struct window w = window_of(op, y, x);
    const int16_t *in = op->in->code;
    int16_t *to = op->out->code + tensor_at(op->out, n, y, x);
    memcpy(to, in + window_at(op, n, w, w.row_begin, w.column_begin), channels * sizeof *to);
    memset(winner, w.row_begin * op->kernel + w.column_begin, channels);
    for (int u = w.row_begin; u < w.row_end; u++)
        for (int v = w.column_begin; v < w.column_end; v++) {
            const int16_t *restrict from = in + window_at(op, n, w, u, v);
            const uint8_t p = (uint8_t)(u * op->kernel + v);
            for (size_t c = 0; c < channels; c++) {
                winner[c] = from[c] > to[c] ? p : winner[c];
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

/* Windows that lie side by side and fill the image: they get all its pixels. */
static bool windows_tile(const struct op *op)
{
    return op->step == op->kernel && op->around.top == 0 && op->around.left == 0 &&
           op->in->height == op->out->height * op->step &&
           op->in->width == op->out->width * op->step;
}

/* All pixels of such a window: the gradient of the winner, 0 elsewhere. */
static void spread_pixel(const struct op *op, size_t n, int y, int x, const uint8_t *winner)
{
    const float *dy = op->out->gradient + tensor_at(op->out, n, y, x);
    const struct window w = window_of(op, y, x);
    for (int p = 0; p < op->kernel * op->kernel; p++)
        nn_kernels()->spread_maximum(op->in->gradient +
                                         window_at(op, n, w, p / op->kernel, p % op->kernel),
                                     dy, winner, (uint8_t)p, op->out->channel_stride);
}

static void add_pixel(const struct op *op, size_t n, int y, int x, const uint8_t *winner)
{
    const float *dy = op->out->gradient + tensor_at(op->out, n, y, x);
    const struct window w = window_of(op, y, x);
    for (int c = 0; c < op->out->channels; c++)
        op->in->gradient[window_at(op, n, w, winner[c] / op->kernel, winner[c] % op->kernel) +
                         (size_t)c] += dy[c];
}

static bool max_pool_backward(struct op *op, const struct pass *pass)
{
    const struct max_pool_state *state = op->state;
    const struct tensor *out = op->out;
    const bool spreads = windows_tile(op) && !op->adds_to_in;
    if (!op->in->gradient)
        return true;
    if (!spreads)
        clear_gradient(op, pass);
    for (size_t n = 0; n < pass->samples; n++) {
        const uint8_t *winner = state->winner + n * winners_of_sample(op);
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++, winner += out->channel_stride)
                spreads ? spread_pixel(op, n, y, x, winner) : add_pixel(op, n, y, x, winner);
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

/* 1 / what the mean of a window divides by. */
static float share_of(const struct op *op, struct window w)
{
    const int bottom = op->counts_padding ? op->around.bottom : 0;
    const int right = op->counts_padding ? op->around.right : 0;
    const int row = op->counts_padding ? 0 : w.row_begin;
    const int column = op->counts_padding ? 0 : w.column_begin;
    const int rows = smaller(op->kernel, op->in->height + bottom - w.top) - row;
    const int columns = smaller(op->kernel, op->in->width + right - w.left) - column;
    return 1.0f / (float)(rows * columns);
}

static bool mean_pool_forward(struct op *op, const struct pass *pass)
{
    const struct tensor *out = op->out;
    const size_t channels = (size_t)op->in->channels;
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                float *to = out->value + tensor_at(out, n, y, x);
                const struct window w = window_of(op, y, x);
                const float weight = share_of(op, w);
                memset(to, 0, channels * sizeof *to);
                for (int u = w.row_begin; u < w.row_end; u++)
                    for (int v = w.column_begin; v < w.column_end; v++) {
                        const float *from = op->in->value + window_at(op, n, w, u, v);
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
    if (!op->in->gradient)
        return true;
    clear_gradient(op, pass);
    for (size_t n = 0; n < pass->samples; n++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const float *dy = out->gradient + tensor_at(out, n, y, x);
                const struct window w = window_of(op, y, x);
                const float weight = share_of(op, w);
                for (int u = w.row_begin; u < w.row_end; u++)
                    for (int v = w.column_begin; v < w.column_end; v++) {
                        float *dx = op->in->gradient + window_at(op, n, w, u, v);
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
