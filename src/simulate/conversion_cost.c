#include "simulate/conversion_cost.h"

#include "hw/isaac.h"

static uint64_t conversions_of(const struct simulated_layer *layer, uint64_t bitlines)
{
    return bitlines * (uint64_t)layer->crossbar.format.input_bits * (uint64_t)layer->passes *
           layer->pixels;
}

uint64_t conversion_count(const struct simulated_layer *layer, int sign, int slice)
{
    return conversions_of(layer, layer->bitlines[sign][slice]);
}

uint64_t conversion_count_all(const struct simulated_layer *layer, enum readout_signs signs,
                              int sign)
{
    const struct crossbar *x = &layer->crossbar;
    const bool exists = signs == READOUT_DIFFERENTIAL || sign == CROSSBAR_POSITIVE;
    return exists ? conversions_of(layer, x->row_tiles * x->outputs) : 0;
}

uint64_t conversion_macs(const struct simulated_layer *layer)
{
    return (uint64_t)layer->crossbar.inputs * layer->crossbar.outputs * layer->pixels;
}

static double energy(const struct simulation *simulation, const struct adc_model *model,
                     const struct adc_bits *bits)
{
    const int sign_bit = simulation->signs == READOUT_ANALOG;
    double sum = 0;
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++) {
                const uint64_t n = conversion_count(&simulation->layer[l], sign, k);
                const int width = bits[l].of[sign][k];
                if (n > 0 && width > 0)
                    sum += (double)n * model->energy(width + sign_bit);
            }
    return sum;
}

double conversion_energy_pj(const struct simulation *simulation, const struct adc_bits *bits)
{
    return energy(simulation, adc_model_find("isaac"), bits);
}

/* 8 bits everywhere. */
static double energy_at_8_bits(const struct simulation *simulation, const struct adc_model *model)
{
    double conversions = 0;
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++)
                conversions += (double)conversion_count(&simulation->layer[l], sign, k);
    return conversions * model->energy(8);
}

double conversion_saving(const struct simulation *simulation, const struct adc_model *model,
                         const struct adc_bits *bits)
{
    return energy_at_8_bits(simulation, model) / energy(simulation, model, bits);
}

uint64_t conversion_adcs(const struct simulation *simulation, const struct adc_bits *bits)
{
    uint64_t eighths = 0;
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++) {
                const struct simulated_layer *layer = &simulation->layer[l];
                const struct crossbar *x = &layer->crossbar;
                if (layer->bitlines[sign][k] > 0)
                    eighths += x->row_tiles * x->column_tiles * (uint64_t)bits[l].of[sign][k];
            }
    return isaac_adcs_needed(1, eighths);
}
