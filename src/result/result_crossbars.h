/* Bitline currents and ADC bits in a result file. */
#ifndef RESLICE_RESULT_RESULT_CROSSBARS_H
#define RESLICE_RESULT_RESULT_CROSSBARS_H

#include "hw/adc.h"
#include "simulate/simulation.h"
#include "store/store.h"

/* Writes /crossbars/NAME and /adc/NAME for every layer: a histogram is divided over ranks by sign and
 * slice. Nothing for a float run, which has no codes to map. Collective; environment errors end the
 * job. */
void result_write_simulation(struct store *store, const struct simulation *simulation);

/* Writes an array [sign, slice, …] whose further axes `array` has; this rank writes its share of the
 * (sign, slice) rows of `data`, all of which every rank has. Collective; environment errors end the
 * job. */
void result_write_by_slice(struct store *store, struct store_array array, const void *data,
                           size_t slices);

/* Writes the bits of a layer by a definition, /adc/LAYER/PREFIX + its name; `samples` says in the
 * description what was counted (" on the test set"). Collective; environment errors end the job. */
void result_write_bits(struct store *store, const char *layer, const char *prefix,
                       enum adc_definition definition, const char *samples, struct adc_bits bits,
                       size_t slices);

#endif
