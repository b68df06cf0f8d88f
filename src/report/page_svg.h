/* A picture inside a page. */
#ifndef RESLICE_REPORT_PAGE_SVG_H
#define RESLICE_REPORT_PAGE_SVG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/* Copies the <svg> element of a file that gnuplot has written. Its names (ids) get `prefix`, so that
 * several pictures can stand in one page; its title becomes `title`. False with a line when
 * the file cannot be read or holds no picture (environment error); errors of writing stay in `out`. Not
 * collective. */
bool page_put_svg(FILE *out, const char *path, const char *prefix, const char *title,
                  struct error *err);

#endif
