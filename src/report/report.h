/* Tables from result files: accuracy and non-zero slices, ADC bits and what they save, the cost of
 * ADCs by bits, crossbars (the tables of arXiv 1909.08496, section 4, and what it leaves out). */
#ifndef RESLICE_REPORT_REPORT_H
#define RESLICE_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "table/table.h"

struct published;

/* Reads the result files and prints the tables of the set `wanted` (report/tables.h) on standard
 * output, beside published figures (report/published.h) or, with NULL, without; nothing is printed
 * when one of them cannot be read (false with a line). Runs that differ in their seed only share a
 * row: mean and sample standard deviation, for ADC bits the maximum. Standard output that takes no
 * more ends the job (environment error). Not collective. */
bool report_print(const char *const *file, size_t files, unsigned wanted,
                  const struct published *published, enum table_format format, struct error *err);

#endif
