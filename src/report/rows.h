/* Which runs of a report share a row. */
#ifndef RESLICE_REPORT_ROWS_H
#define RESLICE_REPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "report/results.h"

/* Runs that differ in their seed only. */
struct report_row {
    const struct report_result *first; /* linked by next_seed */
    size_t seeds;
    char label[REPORT_LABEL]; /* "bitslice@alpha=2", with more experiments "mnist-mlp/bitslice" */
};

struct published;

struct report {
    const struct published *published; /* report/published.h; not owned, or NULL */
    size_t results, rows;
    struct report_result *result; /* [results] in the order of the files */
    struct report_row *row;       /* [results], the first `rows` in use, experiments together */
};

/* Reads all files, whose names must outlive the report, and makes the rows. False with the first line
 * when one cannot be read; report_free in both cases. Not collective. */
bool report_load(struct report *report, const char *const *file, size_t files, struct error *err);

/* Frees what the report holds; the struct itself is the caller's. */
void report_free(struct report *report);

/* Fills `name` with a run's name without the seed: "bitslice@alpha=2,seed=1" becomes
 * "bitslice@alpha=2". False when there is none in it. */
bool report_without_seed(const char *run, char name[REPORT_NAME]);

/* Fills `label` with the name of a single run: "bitslice", or with more than one experiment
 * "mnist-mlp/bitslice". */
void report_run_label(const struct report *report, const struct report_result *result,
                      char label[REPORT_LABEL]);

#endif
