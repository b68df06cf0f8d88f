#include "hw/adc_cost.h"

#include <math.h>
#include <string.h>

/* ---- energy of a conversion ---- */

/* Average power of a capacitive DAC at a fixed bit clock: 2^N / (N + 1) (Saberi et al., IEEE
 * TCAS-I 58(8), 2011). The paper's own figures, 28.44x at 1 bit and 14.22x at 3, follow from it,
 * read as energy. */
static double saberi_energy(int bits)
{
    return exp2(bits) / (bits + 1);
}

/* Energy of the same capacitor array for one conversion, conventional switching, in C V^2:
 * sum_{i=1..N} 2^(N+1-2i) (2^i - 1), towards 4/3 2^N. The power above is this times the sample rate,
 * bit clock / (N + 1). */
static double cdac_energy(int bits)
{
    double energy = 0;
    for (int i = 1; i <= bits; i++)
        energy += exp2(bits + 1 - 2 * i) * (exp2(i) - 1);
    return energy;
}

/* ISAAC's 8-bit converter scaled by Saberi's method: reference buffer, memory and clock linear in
 * N, capacitor array exponential. Fit to seven points of 4..10 bits, in pJ and um2, 32 nm,
 * 1.2 GS/s; within 0.7 % of them. */
static double isaac_energy_pj(int bits)
{
    return 0.1949 * bits + 0.000420 * exp2(bits);
}

/* NeuroSim's SAR converter, 32 nm HP: (1.0157 N + 7.6286) uW for N + 1 ns; uW ns = fJ. Its column
 * term depends on the data and is left out. */
static double neurosim_sar_energy_pj(int bits)
{
    return 1e-3 * (1.0157 * bits + 7.6286) * (bits + 1);
}

/* NeuroSim's multilevel sense amplifiers (like a flash converter), current mode, 32 nm HP:
 * 3.9648 uW for each of 2^N - 1 levels, 1 ns read time. Column term left out. */
static double neurosim_mlsa_energy_pj(int bits)
{
    return 1e-3 * 3.9648 * (exp2(bits) - 1);
}

/* ZigZag-IMC: (100 N + 0.001 4^N) fJ Vdd^2 at Vdd = 1 V. */
static double zigzag_energy_pj(int bits)
{
    return 1e-3 * (100.0 * bits + 0.001 * exp2(2 * bits));
}

/* PUMA: 0.25 mW N for 12.5 ns N / 128 columns; mW ns = pJ. */
static double puma_energy_pj(int bits)
{
    return 0.25 * bits * 12.5 * bits / 128;
}

/* Newton: a 9-bit converter of 2.583 pJ of which N / 9 works. */
static double newton_energy_pj(int bits)
{
    return 2.583 * bits / 9;
}

/* ---- time of a conversion ---- */

/* A successive-approximation converter decides one bit at a time. */
static double sar_time(int bits)
{
    return bits;
}

static double neurosim_sar_time_ns(int bits)
{
    return bits + 1;
}

static double neurosim_mlsa_time_ns(int bits)
{
    (void)bits;
    return 1; /* all levels at once */
}

/* ZigZag-IMC, 128 rows: N (0.00653 rows + 0.640) ns. */
static double zigzag_time_ns(int bits)
{
    return bits * (0.00653 * 128 + 0.640);
}

/* PUMA: 12.5 ns N for 128 columns. */
static double puma_time_ns(int bits)
{
    return 12.5 * bits / 128;
}

/* ---- area of a converter ---- */

static double isaac_area_um2(int bits)
{
    return 81.73 * bits + 2.1335 * exp2(bits);
}

/* NeuroSim's SAR converter: 269 + 109 (N - 1) minimum NMOS widths; its PMOS widths grow alike. */
static double neurosim_sar_area(int bits)
{
    return 269 + 109 * (bits - 1);
}

/* ZigZag-IMC: 10^(-0.0369 N + 1.206) 2^N um2. */
static double zigzag_area_um2(int bits)
{
    return pow(10, -0.0369 * bits + 1.206) * exp2(bits);
}

static double puma_area_um2(int bits)
{
    (void)bits;
    return 1200;
}

static double newton_area_um2(int bits)
{
    (void)bits;
    return 1500; /* of the 9-bit converter, whatever part of it works */
}

/* ---- the table ---- */

static const struct adc_model saberi_power = {
    .name = "saberi-power",
    .source = "Saberi et al., IEEE TCAS-I 58(8), 2011, as used by arXiv 1909.08496",
    .energy_formula = "2^N/(N+1)",
    .energy_unit = "1",
    .time_formula = "N",
    .time_unit = "1",
    .validity = "capacitor array only, average power at a fixed bit clock",
    .is_headline = true,
    .energy = saberi_energy,
    .time = sar_time,
};

