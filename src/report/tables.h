/* The tables of a report. A table is one file table_*.c with its struct report_table, one line here and
 * one in the list of tables.c: `report --table`, its help, the pages and the manual then have it. */
#ifndef RESLICE_REPORT_TABLES_H
#define RESLICE_REPORT_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/rows.h"
#include "table/table.h"

struct report_table {
    const char *name;  /* for --table: "adc" */
    const char *id;    /* one word for programs: "adc_bits" */
    const char *title; /* for people: "ADC bits" */
    bool on_request;   /* not among those of a report that names none */
    /* Results with different numbers of slices need different columns: they have a table each. The
     * number of a result, 0 when it has nothing for this table; NULL: the table needs no results. */
    int (*slices_of)(const struct report_result *result);
    /* Fills an empty table from the results that have so many slices. */
    void (*build)(struct table *table, const struct report *report, int slices);
};

extern const struct report_table report_table_accuracy, report_table_adc, report_table_cost,
    report_table_assignments, report_table_savings, report_table_sweep, report_table_isaac,
    report_table_crossbars, report_table_rivals, report_table_published;

/* Slices of the codes of a result: for tables about weights. */
int report_slices_of_codes(const struct report_result *result);

/* Slices of the crossbars of a result, 0 without crossbars: for tables about hardware. */
int report_slices_of_crossbars(const struct report_result *result);

/* Slices of the crossbars of a result on which reslice crossbar was run, else 0. */
int report_slices_of_assignments(const struct report_result *result);

/* The bit of a table by its name, or 0. A set of tables is the sum of theirs; the empty set stands for
 * all that are not on request. */
unsigned report_table_find(const char *name);

/* Fills `names` of `size` bytes with "accuracy, adc, …": all, or those on request. */
void report_table_names(char *names, size_t size, bool only_on_request);

/* Prints the tables of the set `wanted` of which the results have something, as one document. Errors of
 * writing stay in `out` (ferror). Not collective. */
void report_put_tables(const struct report *report, unsigned wanted, enum table_format format,
                       FILE *out);

#endif
