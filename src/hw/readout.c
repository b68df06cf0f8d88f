#include "hw/readout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "hw/adc.h"
#include "hw/bitlines.h"

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

/* A block of up to LOOKUP_LANES input vectors. */
struct work {
    const struct crossbar *x;
    const struct readout *readout;
    struct bitlines bitlines;
    int64_t *table; /* [sign, slice, current] what the converters make of whole currents */
    int64_t *sum;   /* [outputs, LOOKUP_LANES] */
    int32_t *part;  /* [outputs, LOOKUP_LANES] of the last tiles, not yet in sum */
    struct bitline_currents currents[CROSSBAR_SIGNS]; /* of one column */
};

static int64_t *table_of(const struct work *work, int sign, int k)
{
    const struct crossbar_format format = work->x->format;
    const size_t at = (size_t)(sign * crossbar_slices(format) + k);
    return work->table + at * (crossbar_max_current(format) + 1);
}

static void fill_tables(struct work *work)
{
    const struct crossbar_format format = work->x->format;
    const size_t bins = crossbar_max_current(format) + 1;
    const int slices = crossbar_slices(format);
    work->table = MEM_NEW(int64_t, (size_t)(CROSSBAR_SIGNS * slices) * bins);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < slices; k++)
            for (size_t i = 0; i < bins; i++)
                table_of(work, sign, k)[i] =
                    readout_convert(format, work->readout->transfer, work->readout->bits[sign][k],
                                    (int64_t)i << READOUT_FRACTION);
}

/* Saturating converters. */
static void add_clipped(struct work *work, size_t row_tile, int pass)
{
    const struct crossbar *x = work->x;
    for (int k = 0; k < crossbar_slices(x->format); k++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            const int bits = work->readout->bits[sign][k];
            const bool negative = (sign == CROSSBAR_NEGATIVE) != (pass == 1);
            for (size_t a = 0; bits > 0 && a < tile->active; a++)
                bitlines_add_clipped(&work->bitlines, tile, a, (1 << bits) - 1,
                                     x->format.cell_bits * k, negative,
                                     work->part + (size_t)tile->column[a] * LOOKUP_LANES);
        }
}

/* So many row tiles cannot overflow the 32 bits of `part`: rows * code * input each. */
static size_t tiles_in_part(const struct crossbar *x)
{
    const int64_t code = ((int64_t)1 << x->format.weight_bits) - 1;
    const int64_t input = ((int64_t)1 << LOOKUP_BITS) - 1;
    return (size_t)(INT32_MAX / (x->format.rows * code * input));
}

static void empty_part(struct work *work)
{
    const size_t n = work->x->outputs * LOOKUP_LANES;
    for (size_t i = 0; i < n; i++)
        work->sum[i] += work->part[i];
    memset(work->part, 0, n * sizeof *work->part);
}

/* Any converter, each sign its own. */
static void add_converted(struct work *work, size_t row_tile, int pass)
{
    const struct crossbar *x = work->x;
    for (int k = 0; k < crossbar_slices(x->format); k++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            const int64_t *table = table_of(work, sign, k);
            const int64_t one = (sign == CROSSBAR_NEGATIVE) != (pass == 1) ? -1 : 1;
            for (size_t a = 0; a < tile->active; a++) {
                int64_t *sum = work->sum + (size_t)tile->column[a] * LOOKUP_LANES;
                bitlines_read(&work->bitlines, tile, a, &work->currents[0]);
                for (size_t i = 0; i < LOOKUP_BITS * LOOKUP_LANES; i++)
                    sum[i % LOOKUP_LANES] +=
                        one * table[bitlines_current(&work->currents[0], i)] *
                        ((int64_t)1 << (i / LOOKUP_LANES + (size_t)(x->format.cell_bits * k)));
            }
        }
}

/* Both bitlines of an output; `at` are the next active columns of the tiles. */
static void read_both(struct work *work, size_t row_tile, int slice, size_t output,
                      size_t at[CROSSBAR_SIGNS])
{
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
        const struct crossbar_tile *tile = crossbar_tile_at(work->x, row_tile, slice, sign);
        if (at[sign] < tile->active && tile->column[at[sign]] == output)
            bitlines_read(&work->bitlines, tile, at[sign]++, &work->currents[sign]);
        else
            work->currents[sign] = (struct bitline_currents){.is_narrow = true};
    }
}

