#include "hw/readout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "hw/adc.h"

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

struct work {
    const struct crossbar *x;
    const struct readout *readout;
    int64_t *table;   /* [sign, slice, current] what the converters make of whole currents */
    int32_t *current; /* [outputs padded] of the bitlines of one tile */
    int32_t *all;     /* [outputs] of all columns, for analog subtraction */
    uint64_t mask[CROSSBAR_MAX_INPUT_BITS * CROSSBAR_MAX_WORDS];
    unsigned present; /* bits of the inputs that occur */
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

/* Saturating converters, all input bits in one kernel call. */
static void add_clipped(struct work *work, size_t row_tile, int pass, int64_t *out)
{
    const struct crossbar *x = work->x;
    for (int k = 0; k < crossbar_slices(x->format); k++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            const int bits = work->readout->bits[sign][k];
            if (tile->active == 0 || bits == 0)
                continue;
            hw_kernels()->clipped_sums(work->current, work->mask, work->present,
                                       crossbar_planes_of(x, tile), (1 << bits) - 1);
            const int64_t weight = (int64_t)1 << (x->format.cell_bits * k);
            const int64_t factor = (sign == CROSSBAR_NEGATIVE) != (pass == 1) ? -weight : weight;
            for (size_t a = 0; a < tile->active; a++)
                out[tile->column[a]] += factor * work->current[a];
        }
}

static void read_tile(struct work *work, const struct crossbar_tile *tile, int bit)
{
    const size_t words = (size_t)crossbar_words(work->x->format);
    hw_kernels()->column_currents(work->current, work->mask + (size_t)bit * words,
                                  crossbar_planes_of(work->x, tile));
}

/* Any converter, each sign its own. */
static void add_converted(struct work *work, size_t row_tile, int pass, int bit, int64_t *out)
{
    const struct crossbar *x = work->x;
    for (int k = 0; k < crossbar_slices(x->format); k++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            const int64_t *table = table_of(work, sign, k);
            if (tile->active == 0)
                continue;
            read_tile(work, tile, bit);
            const int64_t weight = (int64_t)1 << (bit + x->format.cell_bits * k);
            const int64_t factor = (sign == CROSSBAR_NEGATIVE) != (pass == 1) ? -weight : weight;
            for (size_t a = 0; a < tile->active; a++)
                out[tile->column[a]] += factor * table[work->current[a]];
        }
}

/* Any converter behind the difference of the two bitlines. */
static void add_subtracted(struct work *work, size_t row_tile, int pass, int bit, int64_t *out)
{
    const struct crossbar *x = work->x;
    for (int k = 0; k < crossbar_slices(x->format); k++) {
        const int64_t *table = table_of(work, CROSSBAR_POSITIVE, k);
        const int64_t weight = (int64_t)1 << (bit + x->format.cell_bits * k);
        memset(work->all, 0, x->outputs * sizeof *work->all);
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
            const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, k, sign);
            if (tile->active == 0)
                continue;
            read_tile(work, tile, bit);
            for (size_t a = 0; a < tile->active; a++)
                work->all[tile->column[a]] +=
                    sign == CROSSBAR_POSITIVE ? work->current[a] : -work->current[a];
        }
        for (size_t j = 0; j < x->outputs; j++) {
            const int32_t s = pass == 1 ? -work->all[j] : work->all[j];
            out[j] += s < 0 ? -weight * table[-s] : weight * table[s];
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

static void multiply_vector(struct work *work, const int16_t *input, int passes, bool is_clipped,
                            int64_t *out)
{
    const struct crossbar *x = work->x;
    for (size_t t = 0; t < x->row_tiles; t++)
        for (int pass = 0; pass < passes; pass++) {
            work->present = crossbar_drive(x, input, t, pass, work->mask);
            if (is_clipped)
                add_clipped(work, t, pass, out);
            for (int b = 0; !is_clipped && work->present >> b; b++) {
                if (!(work->present >> b & 1))
                    continue;
                if (work->readout->signs == READOUT_ANALOG)
                    add_subtracted(work, t, pass, b, out);
                else
                    add_converted(work, t, pass, b, out);
            }
        }
    if (!is_clipped)
        readout_finish(x, work->readout->signs, input, out);
    else if (work->readout->signs == READOUT_OFFSET)
        remove_offset(x, input, out);
}

void readout_multiply(const struct crossbar *x, const struct readout *readout, const int16_t *input,
                      size_t n, size_t stride, int passes, int64_t *output)
{
    const bool is_clipped = readout->transfer == READOUT_CLIP && readout->signs != READOUT_ANALOG;
    struct work work = {.x = x, .readout = readout};
    work.current = MEM_NEW(int32_t, crossbar_padded(x->outputs));
    work.all = MEM_NEW(int32_t, x->outputs);
    if (!is_clipped)
        fill_tables(&work);
    memset(output, 0, n * x->outputs * sizeof *output);
    for (size_t i = 0; i < n; i++)
        multiply_vector(&work, input + i * stride, passes, is_clipped, output + i * x->outputs);
    mem_free(work.current);
    mem_free(work.all);
    mem_free(work.table);
}
