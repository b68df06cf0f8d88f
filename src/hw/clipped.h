/* The integers of a layer behind saturating converters, one for each sign (hw/readout.h: differential
 * and offset, transfer clip):
 *     Y = sum_{tile, bit, k} 2^bit 2^(w k) (min(S+, top+) - min(S-, top-))
 *
 * A bitline whose cells together cannot exceed its converter gives S itself, whatever the input. Its
 * digits are left in a matrix of weights, whose plain product is all that such bitlines add. Only the
 * others are read, as sums of bits (hw/bit_sums.h). Converters of few bits clip often: min(S, top) is
 * added. Those of more bits do so rarely: the plain product has their digits too, and max(S - top, 0),
 * most often nothing, is taken away. Both are added over slices and row tiles as bits, and turned into
 * numbers once an output, sign and block of vectors.
 */
#ifndef RESLICE_HW_CLIPPED_H
#define RESLICE_HW_CLIPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/bitlines.h"

/* A bitline that is read. */
struct clipped_column {
    uint32_t output;
    uint8_t sign;
    uint8_t shift;  /* of its slice: w k */
    uint8_t planes; /* of what is summed */
    uint8_t clip;   /* 0: min(S, top) is added; else the bits of a converter … */
};

enum { CLIPPED_FEW_BITS = 3 /* … which has more than these */ };

struct clipped {
    const struct crossbar *x; /* not owned */
    bool reads_all;
    int16_t *weight;               /* as hw_kernels()->multiply has weights; NULL: all 0 */
    size_t *first;                 /* [row_tiles + 1] first column of each row tile */
    struct clipped_column *column; /* by row tile and output */
    struct bit_sums_rows *rows;    /* [columns, cell_bits] */
    size_t most;                   /* row tiles that `total` can hold */
    int planes;                    /* of each total */
    struct bitlines bitlines;
    uint64_t *total; /* [outputs, sign, planes, BIT_SUMS_WORDS] of the last row tiles */
    int64_t *sum;    /* [outputs, BIT_SUMS_LANES] of those before */
};

/* Converters of bits [sign][slice]; 0 bits: the slice is read as 0. With `reads_all` every bitline is
 * read, those that cannot clip too. The crossbar must live longer. The caller gives the memory back
 * with clipped_destroy. Not collective. */
void clipped_create(struct clipped *clipped, const struct crossbar *crossbar,
                    int8_t bits[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES], bool reads_all);

/* Gives the memory of clipped_create back. Not collective. */
void clipped_destroy(struct clipped *clipped);

/* output [n, outputs] for n <= BIT_SUMS_LANES vectors, input [n, stride] of codes; `passes` is 1 when
 * none is negative, else 2. Not collective. */
void clipped_multiply(struct clipped *clipped, const int16_t *input, size_t n, size_t stride,
                      int passes, int64_t *output);

#endif
