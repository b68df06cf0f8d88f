/* Tables from result files: accuracy and non-zero slices, ADC bits and what they save, the cost of
 * ADCs by bits, crossbars (the tables of arXiv 1909.08496, section 4, and what it leaves out). */
#ifndef RESLICE_RUN_REPORT_H
#define RESLICE_RUN_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "run/table.h"

/* Tables to print: any of these, or 0 for all but the last. */
enum report_tables {
    REPORT_ACCURACY = 1,
    REPORT_ADC = 2,
    REPORT_COST = 4,
    REPORT_CROSSBARS = 8,
    REPORT_ASSIGNMENTS = 16, /* of files that reslice crossbar has seen, like the next two */
    REPORT_SAVINGS = 32,
    REPORT_SWEEP = 64,
    REPORT_ISAAC = 128,
    REPORT_RIVALS = 256, /* the methods on one page */
};

/* "accuracy", "adc", … → the bit of a table, or 0. */
unsigned report_table_find(const char *name);
const char *report_table_names(void);

/* Reads the result files and prints the tables asked for on standard output; nothing is printed when
 * one of them cannot be read (false with a line). Runs that differ in their seed only share a row:
 * mean and sample standard deviation, for ADC bits the maximum. Not collective. */
bool report_print(const char *const *file, size_t files, unsigned tables, enum table_format format,
                  struct error *err);

#endif
