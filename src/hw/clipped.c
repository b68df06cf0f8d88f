#include "hw/clipped.h"

#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"
#include "hw/kernels.h"

/* ---- which bitlines may clip ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Adds the digits of a bitline to the weights of the plain product. */
static void keep_digits(struct clipped *c, const struct crossbar_tile *tile, size_t active,
                        size_t row_tile, int shift, int sign)
{
    const struct crossbar *x = c->x;
    const size_t rows = (size_t)x->format.rows;
    if (!c->weight)
        c->weight = MEM_NEW(int16_t, hw_product_size(x->outputs, x->inputs));
    for (int p = 0; p < x->format.cell_bits; p++) {
        const struct bit_sums_rows list = crossbar_level_rows(tile, p, active);
        const int digit = 1 << (shift + p);
        for (size_t i = 0; i < list.count && list.row[i] < rows * BIT_SUMS_WORDS; i++) {
            const size_t r = row_tile * rows + list.row[i] / BIT_SUMS_WORDS;
            int16_t *at = c->weight + hw_product_at(x->inputs, tile->column[active], r);
            *at = (int16_t)(sign == CROSSBAR_NEGATIVE ? *at - digit : *at + digit);
        }
    }
}

/* Where the next columns go, and the next active column of each (sign, slice). */
struct cursor {
    size_t listed, at[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
};

/* A bitline of output j is read, or left in the weights. */
static void list_column(struct clipped *c, struct cursor *cursor, size_t row_tile, size_t j,
                        int slice, int sign, int64_t top)
{
    const struct crossbar_tile *tile = crossbar_tile_at(c->x, row_tile, slice, sign);
    const int levels = c->x->format.cell_bits, shift = levels * slice;
    size_t *at = &cursor->at[sign][slice];
    if (*at == tile->active || tile->column[*at] != j)
        return;
    const size_t active = (*at)++;
    if (top == 0)
        return;
    const int clip = adc_bits_for((uint64_t)top);
    const bool is_safe = tile->sum[j] <= top && !c->reads_all;
    const bool is_rare = tile->sum[j] > top && clip > CLIPPED_FEW_BITS && !c->reads_all;
    if (is_safe || is_rare)
        keep_digits(c, tile, active, row_tile, shift, sign);
    if (is_safe)
        return;
    for (int p = 0; p < levels; p++)
        c->rows[cursor->listed * (size_t)levels + (size_t)p] = crossbar_level_rows(tile, p, active);
    const int64_t most = is_rare ? tile->sum[j] : least(tile->sum[j], top);
    c->column[cursor->listed++] =
        (struct clipped_column){.output = (uint32_t)j,
                                .sign = (uint8_t)(sign ^ is_rare),
                                .shift = (uint8_t)shift,
                                .planes = (uint8_t)adc_bits_for((uint64_t)most),
                                .clip = (uint8_t)(is_rare ? clip : 0)};
}

static void list_columns(struct clipped *c, int8_t bits[][CROSSBAR_MAX_SLICES])
{
    const struct crossbar *x = c->x;
    const int slices = crossbar_slices(x->format);
    const size_t most = x->row_tiles * x->outputs * (size_t)(CROSSBAR_SIGNS * slices);
    struct cursor cursor = {0};
    c->first = MEM_NEW(size_t, x->row_tiles + 1);
    c->column = MEM_NEW(struct clipped_column, most);
    c->rows = MEM_NEW(struct bit_sums_rows, most * (size_t)x->format.cell_bits);
    for (size_t t = 0; t < x->row_tiles; t++) {
        memset(cursor.at, 0, sizeof cursor.at);
        c->first[t] = cursor.listed;
        for (size_t j = 0; j < x->outputs; j++)
            for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
                for (int k = 0; k < slices; k++)
                    list_column(c, &cursor, t, j, k, sign, ((int64_t)1 << bits[sign][k]) - 1);
    }
    c->first[x->row_tiles] = cursor.listed;
}

/* ---- memory ---- */

/* The most that all bitlines of an output add on one row tile, in either pass. */
static uint64_t most_of_tile(const struct crossbar *x)
{
    uint64_t most = 0;
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < crossbar_slices(x->format); k++)
            most += (uint64_t)crossbar_max_column_sum(x, sign, k) << (x->format.cell_bits * k);
    return most;
}

