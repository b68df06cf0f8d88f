#include "hw/bit_slice.h"

#include <math.h>
#include <stdlib.h>

#include "hw/kernels.h"

int bit_slice_count(struct bit_slice_format format)
{
    return format.bits / format.width;
}

int bit_slice_levels(struct bit_slice_format format)
{
    return 1 << format.width;
}

int bit_slice_digit(struct bit_slice_format format, int code, int k)
{
    return abs(code) >> (format.width * k) & (bit_slice_levels(format) - 1);
}

/* Codes by magnitude: one pass over the data, then everything follows from at most 256 counts. */
static void count_magnitudes(const int16_t *code, size_t n, uint64_t count[BIT_SLICE_MAX_DIGITS])
{
    for (int m = 0; m < BIT_SLICE_MAX_DIGITS; m++)
        count[m] = 0;
    for (size_t i = 0; i < n; i++)
        count[abs(code[i])]++;
}

void bit_slice_histogram(struct bit_slice_format format, const int16_t *code, size_t n,
                         uint64_t *histogram)
{
    uint64_t count[BIT_SLICE_MAX_DIGITS];
    count_magnitudes(code, n, count);
    const int levels = bit_slice_levels(format);
    for (int k = 0; k < bit_slice_count(format); k++)
        for (int m = 0; m < BIT_SLICE_MAX_DIGITS; m++)
            histogram[k * levels + bit_slice_digit(format, m, k)] += count[m];
}

void bit_slice_count_nonzero(struct bit_slice_format format, const int16_t *code, size_t n,
                             uint64_t *nonzero)
{
    uint64_t count[BIT_SLICE_MAX_DIGITS];
    count_magnitudes(code, n, count);
    for (int k = 0; k < bit_slice_count(format); k++)
        for (int m = 0; m < BIT_SLICE_MAX_DIGITS; m++)
            nonzero[k] += bit_slice_digit(format, m, k) ? count[m] : 0;
}

uint64_t bit_slice_l1(struct bit_slice_format format, const int16_t *code, size_t n)
{
    uint64_t count[BIT_SLICE_MAX_DIGITS], sum = 0;
    count_magnitudes(code, n, count);
    for (int k = 0; k < bit_slice_count(format); k++)
        for (int m = 0; m < BIT_SLICE_MAX_DIGITS; m++)
            sum += count[m] * (uint64_t)bit_slice_digit(format, m, k);
    return sum;
}

void bit_slice_add_gradient(struct bit_slice_format format, float *gradient, const int16_t *code,
                            size_t n, float step, float scale)
{
    float weight[BIT_SLICE_MAX];
    for (int k = 0; k < bit_slice_count(format); k++)
        weight[k] = scale / step * ldexpf(1.0f, -format.width * k);
    hw_kernels()->add_slice_gradient(gradient, code, n, weight, bit_slice_count(format),
                                     format.width);
}
