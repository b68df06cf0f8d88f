/* Analog-to-digital converters on the bitlines: the resolution a slice needs. */
#ifndef RESLICE_HW_ADC_H
#define RESLICE_HW_ADC_H

#include <stddef.h>
#include <stdint.h>

/* Bits that represent every current 0..max without loss: ceil(log2(1 + max)); 0 when the bitlines
 * never carry current and need no converter. */
int adc_bits_for(uint64_t max);

/* Largest current that occurs in histogram [bins]; 0 when it is empty. */
size_t adc_observed_max(const uint64_t *histogram, size_t bins);

/* The p-quantile (0 < p <= 1): smallest current with at least p of all conversions at or below. */
size_t adc_quantile(const uint64_t *histogram, size_t bins, double p);

/* Share of conversions that an ADC of `bits` bits would clip. */
double adc_clip_rate(const uint64_t *histogram, size_t bins, int bits);

#endif
