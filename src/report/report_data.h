/* What a report needs to know of result files, and how runs share rows. Inside report_*.c only. */
#ifndef RESLICE_REPORT_REPORT_DATA_H
#define RESLICE_REPORT_REPORT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "hw/adc.h"
#include "hw/bit_slice.h"
#include "hw/crossbar.h"
#include "result/method_counts.h"
#include "table/table.h"

enum {
    REPORT_NAME = 128,
    REPORT_LABEL = 2 * REPORT_NAME,
    REPORT_ADC_BITS = 20,
    REPORT_MODELS = 16,      /* at least as many as adc_models */
    REPORT_SWEEP_WIDTHS = 11 /* ADCs of 0..10 bits */
};

struct report_layer {
    char name[64];
    int64_t inputs, outputs, row_tiles, column_tiles, arrays;
    uint64_t zero[CROSSBAR_MAX_SLICES]; /* bitlines without charge, both signs together */
};

/* A choice of converters that reslice crossbar has tried. */
struct report_assignment {
    char name[64];
    int bits[CROSSBAR_MAX_SLICES];
    double test;                  /* accuracy, 0..1 */
    double saving[REPORT_MODELS]; /* of energy against 8 bits, in the order of adc_models; NaN: the
                                   * file does not know the model */
    double energy_pj;             /* of the conversions of a sample, model isaac */
    double tile_power_mw, adcs;
    double device_mean, device_std; /* accuracy; NaN without devices */
};

/* One file. */
struct report_result {
    const char *path; /* not owned */
    char experiment[REPORT_NAME], run[REPORT_NAME], base[REPORT_NAME], parent[REPORT_NAME];
    char select[32];
    bool select_sparsity, is_quantised;
    int64_t seed, epoch;
    double accuracy;               /* 0..1 */
    int slices;                    /* of the codes */
    double nonzero[BIT_SLICE_MAX]; /* share of codes; NaN when the run is not quantised */

    int crossbar_slices; /* as mapped: cells may have other bits than slices; 0 without crossbars */
    int cell_bits;       /* of a cell; without crossbars of a slice */
    int64_t rows, columns; /* of an array */
    size_t layers;
    struct report_layer *layer; /* in alphabetical order */
    /* Maxima over layers and signs: bits, and the share of conversions that an ADC of 0, 1, …
     * bits clips (NaN where the file does not say). */
    int bits[ADC_DEFINITIONS][CROSSBAR_MAX_SLICES];
    double clip_rate[CROSSBAR_MAX_SLICES][REPORT_ADC_BITS + 1];

    size_t assignments; /* 0: reslice crossbar was not run */
    struct report_assignment *assignment;
    double exact_test;    /* accuracy without crossbars on their test samples */
    int64_t test_samples; /* 0 in files that do not say */
    /* Accuracy on the calibration samples, 0..1, with so many bits on one slice of all layers. */
    double sweep[CROSSBAR_MAX_SLICES][REPORT_SWEEP_WIDTHS];
    double exact_calibration; /* without crossbars */

    char method[REPORT_NAME]; /* "sparsity (admm)"; "" in files that do not say */
    size_t method_layers;
    struct method_layer *method_layer;

    struct report_result *next_seed; /* of the same row, or NULL */
};

/* Runs that differ in their seed only. */
struct report_row {
    const struct report_result *first; /* linked by next_seed */
    size_t seeds;
    char label[REPORT_LABEL]; /* "bitslice@alpha=2", with more experiments "mnist-mlp/bitslice" */
};

struct report {
    size_t results, rows;
    struct report_result *result; /* [results] in the order of the files */
    struct report_row *row;       /* [results], the first `rows` in use, experiments together */
};

/* Reads one file. False with a line when it is missing, no result file or damaged. */
bool report_read(struct report_result *result, const char *path, struct error *err);

/* Reads all files and makes the rows. Free with report_free, also on failure. */
bool report_load(struct report *report, const char *const *file, size_t files, struct error *err);
void report_free(struct report *report);

/* A run's name without the seed: "bitslice@alpha=2,seed=1" becomes "bitslice@alpha=2".
 * False when there is none in it. */
bool report_without_seed(const char *run, char name[REPORT_NAME]);

/* A number of a run: of slice `slice` of layer `layer`, or of whatever it is about. */
struct report_pick {
    size_t layer;
    int slice;
};
typedef double (*report_value)(const struct report_result *result, struct report_pick pick);

/* The next cell: the number times `scale`, mean and sample standard deviation over the seeds. */
void report_cell(struct table *table, const struct report_row *row, report_value value,
                 struct report_pick pick, double scale, int decimals);

/* ADC bits [slices] by a definition (enum adc_definition), enough for every seed: maxima. */
void report_bits(const struct report_row *row, int definition, int slices, int *bits);

/* Columns B3 B2 B1 B0. */
void report_slice_columns(struct table *table, enum table_kind kind, int slices, const char *suffix,
                          const char *unit);

/* A table's id and title; when there are several of its kind, with the number of slices. */
struct table *report_table(const char *id, const char *title, int slices, bool is_one_of_many);

/* The tables of the set `wanted` (report/report.h) of which the files have something. */
void report_put_tables(const struct report *report, unsigned wanted, enum table_format format,
                       FILE *out);

struct store_file;

/* Reads group /adc/assignments, if there is one. */
bool report_read_assignments(const struct store_file *file, struct report_result *result,
                             struct error *err);

/* Reads group /method, if there is one. */
bool report_read_method(const struct store_file *file, struct report_result *result,
                        struct error *err);

/* The methods on one page, for runs with so many slices. */
struct table *report_rivals_table(const struct report *report, int slices, bool is_one_of_many);

/* What reslice crossbar found, for files with so many crossbar slices. */
struct table *report_assignment_table(const struct report *report, int slices, bool is_one_of_many);

/* Likewise: what its choices save under every cost model, and the accuracy by the bits of a slice. */
struct table *report_saving_table(const struct report *report, int slices, bool is_one_of_many);
struct table *report_sweep_table(const struct report *report, int slices, bool is_one_of_many);

/* Tables of ADC bits, for runs with so many crossbar slices, and of cost by bits. */
struct table *report_adc_table(const struct report *report, int slices, bool is_one_of_many);
struct table *report_cost_table(void);

/* ISAAC with ADCs of other bits: power, area and time from the array to the chip. */
struct table *report_isaac_table(void);

#endif
