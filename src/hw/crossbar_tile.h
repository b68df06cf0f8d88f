/* The inside of a mapped crossbar, for the files of this layer that read currents out of it. */
#ifndef RESLICE_HW_CROSSBAR_TILE_H
#define RESLICE_HW_CROSSBAR_TILE_H

#include "hw/crossbar.h"
#include "hw/kernels.h"

struct crossbar_tile {
    size_t active;    /* columns with at least one non-zero cell */
    uint32_t *column; /* [active] output of each */
    uint64_t *plane;  /* [cell_bits, words, active padded to 8], bit r of word w = row 64 w + r */
};

enum { CROSSBAR_COLUMN_PAD = 8, CROSSBAR_MAX_WORDS = CROSSBAR_MAX_ROWS / 64 };

static inline int crossbar_words(struct crossbar_format format)
{
    return (format.rows + 63) / 64;
}

static inline size_t crossbar_padded(size_t columns)
{
    return (columns + CROSSBAR_COLUMN_PAD - 1) / CROSSBAR_COLUMN_PAD * CROSSBAR_COLUMN_PAD;
}

static inline struct crossbar_tile *crossbar_tile_at(const struct crossbar *x, size_t row_tile,
                                                     int slice, int sign)
{
    const size_t slices = (size_t)crossbar_slices(x->format);
    return &x->tile[(row_tile * slices + (size_t)slice) * CROSSBAR_SIGNS + (size_t)sign];
}

static inline struct crossbar_planes crossbar_planes_of(const struct crossbar *x,
                                                        const struct crossbar_tile *tile)
{
    return (struct crossbar_planes){tile->plane, x->format.cell_bits, crossbar_words(x->format),
                                    crossbar_padded(tile->active)};
}

/* Rows of a row tile that carry inputs; the last one may have fewer than format.rows. */
static inline size_t crossbar_tile_rows(const struct crossbar *x, size_t row_tile)
{
    const size_t rows = (size_t)x->format.rows, left = x->inputs - row_tile * rows;
    return left < rows ? left : rows;
}

/* mask [input_bits, words]: bit b of each row's input, of inputs of the pass's sign (pass 1 takes
 * the negative ones). Bit b of the result tells whether any row has it. */
static inline unsigned crossbar_drive(const struct crossbar *x, const int16_t *input,
                                      size_t row_tile, int pass, uint64_t *mask)
{
    return hw_kernels()->bit_planes(mask, input + row_tile * (size_t)x->format.rows,
                                    crossbar_tile_rows(x, row_tile), x->format.input_bits,
                                    crossbar_words(x->format), pass == 1);
}

#endif
