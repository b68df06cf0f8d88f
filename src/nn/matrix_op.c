#include "nn/matrix_op.h"

#include <math.h>

#include "hw/fixed_point.h"
#include "nn/conv_direct.h"

size_t matrix_op_pixels(const struct op *op)
{
    return (size_t)op->out->height * (size_t)op->out->width;
}

size_t matrix_op_outputs(const struct op *op)
{
    return op->params->tensor[op->weight].shape[0];
}

static size_t groups_of(const struct op *op)
{
    return op_is_conv(op) ? (size_t)op->groups : 1;
}

size_t matrix_op_inputs(const struct op *op)
{
    return op->params->tensor[op->weight].count / matrix_op_outputs(op) * groups_of(op);
}

const int16_t *matrix_op_codes(const struct op *op)
{
    return groups_of(op) > 1 ? conv_direct_matrix(op)
                             : op->params->code + op->params->tensor[op->weight].offset;
}

void matrix_op_gather(const struct op *op, size_t first, size_t samples, int16_t *vector)
{
    const size_t size = matrix_op_pixels(op) * matrix_op_inputs(op);
    for (size_t i = 0; i < samples; i++)
        op->class->gather_codes(op, first + i, vector + i * size);
}

/* Value of one unit of the sum. */
static float unit_of(const struct op *op, const struct pass *pass)
{
    return fixed_point_step(op->in->exponent, pass->bits) *
           fixed_point_step(op->params->tensor[op->weight].exponent, pass->bits);
}

static const float *bias_of(const struct op *op)
{
    return op->bias >= 0 ? op->params->quantised + op->params->tensor[op->bias].offset : NULL;
}

int32_t matrix_op_put(const struct op *op, const struct pass *pass, size_t first, size_t samples,
                      const int64_t *sum)
{
    const float scale = unit_of(op, pass), *bias = bias_of(op);
    const size_t outputs = matrix_op_outputs(op);
    int32_t max = 0;
    for (size_t i = 0; i < samples; i++)
        for (int y = 0; y < op->out->height; y++)
            for (int x = 0; x < op->out->width; x++, sum += outputs) {
                float *value = op->out->value + tensor_at(op->out, first + i, y, x);
                for (size_t j = 0; j < outputs; j++)
                    value[j] = scale * (float)sum[j] + (bias ? bias[j] : 0.0f);
                const int32_t bits = fixed_point_max_bits(value, outputs);
                max = bits > max ? bits : max;
            }
    return max;
}

void matrix_op_take(const struct op *op, const struct pass *pass, size_t first, size_t samples,
                    int64_t *sum)
{
    const double per_unit = 1.0 / (double)unit_of(op, pass);
    const float *bias = bias_of(op);
    const size_t outputs = matrix_op_outputs(op);
    for (size_t i = 0; i < samples; i++)
        for (int y = 0; y < op->out->height; y++)
            for (int x = 0; x < op->out->width; x++, sum += outputs) {
                const float *value = op->out->value + tensor_at(op->out, first + i, y, x);
                for (size_t j = 0; j < outputs; j++) {
                    const double product = (double)value[j] - (bias ? (double)bias[j] : 0.0);
                    sum[j] = (int64_t)rint(product * per_unit);
                }
            }
}

bool matrix_op_is_countable(const struct op *op, const struct pass *pass)
{
    /* a float below 2^22 units is rounded to a quarter of one at most; biases likewise */
    const float most = 0x1p22f * unit_of(op, pass), *bias = bias_of(op);
    const int32_t largest = bias ? fixed_point_max_bits(bias, matrix_op_outputs(op)) : 0;
    return fixed_point_from_bits(op->out->max_bits) < most && fixed_point_from_bits(largest) < most;
}
