/* The arrays of a mapped crossbar: their format, and the cells as bit planes.
 *
 * A tile is one (row tile, slice, sign) of a layer; column tiles lie side by side in it, since a
 * bitline does not know of its neighbours.
 */
#ifndef RESLICE_HW_CROSSBAR_TILE_H
#define RESLICE_HW_CROSSBAR_TILE_H

#include <stddef.h>
#include <stdint.h>

enum { CROSSBAR_POSITIVE, CROSSBAR_NEGATIVE, CROSSBAR_SIGNS };

/* nine slices: eight of one bit, and one for the offset of hw/readout.h */
enum { CROSSBAR_MAX_SLICES = 9, CROSSBAR_MAX_INPUT_BITS = 8, CROSSBAR_MAX_ROWS = 1024 };

enum { CROSSBAR_COLUMN_PAD = 8, CROSSBAR_MAX_WORDS = CROSSBAR_MAX_ROWS / 64 };

struct crossbar_format {
    int rows, columns; /* of one array */
    int cell_bits;     /* bits of a slice */
    int weight_bits;   /* magnitude bits of a weight; cell_bits divides it */
    int input_bits;    /* magnitude bits of an input */
};

/* The columns that hold at least one non-zero cell. Owned by the crossbar. */
struct crossbar_tile {
    size_t active;    /* how many they are */
    uint32_t *column; /* [active] output of each */
    uint64_t *plane;  /* [cell_bits, words, active padded to 8], bit r of word w = row 64 w + r */
};

/* 64-bit words that hold a bit of every row of an array. Not collective. */
static inline int crossbar_words(struct crossbar_format format)
{
    return (format.rows + 63) / 64;
}

/* `columns` rounded up to whole vectors of the kernels. Not collective. */
static inline size_t crossbar_padded(size_t columns)
{
    return (columns + CROSSBAR_COLUMN_PAD - 1) / CROSSBAR_COLUMN_PAD * CROSSBAR_COLUMN_PAD;
}

#endif
