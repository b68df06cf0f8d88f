/* The program gnuplot: optional, needed by plots only. Not collective. */
#ifndef RESLICE_REPORT_GNUPLOT_H
#define RESLICE_REPORT_GNUPLOT_H

#include <stdbool.h>

#include "base/error.h"

/* True when gnuplot stands on the PATH. */
bool gnuplot_is_there(void);

/* What to say when it does not: how to get it. */
extern const char gnuplot_missing[];

/* Runs `folder`/`script` with `folder` as its working directory, and waits for it. False with gnuplot's
 * own words when it fails (environment error). */
bool gnuplot_run(const char *folder, const char *script, struct error *err);

#endif
