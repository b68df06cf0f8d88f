/* What ADCs cost against those of 8 bits, for the tables that say so. */
#ifndef RESLICE_REPORT_ADC_COSTS_H
#define RESLICE_REPORT_ADC_COSTS_H

#include <stdbool.h>

#include "table/table.h"

enum { ADC_COSTS_BASELINE_BITS = 8 };

/* Cost of one 8-bit ADC on each slice over that of ADCs of bits [slices], by a cost function of a model
 * (hw/adc_cost.h); 0 bits: no ADC, no cost. NaN when none of the slices has one. */
double report_cost_ratio(double (*of)(int bits), const int *bits, int slices);

/* Adds the notes that say what x and * mean and where the models are from: all models, or those that are
 * shown everywhere. */
void report_cost_notes(struct table *table, bool all);

#endif
