#include "hw/adc.h"

int adc_bits_for(uint64_t max)
{
    int bits = 0;
    while (max >> bits)
        bits++;
    return bits;
}

size_t adc_observed_max(const uint64_t *histogram, size_t bins)
{
    size_t max = bins - 1;
    while (max > 0 && histogram[max] == 0)
        max--;
    return max;
}

static uint64_t total_of(const uint64_t *histogram, size_t bins)
{
    uint64_t total = 0;
    for (size_t i = 0; i < bins; i++)
        total += histogram[i];
    return total;
}

size_t adc_quantile(const uint64_t *histogram, size_t bins, double p)
{
    const double wanted = p * (double)total_of(histogram, bins);
    uint64_t below = 0;
    for (size_t i = 0; i < bins; i++) {
        below += histogram[i];
        if ((double)below >= wanted)
            return i;
    }
    return bins - 1;
}

double adc_clip_rate(const uint64_t *histogram, size_t bins, int bits)
{
    const uint64_t total = total_of(histogram, bins);
    uint64_t clipped = 0;
    for (size_t i = (size_t)1 << bits; i < bins; i++)
        clipped += histogram[i];
    return total ? (double)clipped / (double)total : 0.0;
}
