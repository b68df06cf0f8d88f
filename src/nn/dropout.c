/* Dropout with probability 1/2 (Srivastava et al. 2014): kept values are doubled. On codes that is
 * exact: the code stays and the exponent rises by one. Which values are dropped is a pure function
 * of (seed, epoch, sample, element), so it does not depend on ranks. */
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "hw/fixed_point.h"
#include "nn/op.h"

struct dropout_state {
    uint8_t *keep; /* [capacity, size] of the last training pass */
};

static void dropout_setup(struct op *op)
{
    struct dropout_state *state = MEM_NEW(struct dropout_state, 1);
    state->keep = MEM_NEW(uint8_t, op->capacity * op->in->stride);
    op->state = state;
}

static void dropout_release(struct op *op)
{
    struct dropout_state *state = op->state;
    mem_free(state->keep);
    mem_free(state);
}

static bool drops(const struct op *op, const struct pass *pass)
{
    return pass->is_training || op->drops_always;
}

/* One random bit an element. Layers differ in the high half of the index. */
static void draw(uint8_t *keep, const struct op *op, const struct pass *pass, size_t n)
{
    const uint64_t sample = pass->sample[n];
    const uint64_t first = ((uint64_t)op->number << 56) + (sample << 24);
    for (size_t i = 0; i < op->in->stride; i += 128) {
        uint32_t word[4];
        rng_words(pass->dropout, first + i / 128, word);
        for (size_t b = 0; b < 128 && i + b < op->in->stride; b++)
            keep[i + b] = word[b / 32] >> b % 32 & 1;
    }
}

static bool dropout_forward(struct op *op, const struct pass *pass)
{
    const struct dropout_state *state = op->state;
    const struct tensor *in = op->in;
    struct tensor *out = op->out;
    const size_t stride = in->stride;
    const bool active = drops(op, pass), has_code = pass->quantise && in->has_code;
    out->exponent = in->exponent + active;
    for (size_t n = 0; n < pass->samples; n++) {
        uint8_t *keep = state->keep + n * stride;
        if (active)
            draw(keep, op, pass, n);
        for (size_t i = 0; i < stride; i++) {
            const size_t at = n * stride + i;
            out->value[at] = !active ? in->value[at] : keep[i] ? 2.0f * in->value[at] : 0.0f;
            if (has_code)
                out->code[at] = !active || keep[i] ? in->code[at] : 0;
        }
    }
    out->max_bits = fixed_point_max_bits(out->value, pass->samples * stride);
    return true;
}

static bool dropout_backward(struct op *op, const struct pass *pass)
{
    const struct dropout_state *state = op->state;
    const size_t n = pass->samples * op->in->stride;
    const float *dy = op->out->gradient;
    float *dx = op->in->gradient;
    for (size_t i = 0; dx && i < n; i++) {
        const float part = state->keep[i] ? 2.0f * dy[i] : 0.0f;
        dx[i] = op->adds_to_in ? dx[i] + part : part;
    }
    return true;
}

const struct op_class op_dropout = {
    .name = "dropout",
    .is_elementwise = true,
    .setup = dropout_setup,
    .release = dropout_release,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