void clipped_create(struct clipped *c, const struct crossbar *x,
                    int8_t bits[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES], bool reads_all)
{
    const uint64_t most = most_of_tile(x), room = ((uint64_t)1 << BIT_SUMS_TOTAL) - 1;
    *c = (struct clipped){.x = x, .reads_all = reads_all};
    list_columns(c, bits);
    c->most = most * x->row_tiles <= room ? x->row_tiles : (size_t)(room / most);
    c->planes = adc_bits_for(most * c->most);
    bitlines_create(&c->bitlines, x);
    c->total = MEM_NEW(uint64_t, x->outputs * CROSSBAR_SIGNS * (size_t)c->planes * BIT_SUMS_WORDS);
    c->sum = MEM_NEW(int64_t, x->outputs * BIT_SUMS_LANES);
}

void clipped_destroy(struct clipped *c)
{
    mem_free(c->weight);
    mem_free(c->first);
    mem_free(c->column);
    mem_free(c->rows);
    bitlines_free(&c->bitlines);
    mem_free(c->total);
    mem_free(c->sum);
    *c = (struct clipped){0};
}

/* ---- inputs ---- */

static size_t total_size(const struct clipped *c)
{
    return (size_t)c->planes * BIT_SUMS_WORDS;
}

static uint64_t *total_at(const struct clipped *c, size_t output, int sign)
{
    return c->total + (output * CROSSBAR_SIGNS + (size_t)sign) * total_size(c);
}

/* In the second pass inputs are negative: the bitlines of a sign add to the other. */
static void add_columns(struct clipped *c, size_t row_tile, int pass)
{
    const struct bit_sums_kernels *kernels = bit_sums_kernels();
    const int levels = c->x->format.cell_bits;
    for (size_t i = c->first[row_tile]; i < c->first[row_tile + 1]; i++) {
        const struct clipped_column *column = &c->column[i];
        const struct bit_sums_rows *rows = c->rows + i * (size_t)levels;
        const int all = c->planes - column->shift;
        uint64_t *total = total_at(c, column->output, column->sign ^ pass);
        total += (size_t)column->shift * BIT_SUMS_WORDS;
        if (column->clip > 0)
            kernels->add_excess(total, all, column->planes, column->clip, c->bitlines.drive, rows,
                                levels);
        else
            kernels->add(total, all, column->planes, c->bitlines.drive, rows, levels);
    }
}

/* Moves the totals into the sums. */
static void empty_totals(struct clipped *c)
{
    int32_t value[CROSSBAR_SIGNS][BIT_SUMS_LANES];
    for (size_t j = 0; j < c->x->outputs; j++) {
        int64_t *sum = c->sum + j * BIT_SUMS_LANES;
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            bit_sums_kernels()->value(value[sign], total_at(c, j, sign), c->planes);
        for (int v = 0; v < BIT_SUMS_LANES; v++)
            sum[v] += value[CROSSBAR_POSITIVE][v] - value[CROSSBAR_NEGATIVE][v];
    }
    memset(c->total, 0, c->x->outputs * CROSSBAR_SIGNS * total_size(c) * sizeof *c->total);
}

static void read_columns(struct clipped *c, const int16_t *input, size_t n, size_t stride,
                         int passes)
{
    size_t held = 0;
    memset(c->sum, 0, c->x->outputs * BIT_SUMS_LANES * sizeof *c->sum);
    for (size_t t = 0; t < c->x->row_tiles; t++) {
        if (c->first[t] == c->first[t + 1])
            continue;
        if (held == c->most) {
            empty_totals(c);
            held = 0;
        }
        for (int pass = 0; pass < passes; pass++) {
            bitlines_drive(&c->bitlines, input, n, stride, t, pass);
            add_columns(c, t, pass);
        }
        held++;
    }
    empty_totals(c);
}

void clipped_multiply(struct clipped *c, const int16_t *input, size_t n, size_t stride, int passes,
                      int64_t *output)
{
    const size_t outputs = c->x->outputs;
    if (c->weight)
        hw_kernels()->multiply(output, input, n, stride, c->weight, outputs, c->x->inputs);
    else
        memset(output, 0, n * outputs * sizeof *output);
    if (c->first[c->x->row_tiles] == 0)
        return;
    read_columns(c, input, n, stride, passes);
    for (size_t v = 0; v < n; v++)
        for (size_t j = 0; j < outputs; j++)
            output[v * outputs + j] += c->sum[j * BIT_SUMS_LANES + v];
}
