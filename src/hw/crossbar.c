#include "hw/crossbar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hw/bit_slice.h"

int crossbar_slices(struct crossbar_format format)
{
    return format.weight_bits / format.cell_bits;
}

size_t crossbar_max_current(struct crossbar_format format)
{
    return (size_t)format.rows * ((1u << format.cell_bits) - 1);
}

size_t crossbar_histogram_size(struct crossbar_format format)
{
    return (size_t)CROSSBAR_SIGNS * (size_t)crossbar_slices(format) * (size_t)format.input_bits *
           (crossbar_max_current(format) + 1);
}

/* Words of 64 rows of an array. */
static size_t words_of(struct crossbar_format format)
{
    return ((size_t)format.rows + 63) / 64;
}

/* Digit that the array of (slice, sign) holds for a weight code. */
static int cell(struct crossbar_format format, int code, int slice, int sign)
{
    if ((code < 0) != (sign == CROSSBAR_NEGATIVE))
        return 0;
    const struct bit_slice_format digits = {format.weight_bits, format.cell_bits};
    return bit_slice_digit(digits, code, slice);
}

static uint32_t *column_sums(const struct crossbar *x, int sign, int slice, size_t row_tile)
{
    const size_t slices = (size_t)crossbar_slices(x->format);
    return x->column_sum +
           (((size_t)sign * slices + (size_t)slice) * x->row_tiles + row_tile) * x->outputs;
}

/* Sums the columns of one tile and lists those that are not all zero. */
static void find_active(struct crossbar *x, const int16_t *code, size_t row_tile, int slice,
                        int sign)
{
    struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, slice, sign);
    uint32_t *sum = column_sums(x, sign, slice, row_tile);
    const size_t first = row_tile * (size_t)x->format.rows;
    const size_t last = first + (size_t)x->format.rows;
    tile->sum = sum;
    tile->column = MEM_NEW(uint32_t, x->outputs);
    for (size_t j = 0; j < x->outputs; j++) {
        for (size_t r = first; r < last && r < x->inputs; r++)
            sum[j] += (uint32_t)cell(x->format, code[j * x->inputs + r], slice, sign);
        if (sum[j])
            tile->column[tile->active++] = (uint32_t)j;
    }
}

static void fill_planes(struct crossbar *x, const int16_t *code, size_t row_tile, int slice,
                        int sign)
{
    struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, slice, sign);
    const size_t words = words_of(x->format);
    const size_t first = row_tile * (size_t)x->format.rows;
    tile->plane = MEM_NEW(uint64_t, (size_t)x->format.cell_bits * words * tile->active);
    for (size_t a = 0; a < tile->active; a++)
        for (size_t r = 0; r < (size_t)x->format.rows && first + r < x->inputs; r++) {
            const int16_t q = code[tile->column[a] * x->inputs + first + r];
            const int digit = cell(x->format, q, slice, sign);
            for (int p = 0; p < x->format.cell_bits; p++)
                tile->plane[((size_t)p * words + r / 64) * tile->active + a] |=
                    (uint64_t)(digit >> p & 1) << r % 64;
        }
}

int crossbar_level(const struct crossbar *x, const struct crossbar_tile *tile, size_t row,
                   size_t active)
{
    const size_t words = words_of(x->format);
    int level = 0;
    for (size_t p = 0; p < (size_t)x->format.cell_bits; p++) {
        const uint64_t word = tile->plane[(p * words + row / 64) * tile->active + active];
        level |= (int)(word >> row % 64 & 1) << p;
    }
    return level;
}

/* ---- rows ---- */

/* Lists the rows of column a where bit p of the cell is set, behind the `listed` first ones; only
 * counts them as long as there is no list. Returns how many are listed. */
static uint32_t list_rows(const struct crossbar *x, struct crossbar_tile *tile, size_t p, size_t a,
                          uint32_t listed)
{
    const size_t words = words_of(x->format);
    for (size_t w = 0; w < words; w++)
        for (uint64_t rest = tile->plane[(p * words + w) * tile->active + a]; rest;
             rest &= rest - 1, listed++)
            if (tile->row)
                tile->row[listed] =
                    (uint16_t)((64 * w + (size_t)__builtin_ctzll(rest)) * BIT_SUMS_WORDS);
    for (; listed % BIT_SUMS_PAD; listed++)
        if (tile->row)
            tile->row[listed] = (uint16_t)(x->format.rows * BIT_SUMS_WORDS);
    return listed;
}

static void list_columns(const struct crossbar *x, struct crossbar_tile *tile)
{
    uint32_t listed = 0;
    size_t at = 0;
    for (size_t p = 0; p < (size_t)x->format.cell_bits; p++)
        for (size_t a = 0; a < tile->active; a++) {
            tile->first[at++] = listed;
            listed = list_rows(x, tile, p, a, listed);
        }
    tile->first[at] = listed;
}

/* How many rows there are is known the second time only. */
static void fill_rows(const struct crossbar *x, struct crossbar_tile *tile)
{
    const size_t columns = (size_t)x->format.cell_bits * tile->active;
    tile->first = MEM_NEW(uint32_t, columns + 1);
    list_columns(x, tile);
    tile->row = MEM_NEW(uint16_t, tile->first[columns]);
    list_columns(x, tile);
}

/* ---- all tiles ---- */

void crossbar_map(struct crossbar *x, struct crossbar_format format, const int16_t *code,
                  size_t outputs, size_t inputs)
{
    const int slices = crossbar_slices(format);
    *x = (struct crossbar){.format = format, .outputs = outputs, .inputs = inputs};
    x->row_tiles = (inputs + (size_t)format.rows - 1) / (size_t)format.rows;
    x->column_tiles = (outputs + (size_t)format.columns - 1) / (size_t)format.columns;
    const size_t tiles = x->row_tiles * (size_t)slices * CROSSBAR_SIGNS;
    x->tile = MEM_NEW(struct crossbar_tile, tiles);
    x->column_sum = MEM_NEW(uint32_t, tiles * outputs);
    for (size_t t = 0; t < x->row_tiles; t++)
        for (int k = 0; k < slices; k++)
            for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
                find_active(x, code, t, k, sign);
                fill_planes(x, code, t, k, sign);
                fill_rows(x, crossbar_tile_at(x, t, k, sign));
            }
}

void crossbar_free(struct crossbar *x)
{
    const size_t tiles = x->row_tiles * (size_t)crossbar_slices(x->format) * CROSSBAR_SIGNS;
    for (size_t i = 0; i < tiles; i++) {
        mem_free(x->tile[i].column);
        mem_free(x->tile[i].plane);
        mem_free(x->tile[i].first);
        mem_free(x->tile[i].row);
    }
    mem_free(x->tile);
    mem_free(x->column_sum);
    *x = (struct crossbar){0};
}

size_t crossbar_zero_columns(const struct crossbar *x, int sign, int slice)
{
    size_t zero = 0;
    for (size_t t = 0; t < x->row_tiles; t++)
        zero += x->outputs - crossbar_tile_at(x, t, slice, sign)->active;
    return zero;
}

uint32_t crossbar_max_column_sum(const struct crossbar *x, int sign, int slice)
{
    const uint32_t *sum = column_sums(x, sign, slice, 0);
    uint32_t max = 0;
    for (size_t i = 0; i < x->row_tiles * x->outputs; i++)
        max = sum[i] > max ? sum[i] : max;
    return max;
}
