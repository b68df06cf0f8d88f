/* How many conversions a network's crossbars make for a sample, and what they cost. */
#ifndef RESLICE_SIMULATE_CONVERSION_COST_H
#define RESLICE_SIMULATE_CONVERSION_COST_H

#include <stdint.h>

#include "hw/adc.h"
#include "hw/adc_cost.h"
#include "simulate/simulation.h"

/* Conversions of a sample by the converters of (sign, slice) of a layer: bitlines that are read times
 * input bits, passes and pixels. Pure. */
uint64_t conversion_count(const struct simulated_layer *layer, int sign, int slice);

/* The same with the bitlines that hold no charge, which need no conversion. Pure. */
uint64_t conversion_count_all(const struct simulated_layer *layer, enum readout_signs signs,
                              int sign);

/* Multiplications of a layer for a sample. Pure. */
uint64_t conversion_macs(const struct simulated_layer *layer);

/* Energy (pJ) of the conversions of a sample by converters of bits [layers], under the model `isaac`;
 * bitlines without charge and converters of 0 bits cost nothing. Analog subtraction needs a sign bit
 * more. Pure. */
double conversion_energy_pj(const struct simulation *simulation, const struct adc_bits *bits);

/* Energy of the same conversions at 8 bits over that at bits [layers], under a model; infinite where
 * these cost nothing. Pure. */
double conversion_saving(const struct simulation *simulation, const struct adc_model *model,
                         const struct adc_bits *bits);

/* Converters of bits [layers] that serve all arrays within ISAAC's stage of 100 ns (hw/isaac.h): N / 8
 * of an array's. An array is a (row tile, column tile, slice, sign); slices without a cell in a layer
 * need none. Pure. */
uint64_t conversion_adcs(const struct simulation *simulation, const struct adc_bits *bits);

#endif
