/* The converters that a network was trained through, on crossbars. */
#ifndef RESLICE_CLI_TRAINED_ADC_H
#define RESLICE_CLI_TRAINED_ADC_H

#include "settings/settings.h"
#include "simulate/trials.h"

/* Adds the converters in the loop of the settings as "in training" and counts losses from them, unless
 * the settings have none or the crossbars have others: `signs` and `transfer` are names of
 * hw/readout.h. Collective. */
void trained_adc_refer(struct trials *trials, const struct settings *settings, const char *signs,
                       const char *transfer);

#endif
