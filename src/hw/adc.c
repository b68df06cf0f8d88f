#include "hw/adc.h"

#include <math.h>
#include <string.h>

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

/* Average power of a capacitive DAC at a fixed bit clock: 2^N / (N + 1) (Saberi et al., IEEE
 * TCAS-I 58(8), 2011). The paper's own figures, 28.44x at 1 bit and 14.22x at 3, follow from it,
 * read as energy. */
static double saberi_energy(int bits)
{
    return exp2(bits) / (bits + 1);
}

/* A successive-approximation converter decides one bit at a time. */
static double sar_time(int bits)
{
    return bits;
}

/* ISAAC's 8-bit converter scaled by Saberi's method: reference buffer, memory and clock linear in
 * N, capacitor array exponential. Fit to seven points of 4..10 bits, in pJ and um2, 32 nm,
 * 1.2 GS/s; within 0.7 % of them. */
static double isaac_energy_pj(int bits)
{
    return 0.1949 * bits + 0.000420 * exp2(bits);
}

static double isaac_area_um2(int bits)
{
    return 81.73 * bits + 2.1335 * exp2(bits);
}

static const struct adc_model models[] = {
    {.name = "saberi-power",
     .source = "Saberi et al., IEEE TCAS-I 58(8), 2011, as used by arXiv 1909.08496",
     .energy_formula = "2^N/(N+1)",
     .time_formula = "N",
     .validity = "capacitor array only, average power at a fixed bit clock",
     .energy = saberi_energy,
     .time = sar_time      },
    { .name = "isaac",
     .source = "Shafiee et al., ISCA 2016, scaled to N bits; 32 nm, 1.2 GS/s",
     .energy_formula = "0.1949 N + 0.00042 2^N pJ",
     .time_formula = "N",
     .area_formula = "81.73 N + 2.1335 2^N um2",
     .validity = "fit to 4..10 bits; 1..3 bits are extrapolated",
     .lowest_bits = 4,
     .energy = isaac_energy_pj,
     .time = sar_time,
     .area = isaac_area_um2},
};

const struct adc_model *adc_models(size_t *count)
{
    *count = sizeof models / sizeof models[0];
    return models;
}

const struct adc_model *adc_model_find(const char *name)
{
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++)
        if (strcmp(models[m].name, name) == 0)
            return &models[m];
    return NULL;
}
