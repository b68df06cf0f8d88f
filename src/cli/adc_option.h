/* The spelling of ADC bits on command lines: "1,3,3,3", most significant slice first. */
#ifndef RESLICE_CLI_ADC_OPTION_H
#define RESLICE_CLI_ADC_OPTION_H

#include <stdbool.h>

#include "base/error.h"
#include "hw/crossbar.h"

/* bits[k] of slice k; `format` is that of the mapped arrays (readout_format). False with a line about
 * `option` ("--adc"). Not collective. */
bool adc_option_parse(const char *option, const char *text, struct crossbar_format format,
                      int bits[CROSSBAR_MAX_SLICES], struct error *err);

#endif
