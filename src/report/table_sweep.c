/* The table of accuracy by the ADC bits of one slice, all other converters lossless. */
#include <stdio.h>

#include "report/tables.h"

enum { WIDEST = 9 }; /* of 128 rows; wider arrays saturate later, the file has up to 10 bits */

static void sweep_rows(struct table *table, const struct report_result *result, const char *label)
{
    for (int k = result->crossbar_slices - 1; k >= 0; k--) {
        table_words(table, "%s", label);
        table_words(table, "B%d", k);
        for (int bits = 0; bits <= WIDEST; bits++)
            table_number(table, 2, 100 * result->sweep[k][bits]);
        table_number(table, 2, 100 * result->exact_calibration);
    }
}

static void build(struct table *table, const struct report *report, int slices)
{
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "slice", NULL);
    for (int bits = 0; bits <= WIDEST; bits++) {
        char name[32];
        snprintf(name, sizeof name, "%d bit%s", bits, bits == 1 ? "" : "s");
        table_column(table, TABLE_NUMBER, name, "%");
    }
    table_column(table, TABLE_NUMBER, "no ADC limit", "%");
    for (size_t i = 0; i < report->rows; i++)
        for (const struct report_result *r = report->row[i].first; r; r = r->next_seed) {
            char label[REPORT_LABEL];
            report_run_label(report, r, label);
            if (r->assignments > 0 && r->crossbar_slices == slices)
                sweep_rows(table, r, label);
        }
    table_note(table,
               "Accuracy on the calibration samples with so many ADC bits on the slice in all "
               "layers, the other slices lossless; 0 bits: the slice is not read.");
}

const struct report_table report_table_sweep = {
    "sweep", "sweep", "Accuracy by ADC bits of one slice", false, report_slices_of_assignments,
    build,
};
