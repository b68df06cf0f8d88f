#include "hw/readout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "hw/adc.h"
#include "hw/bitlines.h"
#include "hw/clipped.h"

/* ---- names ---- */

static const char *const signs_names[] = {"differential", "analog", "offset"};
static const char *const transfer_names[] = {"clip", "scaled", "linear"};

enum { NAMES = 3 };

static int find_name(const char *const *names, const char *name)
{
    for (int i = 0; i < NAMES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *readout_signs_names(void)
{
    static char list[64];
    list[0] = '\0';
    for (int i = 0; i < NAMES; i++)
        names_append(list, sizeof list, signs_names[i]);
    return list;
}

const char *readout_transfer_names(void)
{
    static char list[64];
    list[0] = '\0';
    for (int i = 0; i < NAMES; i++)
        names_append(list, sizeof list, transfer_names[i]);
    return list;
}

bool readout_signs_find(const char *name, enum readout_signs *signs)
{
    const int found = find_name(signs_names, name);
    *signs = found < 0 ? READOUT_DIFFERENTIAL : (enum readout_signs)found;
    return found >= 0;
}

bool readout_transfer_find(const char *name, enum readout_transfer *transfer)
{
    const int found = find_name(transfer_names, name);
    *transfer = found < 0 ? READOUT_CLIP : (enum readout_transfer)found;
    return found >= 0;
}

/* ---- mapping ---- */

struct crossbar_format readout_format(struct crossbar_format format, enum readout_signs signs)
{
    if (signs == READOUT_OFFSET)
        format.weight_bits += format.cell_bits; /* q + 2^B <= 2^(B + 1) - 1 */
    return format;
}

void readout_map(struct crossbar *x, struct crossbar_format format, enum readout_signs signs,
                 const int16_t *code, size_t outputs, size_t inputs)
{
    const struct crossbar_format mapped = readout_format(format, signs);
    if (signs != READOUT_OFFSET) {
        crossbar_map(x, mapped, code, outputs, inputs);
        return;
    }
    int16_t *shifted = MEM_NEW(int16_t, outputs * inputs);
    for (size_t i = 0; i < outputs * inputs; i++)
        shifted[i] = (int16_t)(code[i] + (1 << format.weight_bits));
    crossbar_map(x, mapped, shifted, outputs, inputs);
    mem_free(shifted);
}

void readout_set_all(struct readout *readout, int bits)
{
    memset(readout->bits, bits, sizeof readout->bits);
}

int readout_full_bits(struct crossbar_format format)
{
    return adc_bits_for(crossbar_max_current(format));
}

/* ---- converters ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Of a current >= 0, rounded to the nearest code, halves up. All integers. */
static int64_t convert_magnitude(struct crossbar_format format, enum readout_transfer transfer,
                                 int bits, int64_t current)
{
    const int64_t one = (int64_t)1 << READOUT_FRACTION;
    const int64_t top = ((int64_t)1 << bits) - 1, largest = (int64_t)crossbar_max_current(format);
    if (bits == 0)
        return 0;
    if (transfer == READOUT_LINEAR) {
        const int64_t code = least((current * top + largest * one / 2) / (largest * one), top);
        return (code * largest * one + top / 2) / top;
    }
    const int wanted = readout_full_bits(format) - bits;
    const int shift = transfer == READOUT_SCALED && wanted > 0 ? wanted : 0;
    const int64_t unit = one << shift;
    return least((current + unit / 2) / unit, top) * unit;
}

int64_t readout_convert(struct crossbar_format format, enum readout_transfer transfer, int bits,
                        int64_t current)
{
    return current < 0 ? -convert_magnitude(format, transfer, bits, -current)
                       : convert_magnitude(format, transfer, bits, current);
}

/* ---- one layer ---- */

struct readout_layer {
    const struct crossbar *x;
    struct readout readout;
    bool is_clipped;
    struct clipped clipped; /* if so, instead of the rest */
    struct bitlines bitlines;
    int64_t *table; /* [sign, slice, current] what the converters make of whole currents */
    int64_t *sum;   /* [outputs, BIT_SUMS_LANES] of a block of input vectors */
    int32_t current[CROSSBAR_SIGNS][BITLINES_CURRENTS]; /* of one column */
};

static int64_t *table_of(const struct readout_layer *layer, int sign, int k)
{
    const struct crossbar_format format = layer->x->format;
    const size_t at = (size_t)(sign * crossbar_slices(format) + k);
    return layer->table + at * (crossbar_max_current(format) + 1);
}

static void fill_tables(struct readout_layer *layer)
{
    const struct crossbar_format format = layer->x->format;
    const size_t bins = crossbar_max_current(format) + 1;
    const int slices = crossbar_slices(format);
    layer->table = MEM_NEW(int64_t, (size_t)(CROSSBAR_SIGNS * slices) * bins);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < slices; k++)
            for (size_t i = 0; i < bins; i++)
                table_of(layer, sign, k)[i] =
                    readout_convert(format, layer->readout.transfer, layer->readout.bits[sign][k],
                                    (int64_t)i << READOUT_FRACTION);
}

/* sum [BIT_SUMS_LANES] += factor times what a converter makes of currents. */
static void add_codes(int64_t *sum, const int64_t *table, const int32_t *current, int64_t factor)
{
    for (int v = 0; v < BIT_SUMS_LANES; v++)
        sum[v] += factor * table[current[v]];
}

/* Any converter, each sign its own. */
static void add_converted(struct readout_layer *layer, size_t row_tile, int pass)
{
    const struct crossbar *x = layer->x;
    for (int k = 0; k < crossbar_slices(x->format); k++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            const int64_t *table = table_of(layer, sign, k);
            const int64_t one = (sign == CROSSBAR_NEGATIVE) != (pass == 1) ? -1 : 1;
            for (size_t a = 0; a < tile->active; a++) {
                int64_t *sum = layer->sum + (size_t)tile->column[a] * BIT_SUMS_LANES;
                const unsigned present =
                    bitlines_read(&layer->bitlines, tile, a, layer->current[0]);
                for (int b = 0; b < BIT_SUMS_WORDS; b++)
                    if (present >> b & 1) /* 0 is converted to 0 */
                        add_codes(sum, table, layer->current[0] + b * BIT_SUMS_LANES,
                                  one * ((int64_t)1 << (b + x->format.cell_bits * k)));
            }
        }
}

/* Both bitlines of an output; `at` are the next active columns of the tiles. Bit b of the result:
 * whether input bit b drives any current. */
static unsigned read_both(struct readout_layer *layer, size_t row_tile, int slice, size_t output,
                          size_t at[CROSSBAR_SIGNS])
{
    unsigned present = 0;
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
        const struct crossbar_tile *tile = crossbar_tile_at(layer->x, row_tile, slice, sign);
        if (at[sign] < tile->active && tile->column[at[sign]] == output)
            present |= bitlines_read(&layer->bitlines, tile, at[sign]++, layer->current[sign]);
        else
            memset(layer->current[sign], 0, sizeof layer->current[sign]);
    }
    return present;
}

