/* Activation quantiser: value -> code -> value, one exponent for the global batch. Backward it is
 * the identity, and with ReLU the gradient passes where the quantised value is positive. */
#include <math.h>

#include "base/comm.h"
#include "hw/fixed_point.h"
#include "hw/kernels.h"
#include "nn/kernels.h"
#include "nn/op.h"

int32_t quantise_max_bits(const struct op *op, int32_t bits)
{
    const int32_t six = fixed_point_bits(6.0f);
    return op->relu6 && fixed_point_bits_finite(bits) && bits > six ? six : bits;
}

/* Exponent of the global batch; false when some rank has a value that is not finite. */
static bool follow_maximum(struct op *op)
{
    int32_t max = op->in->max_bits;
    if (!op->in->max_is_global)
        comm_max_i32(&max, 1);
    if (!fixed_point_bits_finite(max))
        return false;
    op->out->exponent = fixed_point_exponent(fixed_point_from_bits(quantise_max_bits(op, max)));
    return true;
}

static void relu_only(struct op *op, size_t n)
{
    for (size_t i = 0; i < n; i++)
        op->out->value[i] = op->relu && op->in->value[i] < 0.0f ? 0.0f : op->in->value[i];
    for (size_t i = 0; op->relu6 && i < n; i++)
        op->out->value[i] = op->out->value[i] > 6.0f ? 6.0f : op->out->value[i];
}

/* The largest code: of ReLU6 that of 6, where codes reach so far. */
static float largest_code(const struct op *op, float step, int bits)
{
    const float most = (float)fixed_point_max_code(bits), six = floorf(6.0f / step);
    return op->relu6 && six < most ? six : most;
}

/* dx (+)= dy where the (quantised) value lies between 0 and 6. */
static void relu6_gradient(const struct op *op, const struct pass *pass, size_t n)
{
    const float step = pass->quantise ? fixed_point_step(op->out->exponent, pass->bits) : 0.0f;
    float *dx = op->in->gradient;
    for (size_t i = 0; i < n; i++) {
        const float value = pass->quantise ? (float)op->out->code[i] * step : op->out->value[i];
        const float dy = value > 0.0f && value < 6.0f ? op->out->gradient[i] : 0.0f;
        dx[i] = op->adds_to_in ? dx[i] + dy : dy;
    }
}

static bool quantise_forward(struct op *op, const struct pass *pass)
{
    const size_t n = pass->samples * op->in->stride;
    if (!pass->quantise) {
        relu_only(op, n);
        return true;
    }
    if (pass->is_training && !follow_maximum(op))
        return false;
    const float step = fixed_point_step(op->out->exponent, pass->bits);
    const struct quantise_spec spec = {step, 1.0f / step, largest_code(op, step, pass->bits),
                                       op->relu};
    float *value = op->out->only_code ? NULL : op->out->value;
    if (op->source)
        op->source->class->emit(op->source, pass, op->out->code, value, spec);
    else
        hw_kernels()->quantise(op->out->code, value, op->in->value, n, spec);
    return true;
}

static bool quantise_backward(struct op *op, const struct pass *pass)
{
    const size_t n = pass->samples * op->in->stride;
    const float *dy = op->out->gradient;
    float *dx = op->in->gradient;
    if (!dx || (pass->quantise && op->source && op->source->class->masks_gradient))
        return true;
    if (op->relu6)
        relu6_gradient(op, pass, n);
    else if (op->relu && pass->quantise)
        nn_kernels()->mask_gradient(dx, dy, op->out->code, n, op->adds_to_in);
    else if (op->relu)
        nn_kernels()->relu_gradient(dx, dy, op->out->value, n, op->adds_to_in);
    else
        op_pass_gradient(dx, dy, n, op->adds_to_in);
    return true;
}

const struct op_class op_quantise = {
    .name = "quantise",
    .is_quantiser = true,
    .is_elementwise = true,
    .forward = quantise_forward,
    .backward = quantise_backward,
};
