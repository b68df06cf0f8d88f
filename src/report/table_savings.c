/* The table of what the choices of reslice crossbar save under every cost model. */
#include "hw/adc_cost.h"
#include "report/assignment_rows.h"
#include "report/tables.h"

static void saving_row(struct table *table, const struct report_result *result, const char *label,
                       const struct report_assignment *a)
{
    size_t models;
    adc_models(&models);
    table_words(table, "%s", label);
    table_words(table, "%s", a->name);
    table_number(table, 2, 100 * (result->exact_test - a->test));
    for (size_t m = 0; m < models; m++)
        table_number(table, 2, a->saving[m]);
}

static void build(struct table *table, const struct report *report, int slices)
{
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "ADC", NULL);
    table_column(table, TABLE_NUMBER, "loss", "points");
    report_saving_columns(table, false);
    report_assignment_rows(table, report, slices, saving_row);
    report_saving_note(table);
    table_note(table, "Formulas and sources: table cost.");
}

const struct report_table report_table_savings = {
    "savings", "savings", "ADC energy saved, by cost model", false, report_slices_of_assignments,
    build,
};
