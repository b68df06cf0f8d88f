/* Cells and columns of tables that have a row for the runs of a struct report_row. */
#ifndef RESLICE_REPORT_ROW_CELLS_H
#define RESLICE_REPORT_ROW_CELLS_H

#include <stddef.h>

#include "report/rows.h"
#include "table/table.h"

/* What a number is about: slice `slice` of layer `layer`, or whatever else it counts. */
struct report_pick {
    size_t layer;
    int slice;
};

/* A number of a run; NaN: not known. */
typedef double (*report_value)(const struct report_result *result, struct report_pick pick);

/* Fills the next cell with the number times `scale`: mean and, where there are several seeds, sample
 * standard deviation over them. Missing when it is not known of one of them. */
void report_cell(struct table *table, const struct report_row *row, report_value value,
                 struct report_pick pick, double scale, int decimals);

/* Test accuracy of a run, 0..1: a report_value that picks nothing. */
double report_accuracy(const struct report_result *result, struct report_pick pick);

/* Share of a run's codes, 0..1, whose digit in slice pick.slice is not 0: a report_value. */
double report_nonzero(const struct report_result *result, struct report_pick pick);

/* Crossbar arrays of layer pick.layer over all slices and both signs, of all layers when that is their
 * number: a report_value. */
double report_arrays(const struct report_result *result, struct report_pick pick);

/* Fills bits [slices] with the ADC bits of a definition that are enough for every seed: maxima. */
void report_bits(const struct report_row *row, enum adc_definition definition, int slices,
                 int *bits);

/* Adds columns B3 B2 B1 B0 with a suffix (""), the most significant slice first. */
void report_slice_columns(struct table *table, enum table_kind kind, int slices, const char *suffix,
                          const char *unit);

/* Fills the next cells with bits [slices], the most significant slice first. */
void report_bits_cells(struct table *table, const int *bits, int slices);

/* Adds the note about ± when a row has several seeds. */
void report_seeds_note(struct table *table, bool has_seeds);

#endif
