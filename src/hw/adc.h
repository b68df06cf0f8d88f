/* Analog-to-digital converters on the bitlines: the resolution a slice needs, by what it is to hold. */
#ifndef RESLICE_HW_ADC_H
#define RESLICE_HW_ADC_H

#include <stddef.h>
#include <stdint.h>

#include "hw/crossbar.h"

/* Bits that lose nothing on the largest arrays: log2(1 + CROSSBAR_MAX_ROWS (2^8 - 1)). */
enum { ADC_MOST_BITS = 18 };

/* Bits of the converters of a layer, by sign and slice. An array of them, one a layer, is a choice of
 * converters for a whole network. 0 bits: no converter, the slice is read as 0. */
struct adc_bits {
    int8_t of[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
};

/* What the bits of a (layer, sign, slice) are to hold, in the order of the tables' rows. */
enum adc_definition {
    ADC_STATIC,
    ADC_OBSERVED,
    ADC_PERCENTILE_99_99,
    ADC_PERCENTILE_99_9,
    ADC_DEFINITIONS
};

struct adc_definition_entry {
    const char *name;  /* of the dataset: "percentile_99_9" */
    const char *label; /* in tables: "99.9 %" */
    double share; /* of the conversions that were counted, all held: 1; 0: of no conversions, but
                        * of column sums, and so whatever the input */
    const char *holds; /* "ADC bits that …", to be followed by the samples unless share is 0 */
};

/* The definitions, by enum adc_definition. */
extern const struct adc_definition_entry adc_definitions[ADC_DEFINITIONS];

/* Bits by a definition: from the largest column sum of a slice, or from the histogram [bins] of its
 * currents. Pure. */
int adc_bits_by(enum adc_definition definition, uint64_t max_column_sum, const uint64_t *histogram,
                size_t bins);

/* Bits that represent every current 0..max without loss: ceil(log2(1 + max)); 0 when the bitlines
 * never carry current and need no converter. Pure. */
int adc_bits_for(uint64_t max);

/* Largest current that occurs in histogram [bins]; 0 when it is empty. Pure. */
size_t adc_observed_max(const uint64_t *histogram, size_t bins);

/* The p-quantile (0 < p <= 1) of histogram [bins]: smallest current with at least p of all
 * conversions at or below. Pure. */
size_t adc_quantile(const uint64_t *histogram, size_t bins, double p);

/* Share (0..1) of the conversions of histogram [bins] that an ADC of `bits` bits would clip; 0 when
 * the histogram is empty. Pure. */
double adc_clip_rate(const uint64_t *histogram, size_t bins, int bits);

#endif