/* sum [BIT_SUMS_LANES] += factor times what a converter makes of plus - minus. */
static void add_differences(int64_t *sum, const int64_t *table, const int32_t *plus,
                            const int32_t *minus, int64_t factor)
{
    for (int v = 0; v < BIT_SUMS_LANES; v++) {
        const int32_t s = plus[v] - minus[v];
        sum[v] += factor * (s < 0 ? -table[-s] : table[s]);
    }
}

/* Any converter behind the difference of the two bitlines. */
static void add_subtracted(struct readout_layer *layer, size_t row_tile, int pass)
{
    const struct crossbar *x = layer->x;
    const int64_t one = pass == 1 ? -1 : 1;
    for (int k = 0; k < crossbar_slices(x->format); k++) {
        const int64_t *table = table_of(layer, CROSSBAR_POSITIVE, k);
        size_t at[CROSSBAR_SIGNS] = {0};
        for (size_t j = 0; j < x->outputs; j++) {
            int64_t *sum = layer->sum + j * BIT_SUMS_LANES;
            const unsigned present = read_both(layer, row_tile, k, j, at);
            for (int b = 0; b < BIT_SUMS_WORDS; b++)
                if (present >> b & 1)
                    add_differences(sum, table,
                                    layer->current[CROSSBAR_POSITIVE] + b * BIT_SUMS_LANES,
                                    layer->current[CROSSBAR_NEGATIVE] + b * BIT_SUMS_LANES,
                                    one * ((int64_t)1 << (b + x->format.cell_bits * k)));
        }
    }
}

