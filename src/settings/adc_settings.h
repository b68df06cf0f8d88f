/* The converters in the loop of a run: the section `adc` of its settings. */
#ifndef RESLICE_SETTINGS_ADC_SETTINGS_H
#define RESLICE_SETTINGS_ADC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "hw/readout.h"
#include "settings/settings.h"

/* Whether the network of a run is trained and evaluated through converters. Pure. */
bool adc_settings_are_on(const struct settings *settings);

/* The converters of weight layer `index` (from 0), where they are on. Pure. */
struct readout adc_settings_readout(const struct settings *settings, size_t index);

#endif
