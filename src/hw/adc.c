#include "hw/adc.h"

_Static_assert(CROSSBAR_MAX_ROWS * 255 < 1 << ADC_MOST_BITS, "the largest current has more bits");

const struct adc_definition_entry adc_definitions[ADC_DEFINITIONS] = {
    [ADC_STATIC] = {"static",           "static",   0,
                    "lose nothing for any input: ceil(log2(1 + largest column sum))"        },
    [ADC_OBSERVED] = {"observed",         "observed", 1,      "lose nothing"                  },
    [ADC_PERCENTILE_99_99] = {"percentile_99_99", "99.99 %",  0.9999,
                    "hold 99.99 % of all conversions"                                       },
    [ADC_PERCENTILE_99_9] = {"percentile_99_9",  "99.9 %",   0.999,  "hold 99.9 % of all conversions"},
};

int adc_bits_by(enum adc_definition definition, uint64_t max_column_sum, const uint64_t *histogram,
                size_t bins)
{
    const double share = adc_definitions[definition].share;
    if (share == 0)
        return adc_bits_for(max_column_sum);
    return adc_bits_for(share == 1 ? adc_observed_max(histogram, bins)
                                   : adc_quantile(histogram, bins, share));
}

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
