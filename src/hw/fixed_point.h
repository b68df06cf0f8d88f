/* Dynamic fixed point (Zhang et al., arXiv 1909.08496, section 3; Courbariaux et al., 2014).
 *
 * One integer exponent per tensor:
 *     exponent s = smallest integer with max|x| <= 2^s      (max floored at 1e-5)
 *     step       = 2^(s - bits)
 *     code       = clip(round-half-even(x / step), -(2^bits - 1), 2^bits - 1)
 *     value      = code * step
 * The sign is apart from the `bits` magnitude bits. The authors' program lets the code reach
 * 2^bits, which no row of cells can hold; here it saturates, and saturations are counted.
 * Backward, quantisation is the identity (straight-through).
 */
#ifndef RESLICE_HW_FIXED_POINT_H
#define RESLICE_HW_FIXED_POINT_H

#include <stddef.h>
#include <stdint.h>

enum { FIXED_POINT_MAX_BITS = 8 };

/* Largest code: 2^bits - 1. Not collective. */
int fixed_point_max_code(int bits);

/* 2^(exponent - bits). Not collective. */
float fixed_point_step(int exponent, int bits);

/* The exponent for a tensor whose largest magnitude is `max`. Not collective. */
int fixed_point_exponent(float max);

/* The largest of x [n] as an ordered integer, the bit pattern of |x|: a NaN or infinity wins over
 * every number, so it cannot get lost in a reduction. 0 for n = 0. Not collective. */
int32_t fixed_point_max_bits(const float *x, size_t n);

/* The bit pattern of |value|. Not collective. */
int32_t fixed_point_bits(float value);

/* The magnitude that has this bit pattern. Not collective. */
float fixed_point_from_bits(int32_t bits);

/* True when the bits are those of a finite number. Not collective. */
int fixed_point_bits_finite(int32_t bits);

/* code[i], value[i] from x[i] (value may be NULL, or x itself). Returns how many codes saturated.
 * Not collective. */
size_t fixed_point_quantise(int16_t *code, float *value, const float *x, size_t n, int exponent,
                            int bits);

#endif
