/* Rounding to chosen codes: which code a magnitude goes to when only some codes may be used, or when
 * the digits of a code have a price.
 *
 * With prices a magnitude x (in codes) goes to the code v that minimises
 *     (x - v)^2 + price sum_k unit_k [digit_k(v) != 0]
 * All codes have the same parabola, so the winners are the corners of the lower convex hull of the
 * points (v, v^2 + price units(v)), in ascending order, each on one interval of x. No source: ours.
 */
#ifndef RESLICE_METHOD_SLICE_CODES_H
#define RESLICE_METHOD_SLICE_CODES_H

#include <stdint.h>

#include "hw/bit_slice.h"

enum { SLICE_CODES_MAX = 256 };

/* Interval i ends with end[i]; where the next code costs fewer units, just before. */
struct slice_codes {
    int count;
    uint8_t code[SLICE_CODES_MAX];   /* ascending */
    uint32_t units[SLICE_CODES_MAX]; /* what the digits of a code that are not 0 cost together */
    double end[SLICE_CODES_MAX];     /* the last one is infinite */
    uint8_t first[SLICE_CODES_MAX];  /* the interval of the magnitudes 0, 1, 2, … */
};

/* Fills units [SLICE_CODES_MAX] with what the digits of each code cost together; unit [slices]: of a
 * digit other than 0, B0 first. Not collective. */
void slice_codes_units(uint32_t *units, struct bit_slice_format format, const uint32_t *unit);

/* units [SLICE_CODES_MAX] of the codes of so many bits; price >= 0 of a unit, in squared codes. Not
 * collective. */
void slice_codes_priced(struct slice_codes *codes, int bits, const uint32_t *units, double price);

/* The codes with at most `digits` digits other than 0, at the same distance the lower one; units: such
 * digits. Not collective. */
void slice_codes_limited(struct slice_codes *codes, struct bit_slice_format format, int digits);

/* A table for many magnitudes: the cells are 1/16 of a code wide, the last one has no end. */
enum { SLICE_CELLS_A_CODE = 16, SLICE_CELLS = SLICE_CELLS_A_CODE * (SLICE_CODES_MAX - 1) + 1 };

/* The interval that a whole cell lies in; -1: there are several. */
struct slice_cells {
    int16_t interval[SLICE_CELLS];
};

/* Fills cells from codes. Not collective. */
void slice_codes_cells(struct slice_cells *cells, const struct slice_codes *codes);

/* The cell of a magnitude >= 0 (NaN: the last). Exact: 16 is a power of two. Not collective. */
static inline int slice_cell_of(float magnitude)
{
    return magnitude < SLICE_CODES_MAX - 1 ? (int)(magnitude * SLICE_CELLS_A_CODE)
                                           : SLICE_CELLS - 1;
}

/* The interval of a magnitude >= 0 (NaN: that of the largest). Not collective. */
static inline int slice_codes_find(const struct slice_codes *codes, float magnitude)
{
    int i = codes->first[magnitude < SLICE_CODES_MAX - 1 ? (int)magnitude : SLICE_CODES_MAX - 1];
    i += magnitude > codes->end[i]; /* mostly one or none; a branch would be guessed wrong */
    while (magnitude > codes->end[i])
        i++;
    return i;
}

#endif
