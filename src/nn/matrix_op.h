/* Operations with a weight matrix (those with gather_codes), for who computes their products in their
 * place from integers: the vectors that go in, the values that come out. */
#ifndef RESLICE_NN_MATRIX_OP_H
#define RESLICE_NN_MATRIX_OP_H

#include <stddef.h>
#include <stdint.h>

#include "nn/op.h"

/* Input vectors of a sample: 1, or the pixels of a convolution's output. Not collective. */
size_t matrix_op_pixels(const struct op *op);

/* Outputs of the matrix. Not collective. */
size_t matrix_op_outputs(const struct op *op);

/* Inputs of the matrix: of a convolution channels * taps, of all groups (nn/conv_direct.h). Not
 * collective. */
size_t matrix_op_inputs(const struct op *op);

/* Codes [outputs, inputs] of the matrix after a quantised network_prepare; the operation's. Not
 * collective. */
const int16_t *matrix_op_codes(const struct op *op);

/* The input codes of samples [first, first + samples) as vector [samples, pixels, inputs]. Not
 * collective. */
void matrix_op_gather(const struct op *op, size_t first, size_t samples, int16_t *vector);

/* Output values of samples [first, first + samples) from the integers sum [samples, pixels, outputs],
 * as the operation itself computes them in quantised passes: a power of two times the sum, plus the
 * bias. Returns the largest bit pattern of |value|. Not collective. */
int32_t matrix_op_put(const struct op *op, const struct pass *pass, size_t first, size_t samples,
                      const int64_t *sum);

/* The integers that those samples have as values, behind the operation's own quantised forward pass:
 * sum [samples, pixels, outputs]. Only where matrix_op_is_countable. Not collective. */
void matrix_op_take(const struct op *op, const struct pass *pass, size_t first, size_t samples,
                    int64_t *sum);

/* Whether all values of the last forward pass (out->max_bits) and the biases are so small that floats
 * tell one integer from the next. Not collective. */
bool matrix_op_is_countable(const struct op *op, const struct pass *pass);

#endif
