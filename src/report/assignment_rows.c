#include "report/assignment_rows.h"

#include <stdio.h>

#include "hw/adc_cost.h"

void report_assignment_rows(struct table *table, const struct report *report, int slices,
                            report_assignment_cells cells)
{
    for (size_t i = 0; i < report->rows; i++) {
        const struct report_row *row = &report->row[i];
        for (const struct report_result *r = row->first; r; r = r->next_seed) {
            char label[REPORT_LABEL];
            report_run_label(report, r, label);
            for (size_t a = 0; a < r->assignments && r->crossbar_slices == slices; a++)
                cells(table, r, label, &r->assignment[a]);
        }
    }
}

void report_saving_columns(struct table *table, bool headline_only)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    for (size_t m = 0; m < models; m++) {
        char name[96];
        snprintf(name, sizeof name, "%s energy of a sample", model[m]->name);
        if (model[m]->is_headline || !headline_only)
            table_column(table, TABLE_NUMBER, name, "x");
    }
}

void report_saving_note(struct table *table)
{
    table_note(
        table,
        "energy of a sample: of its conversions with 8-bit ADCs over the same with these "
        "ADCs; each layer and sign has bits of its own and converts as often as it must, "
        "bitlines that are all zero need none. Table adc has the energy of one conversion on "
        "each slice with the widest bits.");
}
