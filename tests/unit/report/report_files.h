/* Small result files with made-up numbers: only what a report reads. In a folder that is there
 * around the whole group of tests. Comes first, after #define _POSIX_C_SOURCE 200809L. */
#ifndef RESLICE_TESTS_REPORT_FILES_H
#define RESLICE_TESTS_REPORT_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "hw/crossbar.h"
#include "result/method_counts.h"

enum { LAYERS = 2, DEFINITIONS = 4, CLIP_BITS = 10, INPUT_BITS = 2, BINS = 5 };
enum { ASSIGNMENTS = 2 }; /* "8 bits", and "provisioned" with 0 bits on all slices */

struct sample {
    const char *file, *experiment, *run, *base, *parent, *select;
    int64_t sparsity, seed, epoch, version, complete, quantise, slices, cell_bits;
    int64_t crossbar_slices; /* 0: as many as the codes have */
    double accuracy;
    uint64_t nonzero[4];               /* of 1000 codes, B0..B3 */
    uint64_t zero;                     /* zero columns of (plus, B3) of the first layer */
    int64_t outputs;                   /* of the first layer; 0: 100 */
    bool is_dense;                     /* every bit count is 9 */
    bool is_empty;                     /* every bit count is 0, and every current */
    const double *saving;              /* [ASSIGNMENTS] of every model; NULL: no assignments */
    uint64_t miscounted;               /* codes missing in the histogram */
    const char *adc_bits, *adc_signs;  /* in the loop; NULL: none */
    const char *method;                /* NULL: no group /method */
    const struct method_layer *counts; /* [LAYERS] */
    const char *lacks[8];              /* columns that are not in /method */
};

extern const struct sample BITSLICE;

/* A file in the folder; valid for the next seven calls. */
const char *report_path(const char *file);

/* Maxima over layers and signs: static 3 3 3 1 (B0..B3), observed 0, then 2 2 2 0 and 1 1 1 0. */
extern const int32_t SAMPLE_BITS[DEFINITIONS][LAYERS][CROSSBAR_SIGNS][4];

/* Writes the file of a sample; its path, as of report_path. */
const char *write_result(struct sample s);

/* Seed `seed` of run bitslice@alpha=2. */
const char *write_seed(const char *file, int64_t seed, double accuracy, uint64_t b3);

/* ---- the folder, and MPI, which the files are written with ---- */

int make_report_folder(void **state);

int remove_report_folder(void **state);

#endif
