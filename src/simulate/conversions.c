#include "simulate/conversions.h"

#include "hw/isaac.h"

uint64_t conversions_bitlines(const struct simulated_layer *layer, enum readout_signs signs,
                              int sign, int slice)
{
    const struct crossbar *x = &layer->crossbar;
    const size_t all = x->row_tiles * x->outputs, slices = (size_t)crossbar_slices(x->format);
    if (signs != READOUT_ANALOG)
        return all - crossbar_zero_columns(x, sign, slice);
    const uint32_t *positive = x->column_sum + (size_t)slice * all;
    const uint32_t *negative = positive + slices * all;
    uint64_t count = 0;
    for (size_t i = 0; sign == CROSSBAR_POSITIVE && i < all; i++)
        count += positive[i] > 0 || negative[i] > 0;
    return count;
}

uint64_t conversions_of_slice(const struct simulated_layer *layer, enum readout_signs signs,
                              int sign, int slice, bool all)
{
    const struct crossbar *x = &layer->crossbar;
    uint64_t bitlines = conversions_bitlines(layer, signs, sign, slice);
    if (all) /* the signs that exist */
        bitlines = signs == READOUT_DIFFERENTIAL || sign == CROSSBAR_POSITIVE
                       ? x->row_tiles * x->outputs
                       : 0;
    return bitlines * (uint64_t)x->format.input_bits * (uint64_t)layer->passes * layer->pixels;
}

uint64_t conversions_macs(const struct simulated_layer *layer)
{
    return (uint64_t)layer->crossbar.inputs * layer->crossbar.outputs * layer->pixels;
}

double conversions_energy(const struct simulation *simulation, const struct adc_model *model,
                          int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES])
{
    const int sign_bit = simulation->signs == READOUT_ANALOG;
    double energy = 0;
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++) {
                const uint64_t n =
                    conversions_of_slice(&simulation->layer[l], simulation->signs, sign, k, false);
                const int width = bits[l][sign][k];
                if (n > 0 && width > 0)
                    energy += (double)n * model->energy(width + sign_bit);
            }
    return energy;
}

double conversions_energy_pj(const struct simulation *simulation,
                             int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES])
{
    return conversions_energy(simulation, adc_model_find("isaac"), bits);
}

/* 8 bits everywhere. */
static double energy_at_8_bits(const struct simulation *simulation, const struct adc_model *model)
{
    double conversions = 0;
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++)
                conversions += (double)conversions_of_slice(&simulation->layer[l],
                                                            simulation->signs, sign, k, false);
    return conversions * model->energy(8);
}

double conversions_saving(const struct simulation *simulation, const struct adc_model *model,
                          int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES])
{
    return energy_at_8_bits(simulation, model) / conversions_energy(simulation, model, bits);
}

uint64_t conversions_adcs(const struct simulation *simulation,
                          int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES])
{
    uint64_t eighths = 0;
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++) {
                const struct simulated_layer *layer = &simulation->layer[l];
                const struct crossbar *x = &layer->crossbar;
                if (conversions_bitlines(layer, simulation->signs, sign, k) > 0)
                    eighths += x->row_tiles * x->column_tiles * (uint64_t)bits[l][sign][k];
            }
    return isaac_adcs_needed(1, eighths);
}
