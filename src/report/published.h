/* Published figures beside which a report puts runs: a file of comma-separated lines.
 *
 *     # what stands behind # is a comment
 *     paper,run,accuracy,B3,B2,B1,B0
 *     Table 1,bitslice,97.67,0.84,4.02,4.27,9.58
 *
 * The first line names the columns: `paper` and `run`, and of `accuracy` and the slices those that the
 * paper has, all in percent (slices: share of digits that are not 0); a field may be empty. `run` is the
 * run's name in its experiment, without or with its variant ("bitslice", "bitslice@alpha=2",
 * "mnist-mlp/bitslice").
 */
#ifndef RESLICE_REPORT_PUBLISHED_H
#define RESLICE_REPORT_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "hw/bit_slice.h"

enum { PUBLISHED_ROWS = 256, PUBLISHED_WORDS = 128 };

/* In percent; NaN: not published. */
struct published_row {
    char paper[PUBLISHED_WORDS], run[PUBLISHED_WORDS];
    double accuracy, nonzero[BIT_SLICE_MAX]; /* B0 first */
};

struct published {
    int slices; /* most that a column names */
    size_t rows;
    struct published_row row[PUBLISHED_ROWS];
};

/* Reads such a file. False with a line, which has its name and number, when it is none. Not
 * collective. */
bool published_read(struct published *published, const char *file, struct error *err);

#endif
