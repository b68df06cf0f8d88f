/* One crossbar column under ADC limits: the nearest codes whose digit sums the ADCs can read.
 *
 * Given magnitudes x[n] >= 0 in units of one code, all of one sign on one column, find codes c[n] with
 *     minimal sum_i (x_i - c_i)^2   and   sum_i digit_k(c_i) <= limit[k] in every slice k.
 * Moving a code changes several slices at once (64 -> 63 costs 1 and adds 9 to the digits below), so
 * this is a knapsack problem with one resource a slice. It is solved in three steps:
 *   1. the Lagrangian dual, max over prices p >= 0 of sum_i min_c [(x_i - c)^2 + p digits(c)] - p limit,
 *      by subgradients with Polyak's steps: a lower bound;
 *   2. a greedy repair of the codes that these prices give: a solution, and an upper bound;
 *   3. codes whose reduced cost exceeds the difference cannot be in a better solution; what is left
 *      is solved exactly by dynamic programming over the used part of each limit, unless that has
 *      more than ADC_COLUMN_STATES states.
 * No source: the method is our own, the parts are textbook (Fisher 1981).
 */
#ifndef RESLICE_METHOD_ADC_COLUMN_H
#define RESLICE_METHOD_ADC_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "hw/bit_slice.h"

enum { ADC_COLUMN_STATES = 8192, ADC_COLUMN_CODES = 256 };

struct adc_column {
    struct bit_slice_format format;
    int limit[BIT_SLICE_MAX]; /* largest digit sum of each slice, >= 0 */
};

/* How a column was solved. */
enum adc_column_way { ADC_COLUMN_NEAREST, ADC_COLUMN_GREEDY, ADC_COLUMN_EXACT };

/* Bytes of scratch for columns of up to `rows`, aligned as mem_alloc's. */
size_t adc_column_scratch(size_t rows);

/* Fills code [n] for rows n. Deterministic; ties go to the code nearest to x rounded, the smaller of
 * two, and to the solution that was found first. */
enum adc_column_way adc_column_fit(const struct adc_column *column, const float *x, uint8_t *code,
                                   size_t n, void *scratch);

/* ---- shared by the two files of this module ---- */

/* Codes that may replace the nearest one, nearest first: those to which no other is preferable,
 * nearer or as near and with no larger digit in any slice, for every x that rounds to it. */
struct adc_candidates {
    struct bit_slice_format format;
    uint8_t digit[ADC_COLUMN_CODES][BIT_SLICE_MAX];
    uint16_t count[ADC_COLUMN_CODES];
    uint8_t code[ADC_COLUMN_CODES][ADC_COLUMN_CODES];
};

/* A column with its candidates. */
struct adc_problem {
    const struct adc_column *column;
    const struct adc_candidates *all;
    int slices;
    size_t n;
    const float *x;   /* [n] */
    uint8_t *nearest; /* [n] */
};

/* By how much a code costs more than the nearest one. */
static inline float adc_rise(const struct adc_problem *problem, size_t row, int code)
{
    const float step = (float)(code - problem->nearest[row]);
    return step * (step - 2.0f * (problem->x[row] - (float)problem->nearest[row]));
}

/* Candidates that are left of each row: left [n, ADC_COLUMN_CODES], count [n] >= 1. */
struct adc_left {
    uint8_t *code;
    uint16_t *count;
};

size_t adc_exact_scratch(size_t rows);

/* The best codes among those left, of which at least one choice keeps the limits. 0: too many
 * states, and code is unchanged. */
int adc_exact(const struct adc_problem *problem, const struct adc_left *left, uint8_t *code,
              void *scratch);

#endif
