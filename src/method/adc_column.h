/* One crossbar column under ADC limits: the nearest codes whose digit sums the ADCs can read.
 *
 * Given magnitudes x[n] >= 0 in units of one code, all of one sign on one column, find codes
 * c[n] with
 *     minimal sum_i (x_i - c_i)^2   and   sum_i digit_k(c_i) <= limit[k] in every slice k.
 * Moving a code changes several slices at once (64 -> 63 costs 1 and adds 9 to the digits
 * below), so this is a knapsack problem with one resource a slice. It is solved in three steps:
 *   1. the Lagrangian dual, max over prices p >= 0 of sum_i min_c [(x_i - c)^2 + p digits(c)] - p limit,
 *      by subgradients with Polyak's steps: a lower bound;
 *   2. a greedy repair of the codes that these prices give: a solution, and an upper bound;
 *   3. codes whose reduced cost exceeds the difference cannot be in a better solution; what is left
 *      is solved exactly by dynamic programming over the used part of each limit, unless that has
 *      more than ADC_EXACT_STATES states.
 * No source: the method is our own, the parts are textbook (Fisher 1981).
 */
#ifndef RESLICE_METHOD_ADC_COLUMN_H
#define RESLICE_METHOD_ADC_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "method/adc_candidates.h"

/* What columns of one layer share; 68 kB, the caller's. */
struct adc_column {
    int limit[BIT_SLICE_MAX]; /* largest digit sum of each slice, >= 0 */
    struct adc_candidates candidates;
};

/* How a column was solved. */
enum adc_column_way { ADC_COLUMN_NEAREST, ADC_COLUMN_GREEDY, ADC_COLUMN_EXACT };

/* A column of this format, whose limits are the caller's to set. Nothing to free. Not
 * collective. */
void adc_column_start(struct adc_column *column, struct bit_slice_format format);

/* Bytes of scratch for columns of up to `rows`, aligned as mem_alloc's. Not collective. */
size_t adc_column_scratch(size_t rows);

/* code [n] = the codes of magnitudes x [n]; column->candidates lists what it needs and keeps it for
 * the next column. Deterministic; ties go to the code nearest to x rounded, the smaller of two, and
 * to the solution that was found first. Not collective. */
enum adc_column_way adc_column_fit(struct adc_column *column, const float *x, uint8_t *code,
                                   size_t n, void *scratch);

#endif
