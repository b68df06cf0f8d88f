/* What tables about the choices of converters share that reslice crossbar has tried. */
#ifndef RESLICE_REPORT_ASSIGNMENT_ROWS_H
#define RESLICE_REPORT_ASSIGNMENT_ROWS_H

#include <stdbool.h>

#include "report/rows.h"
#include "table/table.h"

/* Fills the cells of a row: of a choice of a run. */
typedef void (*report_assignment_cells)(struct table *table, const struct report_result *result,
                                        const char *label,
                                        const struct report_assignment *assignment);

/* Adds a row for every choice of every run with so many crossbar slices; seeds have rows of their own. */
void report_assignment_rows(struct table *table, const struct report *report, int slices,
                            report_assignment_cells cells);

/* Adds a column "MODEL energy of a sample" in x for every cost model, or those that are shown
 * everywhere. */
void report_saving_columns(struct table *table, bool headline_only);

/* Adds the note that says what these columns are, and why table adc has other numbers. */
void report_saving_note(struct table *table);

#endif
