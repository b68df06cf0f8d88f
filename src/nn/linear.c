/* y = x w^T + b. With quantised operands the sums are exact integers (code * code), so any grouping
 * of samples gives the same bytes; weight gradients are float inside a shard and exact across. */
#include <cblas.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/bias.h"
#include "nn/kernels.h"
#include "nn/op.h"

struct linear_state {
    int16_t *packed;           /* weight codes for code_product */
    float *bias;               /* [stride(outputs)] quantised, zero padded */
    struct outer_group *group; /* [PASS_SHARDS] the shards of a pass */
};

struct linear_view {
    const struct parameter *weight;
    const float *w, *b; /* quantised values */
    size_t outputs, inputs;
};

static struct linear_view view_of(const struct op *op)
{
    const struct parameters *params = op->params;
    const struct parameter *weight = &params->tensor[op->weight];
    return (struct linear_view){weight, params->quantised + weight->offset,
                                params->quantised + params->tensor[op->bias].offset,
                                weight->shape[0], weight->shape[1]};
}

static void linear_setup(struct op *op)
{
    const struct linear_view view = view_of(op);
    struct linear_state *state = MEM_NEW(struct linear_state, 1);
    state->packed = MEM_NEW(int16_t, (view.inputs + 1) / 2 * nn_stride(view.outputs) * 2);
    state->bias = MEM_NEW(float, nn_stride(view.outputs));
    state->group = MEM_NEW(struct outer_group, PASS_SHARDS);
    op->state = state;
}

static void linear_release(struct op *op)
{
    struct linear_state *state = op->state;
    mem_free(state->packed);
    mem_free(state->bias);
    mem_free(state->group);
    mem_free(state);
}

static void linear_prepare(struct op *op, const struct pass *pass)
{
    const struct linear_view view = view_of(op);
    struct linear_state *state = op->state;
    memcpy(state->bias, view.b, view.outputs * sizeof *view.b);
    if (pass->quantise)
        nn_kernels()->pack_codes(state->packed, op->params->code + view.weight->offset,
                                 view.outputs, view.inputs);
}

/* Plain float, one product a shard: the same call whatever the rank count. */
static void forward_float(const struct op *op, const struct pass *pass)
{
    const struct linear_view view = view_of(op);
    const struct linear_state *state = op->state;
    const size_t row = op->out->stride;
    for (size_t i = 0; i < pass->samples; i++)
        memcpy(op->out->value + i * row, state->bias, row * sizeof(float));
    for (size_t s = 0; s < pass->shards; s++) {
        const size_t first = pass->begin[s], n = pass->begin[s + 1] - first;
        if (n > 0) /* y += x w^T */
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)view.outputs,
                        (int)view.inputs, 1.0f, op->in->value + first * op->in->stride,
                        (int)op->in->stride, view.w, (int)view.inputs, 1.0f,
                        op->out->value + first * row, (int)row);
    }
}

static bool linear_forward(struct op *op, const struct pass *pass)
{
    struct tensor *in = op->in, *out = op->out;
    if (!pass->quantise) {
        forward_float(op, pass);
        out->max_bits = fixed_point_max_bits(out->value, pass->samples * out->stride);
        return true;
    }
    const struct linear_view view = view_of(op);
    const struct linear_state *state = op->state;
    const float scale = fixed_point_step(in->exponent, pass->bits) *
                        fixed_point_step(view.weight->exponent, pass->bits);
    const struct packed_codes packed = {state->packed, view.outputs, view.inputs};
    out->max_bits = nn_kernels()->code_product(out->value, in->code, pass->samples, in->stride,
                                               packed, scale, state->bias);
    return true;
}

static bool linear_backward(struct op *op, const struct pass *pass)
{
    const struct linear_view view = view_of(op);
    const struct tensor *in = op->in, *out = op->out;
    const bool bias_fits = bias_sum(op, pass);
    const struct linear_state *state = op->state;
    for (size_t s = 0; s < pass->shards; s++)
        state->group[s] = (struct outer_group){pass->begin[s], pass->begin[s + 1] - pass->begin[s]};
    const int overflow = nn_kernels()->outer_sum(
        op->params->sum + view.weight->offset, out->gradient, out->stride, view.outputs, in->value,
        in->stride, view.inputs, state->group, pass->shards);
    if (in->gradient)
        nn_kernels()->row_product(in->gradient, in->stride, pass->samples,
                                  (struct row_source){.dy = out->gradient,
                                                      .w = view.w,
                                                      .dy_step = out->stride,
                                                      .w_row = view.inputs,
                                                      .terms = view.outputs},
                                  view.inputs, op->adds_to_in);
    return bias_fits && !overflow;
}

static void linear_gather_codes(const struct op *op, size_t sample, int16_t *vector)
{
    memcpy(vector, op->in->code + sample * op->in->stride, op->in->size * sizeof *vector);
}

const struct op_class op_linear = {
    .name = "linear",
    .setup = linear_setup,
    .release = linear_release,
    .prepare = linear_prepare,
    .forward = linear_forward,
    .backward = linear_backward,
    .gather_codes = linear_gather_codes,
};
