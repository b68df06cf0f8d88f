/* Residual addition: out = in + second, three tensors of one layout. */
#include <string.h>

#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/op.h"

static float step_of(const struct tensor *tensor, const struct pass *pass)
{
    return fixed_point_step(tensor->exponent, pass->bits);
}

static bool add_forward(struct op *op, const struct pass *pass)
{
    const size_t n = pass->samples * op->out->stride;
    if (pass->quantise && op->quantiser) {
        const float step[2] = {step_of(op->in, pass), step_of(op->second, pass)};
        op->out->max_bits = nn_kernels()->max_code_sum(op->in->code, op->second->code, n, step);
        return true;
    }
    const float *restrict a = op->in->value, *restrict b = op->second->value;
    float *restrict y = op->out->value;
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
    op->out->max_bits = fixed_point_max_bits(y, n);
    return true;
}

static void add_emit(const struct op *op, const struct pass *pass, int16_t *code, float *value,
                     struct quantise_spec spec)
{
    const float step[2] = {step_of(op->in, pass), step_of(op->second, pass)};
    nn_kernels()->quantise_code_sum(code, value, op->in->code, op->second->code,
                                    pass->samples * op->out->stride, step, spec);
}

static bool add_reads_only_codes(const struct op *op)
{
    return op->quantiser;
}

void op_pass_gradient(float *dx, const float *dy, size_t n, bool adds)
{
    if (!dx || dx == dy)
        return;
    if (!adds)
        memcpy(dx, dy, n * sizeof *dx);
    for (size_t i = 0; adds && i < n; i++)
        dx[i] += dy[i];
}

static bool add_backward(struct op *op, const struct pass *pass)
{
    const size_t n = pass->samples * op->out->stride;
    op_pass_gradient(op->second->gradient, op->out->gradient, n, op->adds_to_second);
    op_pass_gradient(op->in->gradient, op->out->gradient, n, op->adds_to_in);
    return true;
}

const struct op_class op_add = {
    .name = "add",
    .is_elementwise = true,
    .reads_only_codes = add_reads_only_codes,
    .forward = add_forward,
    .emit = add_emit,
    .backward = add_backward,
};
