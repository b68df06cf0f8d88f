/* The table of what reslice crossbar found: accuracy by ADC bits. */
#include <math.h>

#include "hw/adc_cost.h"
#include "report/assignment_rows.h"
#include "report/row_cells.h"
#include "report/tables.h"

static void assignment_row(struct table *table, const struct report_result *result,
                           const char *label, const struct report_assignment *a)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    table_words(table, "%s", label);
    table_words(table, "%s", a->name);
    report_bits_cells(table, a->bits, result->crossbar_slices);
    table_number(table, 2, 100 * a->test);
    table_number(table, 2, 100 * (result->exact_test - a->test));
    table_number(table, 0, result->test_samples > 0 ? (double)result->test_samples : NAN);
    for (size_t m = 0; m < models; m++)
        if (model[m]->is_headline)
            table_number(table, 2, a->saving[m]);
    table_number(table, 0, a->tile_power_mw);
    table_number(table, 0, a->adcs);
    table_spread(table, 2, 100 * a->device_mean, 100 * a->device_std);
}

static void build(struct table *table, const struct report *report, int slices)
{
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "ADC", NULL);
    report_slice_columns(table, TABLE_NUMBER, slices, "", "bit");
    table_column(table, TABLE_NUMBER, "test accuracy", "%");
    table_column(table, TABLE_NUMBER, "loss", "points");
    table_column(table, TABLE_NUMBER, "test samples", NULL);
    report_saving_columns(table, true);
    table_column(table, TABLE_NUMBER, "ISAAC tile", "mW");
    table_column(table, TABLE_NUMBER, "ADCs", NULL);
    table_column(table, TABLE_SPREAD, "on devices", "%");
    report_assignment_rows(table, report, slices, assignment_row);
    table_note(table, "Found by reslice crossbar. Bits: the widest of layers and signs; loss: "
                      "against evaluation without crossbars.");
    report_saving_note(table);
    table_note(table,
               "ISAAC tile: 330 mW with 8-bit ADCs, energy model isaac (1..3 bits are "
               "extrapolated); ADCs: that serve all arrays within its stage of 100 ns. Fewer "
               "bits do not make the stage faster: the crossbar read sets its pace.");
    table_note(table, "on devices: mean ± sample standard deviation over device seeds.");
}

const struct report_table report_table_assignments = {
    "assignments", "assignments", "Accuracy by ADC bits", false, report_slices_of_assignments,
    build,
};
