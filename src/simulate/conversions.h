/* How many conversions a network's crossbars make, and what they cost. */
#ifndef RESLICE_SIMULATE_CONVERSIONS_H
#define RESLICE_SIMULATE_CONVERSIONS_H

#include <stdint.h>

#include "hw/adc_cost.h"
#include "simulate/simulation.h"

/* Bitlines of (sign, slice) in all row tiles of a layer that are read: those with a cell that is not
 * 0, with analog subtraction on either sign (and then only for the positive sign). */
uint64_t conversions_bitlines(const struct simulated_layer *layer, enum readout_signs signs,
                              int sign, int slice);

/* Conversions of a sample: bitlines times input bits, passes and pixels. `all` counts the bitlines
 * without charge too. */
uint64_t conversions_of_slice(const struct simulated_layer *layer, enum readout_signs signs,
                              int sign, int slice, bool all);

/* Multiplications of a sample. */
uint64_t conversions_macs(const struct simulated_layer *layer);

/* Energy of the conversions of a sample under a model, for bits [layers]; bitlines without charge and
 * converters of 0 bits cost nothing. Analog subtraction needs a sign bit more. */
double conversions_energy(const struct simulation *simulation, const struct adc_model *model,
                          int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

/* Likewise in pJ, under the model `isaac`. */
double conversions_energy_pj(const struct simulation *simulation,
                             int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

/* Energy of the same conversions at 8 bits, over that at these bits; infinite without any. */
double conversions_saving(const struct simulation *simulation, const struct adc_model *model,
                          int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

/* Converters that serve all arrays within ISAAC's stage of 100 ns (hw/isaac.h): N / 8 of an array's.
 * An array is a (row tile, column tile, slice, sign); slices without a cell in a layer need none. */
uint64_t conversions_adcs(const struct simulation *simulation,
                          int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

#endif
