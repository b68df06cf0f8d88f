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

enum { CROSSBAR_POSITIVE, CROSSBAR_NEGATIVE, CROSSBAR_SIGNS };

/* nine slices: eight of one bit, and one for the offset of hw/readout.h */
enum { CROSSBAR_MAX_SLICES = 9, CROSSBAR_MAX_INPUT_BITS = 8, CROSSBAR_MAX_ROWS = 1024 };

struct crossbar_format {
    int rows, columns; /* of one array */
    int cell_bits;     /* bits of a slice */
    int weight_bits;   /* magnitude bits of a weight; cell_bits divides it */
    int input_bits;    /* magnitude bits of an input */
};

/* One (row tile, slice, sign): the columns that hold at least one non-zero cell, as bit planes. */
struct crossbar_tile;

struct crossbar {
    struct crossbar_format format;
    size_t outputs, inputs;
    size_t row_tiles, column_tiles;
    uint32_t *column_sum;       /* [sign, slice, row_tile, outputs]: S with every input bit 1 */
    struct crossbar_tile *tile; /* [row_tile, slice, sign] */
};

int crossbar_slices(struct crossbar_format format);

/* Largest possible current: rows * (2^cell_bits - 1). */
size_t crossbar_max_current(struct crossbar_format format);

/* Cells of a current histogram: signs * slices * input_bits * (max_current + 1). */
size_t crossbar_histogram_size(struct crossbar_format format);

/* Maps codes [outputs, inputs]; |code| < 2^weight_bits. Free with crossbar_free. */
void crossbar_map(struct crossbar *crossbar, struct crossbar_format format, const int16_t *code,
                  size_t outputs, size_t inputs);
void crossbar_free(struct crossbar *crossbar);

/* Adds the bitline currents of n input vectors to histogram [sign, slice, input_bit, current].
 * input [n, stride] holds codes; `passes` is 1 when none is negative, else 2. Only row tiles
 * [first_tile, first_tile + tiles) are counted. */
void crossbar_add_currents(const struct crossbar *crossbar, const int16_t *input, size_t n,
                           size_t stride, int passes, size_t first_tile, size_t tiles,
                           uint64_t *histogram);

/* Bitlines of (sign, slice) that hold no charge at all: all their cells are 0. */
size_t crossbar_zero_columns(const struct crossbar *crossbar, int sign, int slice);

/* Largest column sum of (sign, slice). */
uint32_t crossbar_max_column_sum(const struct crossbar *crossbar, int sign, int slice);

#endif