/* Any converter behind the difference of the two bitlines. */
static void add_subtracted(struct work *work, size_t row_tile, int pass)
{
    const struct crossbar *x = work->x;
    for (int k = 0; k < crossbar_slices(x->format); k++) {
        const int64_t *table = table_of(work, CROSSBAR_POSITIVE, k);
        size_t at[CROSSBAR_SIGNS] = {0};
        for (size_t j = 0; j < x->outputs; j++) {
            int64_t *sum = work->sum + j * LOOKUP_LANES;
            read_both(work, row_tile, k, j, at);
            for (size_t i = 0; i < LOOKUP_BITS * LOOKUP_LANES; i++) {
                const int32_t difference = bitlines_current(&work->currents[CROSSBAR_POSITIVE], i) -
                                           bitlines_current(&work->currents[CROSSBAR_NEGATIVE], i);
                const int32_t s = pass == 1 ? -difference : difference;
                sum[i % LOOKUP_LANES] +=
                    (s < 0 ? -table[-s] : table[s]) *
                    ((int64_t)1 << (i / LOOKUP_LANES + (size_t)(x->format.cell_bits * k)));
            }
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

static bool is_clipped(const struct readout *readout)
{
    return readout->transfer == READOUT_CLIP && readout->signs != READOUT_ANALOG;
}

/* work->sum of n <= LOOKUP_LANES vectors. */
static void multiply_block(struct work *work, const int16_t *input, size_t n, size_t stride,
                           int passes)
{
    const struct crossbar *x = work->x;
    const size_t most = tiles_in_part(x) / (size_t)passes;
    memset(work->sum, 0, x->outputs * LOOKUP_LANES * sizeof *work->sum);
    for (size_t t = 0; t < x->row_tiles; t++) {
        for (int pass = 0; pass < passes; pass++) {
            bitlines_drive(&work->bitlines, input, n, stride, t, pass);
            if (is_clipped(work->readout))
                add_clipped(work, t, pass);
            else if (work->readout->signs == READOUT_ANALOG)
                add_subtracted(work, t, pass);
            else
                add_converted(work, t, pass);
        }
        if (is_clipped(work->readout) && (t + 1 == x->row_tiles || (t + 1) % most == 0))
            empty_part(work);
    }
}

/* output [outputs] of vector v of the block. */
static void finish_vector(const struct work *work, const int16_t *input, size_t v, int64_t *output)
{
    const struct crossbar *x = work->x;
    for (size_t j = 0; j < x->outputs; j++)
        output[j] = work->sum[j * LOOKUP_LANES + v];
    if (!is_clipped(work->readout))
        readout_finish(x, work->readout->signs, input, output);
    else if (work->readout->signs == READOUT_OFFSET)
        remove_offset(x, input, output);
}

void readout_multiply(const struct crossbar *x, const struct readout *readout, const int16_t *input,
                      size_t n, size_t stride, int passes, int64_t *output)
{
    struct work work = {.x = x, .readout = readout};
    bitlines_create(&work.bitlines, x);
    work.sum = MEM_NEW(int64_t, x->outputs * LOOKUP_LANES);
    work.part = MEM_NEW(int32_t, x->outputs * LOOKUP_LANES);
    if (!is_clipped(readout))
        fill_tables(&work);
    for (size_t i = 0; i < n; i += LOOKUP_LANES) {
        const size_t m = n - i < LOOKUP_LANES ? n - i : LOOKUP_LANES;
        multiply_block(&work, input + i * stride, m, stride, passes);
        for (size_t v = 0; v < m; v++)
            finish_vector(&work, input + (i + v) * stride, v, output + (i + v) * x->outputs);
    }
    bitlines_free(&work.bitlines);
    mem_free(work.sum);
    mem_free(work.part);
    mem_free(work.table);
}
