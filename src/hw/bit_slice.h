/* Bit slices of fixed-point codes: |code| = sum_k 2^(width k) digit_k, digit_k in 0..2^width - 1,
 * k = 0 least significant. With 8 bits and width 2 the slices are B0..B3 of arXiv 1909.08496.
 */
#ifndef RESLICE_HW_BIT_SLICE_H
#define RESLICE_HW_BIT_SLICE_H

#include <stddef.h>
#include <stdint.h>

enum { BIT_SLICE_MAX = 8, BIT_SLICE_MAX_DIGITS = 256 };

struct bit_slice_format {
    int bits;  /* magnitude bits, 1..8 */
    int width; /* bits of a slice; divides bits */
};

/* Number of slices. Not collective. */
int bit_slice_count(struct bit_slice_format format);

/* Values a digit can take: 2^width. Not collective. */
int bit_slice_levels(struct bit_slice_format format);

/* Digit k of a code's magnitude. Not collective. */
int bit_slice_digit(struct bit_slice_format format, int code, int k);

/* Adds the digits of n codes to histogram [slices, levels]. Not collective. */
void bit_slice_histogram(struct bit_slice_format format, const int16_t *code, size_t n,
                         uint64_t *histogram);

/* Adds to nonzero [slices] how many of the n codes have a digit other than 0. Not collective. */
void bit_slice_count_nonzero(struct bit_slice_format format, const int16_t *code, size_t n,
                             uint64_t *nonzero);

/* Sum of all digits of n codes (the L1 norm of the slices). Not collective. */
uint64_t bit_slice_l1(struct bit_slice_format format, const int16_t *code, size_t n);

/* gradient[i] += scale * d(sum of digits)/dw, straight through floor and round, higher digits
 * detached inside lower ones:  sign(code) / step * sum_k [digit_k > 0] / 2^(width k).
 * Not collective. */
void bit_slice_add_gradient(struct bit_slice_format format, float *gradient, const int16_t *code,
                            size_t n, float step, float scale);

#endif