static void remove_offset(const struct crossbar *x, const int16_t *input, int64_t *out)
{
    const int bits = x->format.weight_bits - x->format.cell_bits; /* see readout_format */
    int64_t sum = 0;
    for (size_t r = 0; r < x->inputs; r++)
        sum += input[r];
    for (size_t j = 0; j < x->outputs; j++)
        out[j] -= sum * ((int64_t)1 << bits);
}

/* Halves away from zero: negative weights give the negative output. */
static void drop_fraction(int64_t *out, size_t n)
{
    const int64_t half = (int64_t)1 << (READOUT_FRACTION - 1);
    for (size_t j = 0; j < n; j++)
        out[j] = out[j] < 0 ? -((-out[j] + half) >> READOUT_FRACTION)
                            : (out[j] + half) >> READOUT_FRACTION;
}

void readout_finish(const struct crossbar *x, enum readout_signs signs, const int16_t *input,
                    int64_t *out)
{
    drop_fraction(out, x->outputs);
    if (signs == READOUT_OFFSET)
        remove_offset(x, input, out);
}

/* output [n, outputs] of a block of n vectors. */
static void multiply_block(struct readout_layer *layer, const int16_t *input, size_t n,
                           size_t stride, int passes, int64_t *output)
{
    const struct crossbar *x = layer->x;
    memset(layer->sum, 0, x->outputs * BIT_SUMS_LANES * sizeof *layer->sum);
    for (size_t t = 0; t < x->row_tiles; t++)
        for (int pass = 0; pass < passes; pass++) {
            bitlines_drive(&layer->bitlines, input, n, stride, t, pass);
            if (layer->readout.signs == READOUT_ANALOG)
                add_subtracted(layer, t, pass);
            else
                add_converted(layer, t, pass);
        }
    for (size_t v = 0; v < n; v++) {
        for (size_t j = 0; j < x->outputs; j++)
            output[v * x->outputs + j] = layer->sum[j * BIT_SUMS_LANES + v];
        readout_finish(x, layer->readout.signs, input + v * stride, output + v * x->outputs);
    }
}

static void multiply_clipped(struct readout_layer *layer, const int16_t *input, size_t n,
                             size_t stride, int passes, int64_t *output)
{
    clipped_multiply(&layer->clipped, input, n, stride, passes, output);
    for (size_t v = 0; v < n && layer->readout.signs == READOUT_OFFSET; v++)
        remove_offset(layer->x, input + v * stride, output + v * layer->x->outputs);
}

struct readout_layer *readout_open(const struct crossbar *x, const struct readout *readout,
                                   bool reads_all)
{
    struct readout_layer *layer = MEM_NEW(struct readout_layer, 1);
    layer->x = x;
    layer->readout = *readout;
    layer->is_clipped = readout->transfer == READOUT_CLIP && readout->signs != READOUT_ANALOG;
    if (layer->is_clipped) {
        clipped_create(&layer->clipped, x, layer->readout.bits, reads_all);
        return layer;
    }
    bitlines_create(&layer->bitlines, x);
    layer->sum = MEM_NEW(int64_t, x->outputs * BIT_SUMS_LANES);
    fill_tables(layer);
    return layer;
}

void readout_close(struct readout_layer *layer)
{
    if (!layer)
        return;
    if (layer->is_clipped)
        clipped_destroy(&layer->clipped);
    else
        bitlines_free(&layer->bitlines);
    mem_free(layer->sum);
    mem_free(layer->table);
    mem_free(layer);
}

void readout_run(struct readout_layer *layer, const int16_t *input, size_t n, size_t stride,
                 int passes, int64_t *output)
{
    for (size_t i = 0; i < n; i += BIT_SUMS_LANES) {
        const size_t m = n - i < BIT_SUMS_LANES ? n - i : BIT_SUMS_LANES;
        const int16_t *block = input + i * stride;
        int64_t *to = output + i * layer->x->outputs;
        if (layer->is_clipped)
            multiply_clipped(layer, block, m, stride, passes, to);
        else
            multiply_block(layer, block, m, stride, passes, to);
    }
}

void readout_multiply(const struct crossbar *x, const struct readout *readout, const int16_t *input,
                      size_t n, size_t stride, int passes, int64_t *output)
{
    struct readout_layer *layer = readout_open(x, readout, false);
    readout_run(layer, input, n, stride, passes, output);
    readout_close(layer);
}
