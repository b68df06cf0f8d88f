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
    const size_t width = crossbar_padded(tile->active), words = (size_t)crossbar_words(x->format);
    const size_t first = row_tile * (size_t)x->format.rows;
    tile->plane = MEM_NEW(uint64_t, (size_t)x->format.cell_bits * words * width);
    for (size_t a = 0; a < tile->active; a++)
        for (size_t r = 0; r < (size_t)x->format.rows && first + r < x->inputs; r++) {
            const int16_t q = code[tile->column[a] * x->inputs + first + r];
            const int digit = cell(x->format, q, slice, sign);
            for (int p = 0; p < x->format.cell_bits; p++)
                tile->plane[((size_t)p * words + r / 64) * width + a] |= (uint64_t)(digit >> p & 1)
                                                                         << r % 64;
        }
}

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
            }
}

void crossbar_free(struct crossbar *x)
{
    const size_t tiles = x->row_tiles * (size_t)crossbar_slices(x->format) * CROSSBAR_SIGNS;
    for (size_t i = 0; i < tiles; i++) {
        mem_free(x->tile[i].column);
        mem_free(x->tile[i].plane);
    }
    mem_free(x->tile);
    mem_free(x->column_sum);
    *x = (struct crossbar){0};
}

/* Several partial histograms: equal neighbours, which are the rule on sparse slices, then do not
 * wait for each other's store. */
enum { PARTS = 4 };

static void count_currents(const int32_t *current, size_t n, uint32_t *part, size_t part_size)
{
    for (size_t a = 0; a < n; a++)
        part[a % PARTS * part_size + (size_t)current[a]]++;
}

struct current_counter {
    const struct crossbar *crossbar;
    int32_t *current; /* scratch [outputs padded] */
    uint32_t *part;   /* [PARTS, sign, slice, input_bit, current] */
    size_t part_size; /* = crossbar_histogram_size */
};

/* One input vector on one row tile in one pass. */
static void count_tile(struct current_counter *counter, const int16_t *input, size_t row_tile,
                       int pass)
{
    const struct crossbar *x = counter->crossbar;
    const size_t bins = crossbar_max_current(x->format) + 1;
    const int slices = crossbar_slices(x->format);
    uint64_t mask[CROSSBAR_MAX_INPUT_BITS * CROSSBAR_MAX_WORDS];
    const unsigned present = crossbar_drive(x, input, row_tile, pass, mask);
    const size_t words = (size_t)crossbar_words(x->format);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < slices; k++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            for (int b = 0; b < x->format.input_bits; b++) {
                uint32_t *part =
                    counter->part +
                    ((size_t)(sign * slices + k) * (size_t)x->format.input_bits + (size_t)b) * bins;
                if (!(present >> b & 1) || !tile->active) {
                    part[0] += (uint32_t)x->outputs;
                    continue;
                }
                hw_kernels()->column_currents(counter->current, mask + (size_t)b * words,
                                              crossbar_planes_of(x, tile));
                count_currents(counter->current, tile->active, part, counter->part_size);
                part[0] += (uint32_t)(x->outputs - tile->active);
            }
        }
}

static void merge_parts(const struct current_counter *counter, uint64_t *histogram)
{
    for (size_t p = 0; p < PARTS; p++)
        for (size_t i = 0; i < counter->part_size; i++)
            histogram[i] += counter->part[p * counter->part_size + i];
    memset(counter->part, 0, PARTS * counter->part_size * sizeof *counter->part);
}

void crossbar_add_currents(const struct crossbar *x, const int16_t *input, size_t n, size_t stride,
                           int passes, size_t first_tile, size_t tiles, uint64_t *histogram)
{
    struct current_counter counter = {.crossbar = x};
    counter.part_size = crossbar_histogram_size(x->format);
    counter.current = MEM_NEW(int32_t, crossbar_padded(x->outputs));
    counter.part = MEM_NEW(uint32_t, PARTS * counter.part_size);
    /* 32-bit partial counts hold this many vectors of one tile */
    const size_t batch = UINT32_MAX / (2 * x->outputs);
    for (size_t t = first_tile; t < first_tile + tiles; t++)
        for (size_t i = 0; i < n; i++) {
            for (int pass = 0; pass < passes; pass++)
                count_tile(&counter, input + i * stride, t, pass);
            if (i + 1 == n || (i + 1) % batch == 0)
                merge_parts(&counter, histogram);
        }
    mem_free(counter.current);
    mem_free(counter.part);
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
