/* Reading the bitlines of a row tile for a block of input vectors: S of hw/crossbar.h, for all bits of
 * the inputs at once, by the adders of hw/bit_sums.h. */
#ifndef RESLICE_HW_BITLINES_H
#define RESLICE_HW_BITLINES_H

#include <stddef.h>
#include <stdint.h>

#include "hw/crossbar.h"

struct bitlines {
    const struct crossbar *x; /* not owned */
    uint64_t *drive;          /* [rows + 1, BIT_SUMS_WORDS], the last row 0; owned */
};

enum { BITLINES_CURRENTS = BIT_SUMS_WORDS * BIT_SUMS_LANES };

/* The crossbar must live longer. The caller gives the memory back with bitlines_free. Not
 * collective. */
void bitlines_create(struct bitlines *bitlines, const struct crossbar *crossbar);

/* Gives the memory of bitlines_create back. Not collective. */
void bitlines_free(struct bitlines *bitlines);

/* Drives a row tile with n <= BIT_SUMS_LANES input vectors, input [n, stride] codes of the whole
 * layer; pass 1 takes the negative ones. Not collective. */
void bitlines_drive(struct bitlines *bitlines, const int16_t *input, size_t n, size_t stride,
                    size_t row_tile, int pass);

/* Currents of an active column of a tile as bits, plane [planes, BIT_SUMS_WORDS] = min(S, 2^planes -
 * 1), 1 <= planes <= BIT_SUMS_PLANES. Not collective. */
void bitlines_sum(const struct bitlines *bitlines, const struct crossbar_tile *tile, size_t active,
                  int planes, uint64_t *plane);

/* The same as numbers, current [input bit, BIT_SUMS_LANES] = S; 0 for vectors that are not there. Bit b
 * of the result: whether any current of input bit b is not 0. Not collective. */
unsigned bitlines_read(const struct bitlines *bitlines, const struct crossbar_tile *tile,
                       size_t active, int32_t *current);

#endif
