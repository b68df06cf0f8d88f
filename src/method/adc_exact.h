/* The best codes of one crossbar column by dynamic programming over the used part of each limit:
 * step 3 of method/adc_column.h. */
#ifndef RESLICE_METHOD_ADC_EXACT_H
#define RESLICE_METHOD_ADC_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "method/adc_candidates.h"

enum { ADC_EXACT_STATES = 8192 }; /* at most, of all used parts together */

/* A column, its limits and its candidates; nothing is owned. */
struct adc_problem {
    const struct adc_candidates *all; /* those of each `nearest` are listed */
    const int *limit;                 /* [slices] largest digit sums */
    int slices;
    size_t n;
    const float *x;   /* [n] magnitudes in codes */
    uint8_t *nearest; /* [n] */
};

/* By how much a code costs more than the nearest one, (x - c)^2 - (x - nearest)^2. Not
 * collective. */
static inline float adc_rise(const struct adc_problem *problem, size_t row, int code)
{
    const float step = (float)(code - problem->nearest[row]);
    return step * (step - 2.0f * (problem->x[row] - (float)problem->nearest[row]));
}

/* Candidates that are left of each row: code [n, ADC_CODES], count [n] >= 1. */
struct adc_left {
    uint8_t *code;
    uint16_t *count;
};

/* Bytes of scratch for columns of up to `rows`. Not collective. */
size_t adc_exact_scratch(size_t rows);

/* code [n] = the best codes among those left, of which at least one choice keeps the limits;
 * scratch as adc_exact_scratch says, aligned for floats. False: more than ADC_EXACT_STATES
 * states, and code is unchanged. Deterministic. Not collective. */
bool adc_exact(const struct adc_problem *problem, const struct adc_left *left, uint8_t *code,
               void *scratch);

#endif
