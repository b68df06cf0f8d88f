/* Reading the bitlines of a row tile for a block of input vectors: S of hw/crossbar.h, bit after
 * bit, by the look-up of hw/lookup.h. */
#ifndef RESLICE_HW_BITLINES_H
#define RESLICE_HW_BITLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/crossbar.h"

struct bitlines {
    const struct crossbar *x; /* not owned */
    uint8_t *index;           /* [groups, LOOKUP_BITS, LOOKUP_LANES] the driven rows; owned */
};

/* Currents of one bitline by bit and vector; each number exact. */
struct bitline_currents {
    bool is_narrow; /* they stand in `narrow`, else in `wide` */
    uint8_t narrow[LOOKUP_BITS * LOOKUP_LANES];
    int32_t wide[LOOKUP_BITS * LOOKUP_LANES];
};

/* The crossbar must live longer. The caller gives the memory back with bitlines_free. Not
 * collective. */
void bitlines_create(struct bitlines *bitlines, const struct crossbar *crossbar);

/* Gives the memory of bitlines_create back. Not collective. */
void bitlines_free(struct bitlines *bitlines);

/* Drives a row tile with n <= LOOKUP_LANES input vectors, input [n, stride] codes of the whole
 * layer; pass 1 takes the negative ones. Not collective. */
void bitlines_drive(struct bitlines *bitlines, const int16_t *input, size_t n, size_t stride,
                    size_t row_tile, int pass);

/* Currents of an active column of a tile, [LOOKUP_BITS, LOOKUP_LANES]; 0 for vectors that are not
 * there. Not collective. */
void bitlines_read(const struct bitlines *bitlines, const struct crossbar_tile *tile, size_t active,
                   struct bitline_currents *currents);

/* Number i of narrow or wide, [LOOKUP_BITS, LOOKUP_LANES]. Not collective. */
static inline int32_t bitlines_current(const struct bitline_currents *currents, size_t i)
{
    return currents->is_narrow ? currents->narrow[i] : currents->wide[i];
}

/* sum [LOOKUP_LANES] +- = 2^shift sum_b 2^b min(S_b, top), minus when `negative`: an active column
 * behind saturating converters. Not collective. */
void bitlines_add_clipped(const struct bitlines *bitlines, const struct crossbar_tile *tile,
                          size_t active, int32_t top, int shift, bool negative, int32_t *sum);

#endif
