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

#include "hw/crossbar_tile.h"
#include "hw/kernels.h"

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

/* Adds the bitline currents of n input vectors to histogram [sign, slice, input_bit, current].
 * input [n, stride] holds codes; `passes` is 1 when none is negative, else 2. Only row tiles
 * [first_tile, first_tile + tiles) are counted. Takes temporary memory. Not collective: ranks count
 * their own tiles or vectors and sum the histograms. */
void crossbar_add_currents(const struct crossbar *crossbar, const int16_t *input, size_t n,
                           size_t stride, int passes, size_t first_tile, size_t tiles,
                           uint64_t *histogram);

/* Bitlines of (sign, slice) that hold no charge at all: all their cells are 0. Not collective. */
size_t crossbar_zero_columns(const struct crossbar *crossbar, int sign, int slice);

/* Largest column sum of (sign, slice), in cell levels. Not collective. */
uint32_t crossbar_max_column_sum(const struct crossbar *crossbar, int sign, int slice);

/* ---- for those who read currents out of the tiles ---- */

/* The tile of (row tile, slice, sign), which the crossbar owns. Not collective. */
static inline struct crossbar_tile *crossbar_tile_at(const struct crossbar *x, size_t row_tile,
                                                     int slice, int sign)
{
    const size_t slices = (size_t)crossbar_slices(x->format);
    return &x->tile[(row_tile * slices + (size_t)slice) * CROSSBAR_SIGNS + (size_t)sign];
}

/* A tile's cells as the kernels take them; a view, nothing to free. Not collective. */
static inline struct crossbar_planes crossbar_planes_of(const struct crossbar *x,
                                                        const struct crossbar_tile *tile)
{
    return (struct crossbar_planes){tile->plane, x->format.cell_bits, crossbar_words(x->format),
                                    crossbar_padded(tile->active)};
}

/* Rows of a row tile that carry inputs; the last one may have fewer than format.rows. Not
 * collective. */
static inline size_t crossbar_tile_rows(const struct crossbar *x, size_t row_tile)
{
    const size_t rows = (size_t)x->format.rows, left = x->inputs - row_tile * rows;
    return left < rows ? left : rows;
}

/* mask [input_bits, words]: bit b of each row's input, of inputs of the pass's sign (pass 1 takes
 * the negative ones). Bit b of the result tells whether any row has it. Not collective. */
static inline unsigned crossbar_drive(const struct crossbar *x, const int16_t *input,
                                      size_t row_tile, int pass, uint64_t *mask)
{
    return hw_kernels()->bit_planes(mask, input + row_tile * (size_t)x->format.rows,
                                    crossbar_tile_rows(x, row_tile), x->format.input_bits,
                                    crossbar_words(x->format), pass == 1);
}

#endif
