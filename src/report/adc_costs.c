#include "report/adc_costs.h"

#include <math.h>

#include "hw/adc_cost.h"

double report_cost_ratio(double (*of)(int bits), const int *bits, int slices)
{
    double sum = 0;
    for (int k = 0; k < slices; k++)
        sum += bits[k] > 0 ? of(bits[k]) : 0; /* a slice without ADC costs nothing */
    return sum > 0 ? slices * of(ADC_COSTS_BASELINE_BITS) / sum : NAN;
}

static const char *or_none(const char *formula)
{
    return formula ? formula : "none";
}

void report_cost_notes(struct table *table, bool all)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    table_note(table, "x: cost of 8-bit ADCs / cost of these; sensing time only: not end-to-end, "
                      "where the crossbar read sets the pace.");
    for (size_t m = 0; m < models; m++)
        if (all || model[m]->is_headline)
            table_note(
                table, "%s: N bits cost energy %s, sensing time %s, area %s; source: %s; %s.",
                model[m]->name, or_none(model[m]->energy_formula), or_none(model[m]->time_formula),
                or_none(model[m]->area_formula), model[m]->source, model[m]->validity);
    table_note(table, "*: extrapolated below the bits that the model was fitted to.");
}
