/* Weights on ReRAM crossbars, and the currents that flow in their bitlines.
 *
 * Mapping (ISAAC, Shafiee et al., ISCA 2016, section IV; signs as in arXiv 1909.08496, section 3):
 * a weight matrix of `outputs` x `inputs` codes is cut into row tiles of `rows` inputs and column
 * tiles of `columns` outputs. Every (row tile, column tile, slice, sign) is one array; a cell holds
 * digit k of |code| on the array of its sign and 0 on the other.
 *
 * Inputs enter one bit a cycle on every row at once. The current of a bitline, in units of one cell
 * level, is the integer
 *     S[tile, slice, sign, bit, j] = sum_{r in tile} input_bit[r] digit[r, j],
 * at most rows * (2^cell_bits - 1). Signed inputs are split x = x+ - x- and enter in two passes.
 * A conversion is one S read by an ADC; bitlines whose cells are all 0 need none, but are counted
 * in the histograms (as current 0) so that totals do not depend on the weights.
 */
#ifndef RESLICE_HW_CROSSBAR_H
#define RESLICE_HW_CROSSBAR_H

#include <stddef.h>
#include <stdint.h>

#include "hw/bit_sums.h"

enum { CROSSBAR_POSITIVE, CROSSBAR_NEGATIVE, CROSSBAR_SIGNS };

/* nine slices: eight of one bit, and one for the offset of hw/readout.h */
enum {
    CROSSBAR_MAX_SLICES = 9,
    CROSSBAR_MAX_CELL_BITS = 8,
    CROSSBAR_MAX_INPUT_BITS = 8,
    CROSSBAR_MAX_ROWS = 1024
};

struct crossbar_format {
    int rows, columns; /* of one array */
    int cell_bits;     /* bits of a slice */
    int weight_bits;   /* magnitude bits of a weight; cell_bits divides it */
    int input_bits;    /* magnitude bits of an input */
};

/* One (row tile, slice, sign): the columns that hold at least one non-zero cell. Their cells stand
 * here twice, as bit planes for those who ask for a single cell and as the rows of hw/bit_sums.h for
 * those who read currents. */
struct crossbar_tile {
    size_t active;       /* columns with at least one non-zero cell */
    uint32_t *column;    /* [active] output of each, ascending */
    const uint32_t *sum; /* [outputs] their column sums: inside crossbar->column_sum */
    uint64_t *plane;     /* [cell_bits, words, active], bit r of word w = row 64 w + r */
    /* rows of column a where bit p of the cell is set: [first[p active + a], first[p active + a + 1]),
     * filled up with row format.rows, which has no cells */
    uint32_t *first; /* [cell_bits * active + 1] */
    uint16_t *row;   /* of all */
};

struct crossbar {
    struct crossbar_format format;
    size_t outputs, inputs;
    size_t row_tiles, column_tiles;
    uint32_t *column_sum;       /* [sign, slice, row_tile, outputs]: S with every input bit 1 */
    struct crossbar_tile *tile; /* [row_tile, slice, sign] */
};

/* Slices of a weight. Not collective. */
int crossbar_slices(struct crossbar_format format);

/* Largest possible current: rows * (2^cell_bits - 1). Not collective. */
size_t crossbar_max_current(struct crossbar_format format);

/* Cells of a current histogram: signs * slices * input_bits * (max_current + 1). Not collective. */
size_t crossbar_histogram_size(struct crossbar_format format);

/* Maps codes [outputs, inputs]; |code| < 2^weight_bits. The caller owns *crossbar and gives its
 * memory back with crossbar_free. Not collective. */
void crossbar_map(struct crossbar *crossbar, struct crossbar_format format, const int16_t *code,
                  size_t outputs, size_t inputs);

/* Frees the arrays and sums of crossbar_map and clears *crossbar. Not collective. */
void crossbar_free(struct crossbar *crossbar);

/* The tile of (row tile, slice, sign). Not collective. */
static inline struct crossbar_tile *crossbar_tile_at(const struct crossbar *x, size_t row_tile,
                                                     int slice, int sign)
{
    const size_t slices = (size_t)crossbar_slices(x->format);
    return &x->tile[(row_tile * slices + (size_t)slice) * CROSSBAR_SIGNS + (size_t)sign];
}

/* Rows of a row tile that carry inputs; the last one may have fewer than format.rows. Not
 * collective. */
static inline size_t crossbar_tile_rows(const struct crossbar *x, size_t row_tile)
{
    const size_t rows = (size_t)x->format.rows, left = x->inputs - row_tile * rows;
    return left < rows ? left : rows;
}

/* Level 0..2^cell_bits - 1 of a cell of a tile. Not collective. */
int crossbar_level(const struct crossbar *crossbar, const struct crossbar_tile *tile, size_t row,
                   size_t active);

/* Bitlines of (sign, slice) that hold no charge at all: all their cells are 0. Not collective. */
size_t crossbar_zero_columns(const struct crossbar *crossbar, int sign, int slice);

/* Largest column sum of (sign, slice), in cell levels. Not collective. */
uint32_t crossbar_max_column_sum(const struct crossbar *crossbar, int sign, int slice);

/* Rows of an active column where bit `level` of the cells is set; not owned. Not collective. */
static inline struct bit_sums_rows crossbar_level_rows(const struct crossbar_tile *tile, int level,
                                                       size_t active)
{
    const size_t at = (size_t)level * tile->active + active;
    const uint32_t first = tile->first[at];
    return (struct bit_sums_rows){tile->row + first, tile->first[at + 1] - first};
}

#endif