static const struct adc_model isaac = {
    .name = "isaac",
    .source = "Shafiee et al., ISCA 2016, scaled to N bits; 32 nm, 1.2 GS/s",
    .energy_formula = "0.1949 N + 0.00042 2^N pJ",
    .energy_unit = "pJ",
    .time_formula = "N",
    .time_unit = "1",
    .area_formula = "81.73 N + 2.1335 2^N um2",
    .area_unit = "um2",
    .validity = "fit to 4..10 bits; 1..3 bits are extrapolated",
    .lowest_bits = 4,
    .is_headline = true,
    .energy = isaac_energy_pj,
    .time = sar_time,
    .area = isaac_area_um2,
};

static const struct adc_model cdac = {
    .name = "cdac-energy",
    .source = "conventional switching of a binary-weighted capacitor array",
    .energy_formula = "sum_{i=1..N} 2^(N+1-2i) (2^i - 1) C V^2",
    .energy_unit = "C V^2",
    .time_formula = "N",
    .time_unit = "1",
    .validity = "capacitor array only, energy per conversion",
    .energy = cdac_energy,
    .time = sar_time,
};

static const struct adc_model neurosim_sar = {
    .name = "neurosim-sar",
    .source = "DNN+NeuroSim V2.1, SAR ADC, 32 nm HP, without its column term",
    .energy_formula = "(1.0157 N + 7.6286) (N+1) fJ",
    .energy_unit = "pJ",
    .time_formula = "N+1 ns",
    .time_unit = "ns",
    .area_formula = "269 + 109 (N-1) minimum widths",
    .area_unit = "width",
    .validity = "range not documented",
    .energy = neurosim_sar_energy_pj,
    .time = neurosim_sar_time_ns,
    .area = neurosim_sar_area,
};

static const struct adc_model neurosim_mlsa = {
    .name = "neurosim-mlsa",
    .source = "DNN+NeuroSim V2.1, multilevel sense amplifiers, 32 nm HP, current mode, 1 ns",
    .energy_formula = "3.9648 (2^N - 1) fJ",
    .energy_unit = "pJ",
    .time_formula = "1 ns",
    .time_unit = "ns",
    .validity = "range not documented; without its column term",
    .energy = neurosim_mlsa_energy_pj,
    .time = neurosim_mlsa_time_ns,
};

static const struct adc_model zigzag_imc = {
    .name = "zigzag-imc",
    .source = "ZigZag-IMC, Vdd = 1 V, 128 rows",
    .energy_formula = "100 N + 0.001 4^N fJ",
    .energy_unit = "pJ",
    .time_formula = "1.476 N ns",
    .time_unit = "ns",
    .area_formula = "10^(1.206 - 0.0369 N) 2^N um2",
    .area_unit = "um2",
    .validity = "range not documented",
    .energy = zigzag_energy_pj,
    .time = zigzag_time_ns,
    .area = zigzag_area_um2,
};

static const struct adc_model puma = {
    .name = "puma",
    .source = "PUMA simulator, constants (Ankit et al., ASPLOS 2019)",
    .energy_formula = "0.25 N mW * 12.5 N ns / 128",
    .energy_unit = "pJ",
    .time_formula = "12.5 N ns / 128",
    .time_unit = "ns",
    .area_formula = "1200 um2",
    .area_unit = "um2",
    .validity = "power linear in N at constant area",
    .energy = puma_energy_pj,
    .time = puma_time_ns,
    .area = puma_area_um2,
};

static const struct adc_model newton = {
    .name = "newton",
    .source = "Nag et al., Newton, 2018: part of a 9-bit converter switched off",
    .energy_formula = "2.583 N / 9 pJ",
    .energy_unit = "pJ",
    .time_formula = "N",
    .time_unit = "1",
    .area_formula = "1500 um2",
    .area_unit = "um2",
    .validity = "up to 9 bits",
    .energy = newton_energy_pj,
    .time = sar_time,
    .area = newton_area_um2,
};

static const struct adc_model *const models[] = {
    &saberi_power, &isaac, &cdac, &neurosim_sar, &neurosim_mlsa, &zigzag_imc, &puma, &newton,
};

const struct adc_model *const *adc_models(size_t *count)
{
    *count = sizeof models / sizeof models[0];
    return models;
}

const struct adc_model *adc_model_find(const char *name)
{
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++)
        if (strcmp(models[m]->name, name) == 0)
            return models[m];
    return NULL;
}

/* Its area column has no formula. */
const struct adc_published adc_paper[ADC_PAPER_ROWS] = {
    {"energy",       28.44, 14.22},
    {"sensing time", 8,     2.667},
    {"area",         2,     2    },
};
