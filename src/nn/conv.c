/* Convolution: on matrix tiles where the machine has them, else on panels; this file knows what an
 * operation of a network is. */
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/bias.h"
#include "nn/conv_panels.h"
#include "nn/conv_tiles.h"
#include "nn/kernels.h"
#include "nn/op.h"

struct conv_state {
    float *bias; /* [channel_stride(out)] */
    struct conv_panels *panels;
    struct conv_tiles *tiles; /* or NULL */
};

static void conv_setup(struct op *op)
{
    struct conv_state *state = MEM_NEW(struct conv_state, 1);
    state->bias = MEM_NEW(float, op->out->channel_stride);
    state->panels = conv_panels_create(op);
    state->tiles = conv_tiles_suit(op) ? conv_tiles_create(op) : NULL;
    op->state = state;
}

static void conv_release(struct op *op)
{
    struct conv_state *state = op->state;
    mem_free(state->bias);
    conv_panels_destroy(state->panels);
    if (state->tiles)
        conv_tiles_destroy(state->tiles);
    mem_free(state);
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
    if (on_tiles(op, pass))
        conv_tiles_prepare(state->tiles, op);
    else
        conv_panels_prepare(state->panels, op, pass);
}

static bool conv_forward(struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    if (on_tiles(op, pass))
        conv_tiles_forward(state->tiles, op, pass, state->bias);
    else
        conv_panels_forward(state->panels, op, pass, state->bias);
    return true;
}

static bool conv_backward(struct op *op, const struct pass *pass)
{
    const struct conv_state *state = op->state;
    const bool bias_fits = op->bias < 0 || bias_sum(op, pass);
    return (on_tiles(op, pass) ? conv_tiles_backward(state->tiles, op, pass)
                               : conv_panels_backward(state->panels, op, pass)) &&
           bias_fits;
}

/* vector [channels, kernel * kernel] from the window whose first pixel is `window`: pixels have their
 * channels side by side, weights their taps. */
static void gather_window(const struct op *op, const int16_t *restrict window,
                          int16_t *restrict vector)
{
    const size_t channels = (size_t)op->in->channels, kernel = (size_t)op->kernel;
    const size_t taps = kernel * kernel, pixel = op->in->channel_stride;
    if (kernel == 3) { /* what most are: nine streams that are read in order */
        const int16_t *restrict a = window, *restrict b = a + op->in->row,
                                *restrict c = b + op->in->row;
        for (size_t k = 0; k < channels; k++, a++, b++, c++, vector += 9) {
            const int16_t nine[9] = {a[0],         a[pixel], a[2 * pixel], b[0],        b[pixel],
                                     b[2 * pixel], c[0],     c[pixel],     c[2 * pixel]};
            memcpy(vector, nine, sizeof nine);
        }
        return;
    }
    for (size_t t = 0; t < taps; t++) {
        const int16_t *restrict from = window + t / kernel * op->in->row + t % kernel * pixel;
        for (size_t k = 0; k < channels; k++)
            vector[k * taps + t] = from[k];
    }
}

/* One window a pixel of the output. */
static void conv_gather_codes(const struct op *op, size_t sample, int16_t *vector)
{
    const size_t inputs = (size_t)(op->in->channels * op->kernel * op->kernel);
    for (int y = 0; y < op->out->height; y++) {
        const int16_t *window =
            op->in->code + tensor_at(op->in, sample, y * op->step - op->padding, -op->padding);
        for (int x = 0; x < op->out->width; x++, vector += inputs) {
            gather_window(op, window, vector);
            window += (size_t)op->step * op->in->channel_stride;
        }
    }
}

static bool conv_reads_only_codes(const struct op *op)
{
    (void)op;
    return true;
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
