/* Residual addition: out = in + second, three tensors of one layout. */
#include <string.h>

#include "hw/fixed_point.h"
#include "nn/op.h"

static bool add_forward(struct op *op, const struct pass *pass)
{
    const size_t n = pass->samples * op->out->stride;
    const float *restrict a = op->in->value, *restrict b = op->second->value;
    float *restrict y = op->out->value;
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
    op->out->max_bits = fixed_point_max_bits(y, n);
    return true;
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
    .forward = add_forward,
    .backward = add_backward,
};
