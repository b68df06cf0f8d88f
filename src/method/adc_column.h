/* One crossbar column under ADC limits: the nearest codes whose digit sums the ADCs can read.
 *
 * Given magnitudes x[n] >= 0 in units of one code, all of one sign on one column, find codes c[n] with
 *     minimal sum_i (x_i - c_i)^2   and   sum_i digit_k(c_i) <= limit[k] in every slice k.
 * Moving a code changes several slices at once (64 -> 63 costs 1 and adds 9 to the digits below), so
 * this is a knapsack problem with one resource a slice. A greedy solution gives an upper bound; codes
 * that cost more than the bound by themselves cannot be in a better one; what is left is solved
 * exactly by dynamic programming over the used part of each limit, unless that has more than
 * ADC_COLUMN_STATES states. No source: the method is our own.
 */
#ifndef RESLICE_METHOD_ADC_COLUMN_H
#define RESLICE_METHOD_ADC_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "hw/bit_slice.h"

enum { ADC_COLUMN_STATES = 8192 };

struct adc_column {
    struct bit_slice_format format;
    int limit[BIT_SLICE_MAX]; /* largest digit sum of each slice, >= 0 */
};

/* How a column was solved. */
enum adc_column_way { ADC_COLUMN_NEAREST, ADC_COLUMN_GREEDY, ADC_COLUMN_EXACT };

/* Bytes of scratch for columns of up to `rows`, aligned as mem_alloc's. */
size_t adc_column_scratch(size_t rows);

/* Fills code [n]; n <= rows. Without exact only the greedy solution is made, for comparison. */
enum adc_column_way adc_column_fit(const struct adc_column *column, const float *x, uint8_t *code,
                                   size_t n, int exact, void *scratch);

#endif
