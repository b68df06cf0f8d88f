/* A report as a page to send to a colleague: tables, figures and where the numbers come from, in one
 * HTML file that needs nothing from elsewhere. */
#ifndef RESLICE_REPORT_REPORT_PAGE_H
#define RESLICE_REPORT_REPORT_PAGE_H

#include <stddef.h>

#include "base/error.h"

/* Reads the result files and writes the page (aside, then renamed), with the tables of the set `tables`
 * (report/tables.h). Without gnuplot it has no figures, and says so. Returns the exit status: 0, or one
 * of base/error.h with a line. Not collective. */
int report_page_write(const char *const *file, size_t files, unsigned tables, const char *path,
                      struct error *err);

#endif
