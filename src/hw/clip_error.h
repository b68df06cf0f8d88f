/* What saturating converters take from the product of a layer: for those who compute the exact product
 * by other means, at every step with new weights.
 *
 *     Y = sum_r x[r] w[r] - sum_{tile, bit, k} 2^bit 2^(w k) E
 *     differential   E = max(S+ - top, 0) - max(S- - top, 0)
 *     analog         E = max(S+ - S- - top, 0) - max(S- - S+ - top, 0)
 *
 * with top = 2^N - 1 and S of hw/crossbar.h: the very integers that hw/readout.h gives. Columns of cells
 * that cannot exceed their converters, whatever the input, are left out: with sparse slices most.
 */
#ifndef RESLICE_HW_CLIP_ERROR_H
#define RESLICE_HW_CLIP_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/readout.h"

/* A pair of bitlines (of one bitline without analog subtraction) that can clip. */
struct clip_column {
    uint32_t output;
    uint32_t first; /* of its runs in struct clip_error */
    int32_t top;
    uint8_t slice;
    bool is_negative; /* a bitline of negative weights, alone */
    bool is_wide;     /* a current may exceed a byte */
};

struct clip_error {
    struct crossbar_format format;
    struct readout readout;
    size_t outputs, inputs, row_tiles;
    size_t *tile;               /* [row_tiles + 1] first column of each row tile */
    struct clip_column *column; /* of the last weights, by row tile and output */
    /* Runs of lookup.h, 2 parts of each column: those of the plus side, then of the minus side. Run i
     * is group and pattern [run[i], run[i + 1]). */
    uint32_t *run;
    uint8_t *group, *pattern;
    uint8_t *lookup; /* the table of hw/lookup.h */
    /* of one block of vectors */
    uint8_t *index; /* [groups of a row tile, LOOKUP_BITS, LOOKUP_LANES] */
    int32_t *part;  /* [outputs, LOOKUP_LANES] of the last row tiles, not yet in sum */
    int64_t *sum;   /* [outputs, LOOKUP_LANES] */
};

/* Whether there is such a form: converters that clip, signs that are not offset. Not collective. */
bool clip_error_suits(const struct readout *readout);

/* Takes all memory for a layer of this size with any weights; of none so far. `readout` suits. Not
 * collective. Free with clip_error_destroy. */
void clip_error_create(struct clip_error *error, struct crossbar_format format,
                       const struct readout *readout, size_t outputs, size_t inputs);

/* Gives the memory back. Not collective. */
void clip_error_destroy(struct clip_error *error);

/* New weights: code [outputs, inputs], |code| < 2^weight_bits. Not collective. */
void clip_error_map(struct clip_error *error, const int16_t *code);

/* Columns of cells that can clip; 0: the product is exact for every input. Not collective. */
size_t clip_error_columns(const struct clip_error *error);

/* lost [n, outputs] = exact product - what the converters give, for input [n, stride] of codes;
 * `passes` is 1 when none is negative, else 2. Not collective. */
void clip_error_multiply(struct clip_error *error, const int16_t *input, size_t n, size_t stride,
                         int passes, int64_t *lost);

#endif
