/* What a report knows of result files: plain structs. read_results.c fills them, tables and figures
 * only look at them. */
#ifndef RESLICE_REPORT_RESULTS_H
#define RESLICE_REPORT_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/adc.h"
#include "hw/bit_slice.h"
#include "hw/crossbar.h"
#include "result/method_counts.h"

enum {
    REPORT_NAME = 128,
    REPORT_LABEL = 2 * REPORT_NAME,
    REPORT_ADC_BITS = 20,    /* the widest that a file may ask for */
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
    double accuracy;       /* 0..1 */
    char adc[REPORT_NAME]; /* in the loop: "1,3,3,3 analog", B0 last, or "by layer"; "": none */
    int slices;            /* of the codes */
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
    size_t method_layers;     /* 0 in files of before methods were counted */
    struct method_layer *method_layer;
    struct method_layer
        method_known; /* 0 in the columns that the file does not have, 1 in others */

    struct report_result *next_seed; /* of the same row, or NULL */
};

/* Frees what the result holds; the struct itself is the caller's. */
void report_result_free(struct report_result *result);

/* The choice of converters that reslice crossbar provisioned for an accuracy, or NULL; owned by the
 * result. */
const struct report_assignment *report_provisioned(const struct report_result *result);

#endif
