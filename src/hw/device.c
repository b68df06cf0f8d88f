#include "hw/device.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/rng.h"
#include "hw/kernels.h"

static const char *const variation_names[DEVICE_VARIATIONS] = {"none", "relative", "lognormal",
                                                               "milo", "wan"};
static const char *const leakage_names[LEAKAGE_OPTIONS] = {"none", "digital", "reference"};

static const char *join(const char *const *names, int count, char list[96])
{
    list[0] = '\0';
    for (int i = 0; i < count; i++)
        names_append(list, 96, names[i]);
    return list;
}

static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *device_variation_names(void)
{
    static char list[96];
    return join(variation_names, DEVICE_VARIATIONS, list);
}

const char *device_leakage_names(void)
{
    static char list[96];
    return join(leakage_names, LEAKAGE_OPTIONS, list);
}

bool device_variation_find(const char *name, enum device_variation *variation)
{
    const int found = find(variation_names, DEVICE_VARIATIONS, name);
    *variation = found < 0 ? DEVICE_NONE : (enum device_variation)found;
    return found >= 0;
}

bool device_leakage_find(const char *name, enum device_leakage *leakage)
{
    const int found = find(leakage_names, LEAKAGE_OPTIONS, name);
    *leakage = found < 0 ? LEAKAGE_NONE : (enum device_leakage)found;
    return found >= 0;
}

/* ---- programming ---- */

struct device_array {
    const struct crossbar *x;
    struct device device;
    uint32_t layer;
    int64_t leak;   /* Gmin / dG */
    int32_t **cell; /* [row_tile, slice, sign] → [rows, active padded]; as crossbar->tile */
};

/* Columns of a tile with room for whole vectors. */
static size_t padded(size_t columns)
{
    return (columns + 7) / 8 * 8;
}

static int64_t to_fixed(double level)
{
    return (int64_t)floor(ldexp(level, READOUT_FRACTION) + 0.5);
}

static double leak_of(const struct device *device, int top)
{
    return device->on_off > 1 ? top / (device->on_off - 1) : 0;
}

/* Deviation of a published fit at conductance `share` of its range, in levels; z standard normal. */
static double fitted(const struct device *device, double share, int top, double z)
{
    const bool is_milo = device->variation == DEVICE_MILO;
    const double low = is_milo ? 50 : 0, high = is_milo ? 225 : 39, g = low + share * (high - low);
    const double sigma = is_milo ? fmax(4.782 - 0.009107 * g, 0)
                                 : ((1.536e-4 * g - 1.167e-2) * g + 0.2374) * g + 1.053;
    return device->sigma * sigma * z * top / (high - low);
}

/* Programmed conductance / dG of a cell that should have `level` of 0..top. */
static double programmed(const struct device *device, int level, int top, double z)
{
    const double ideal = level + leak_of(device, top);
    switch (device->variation) {
    case DEVICE_RELATIVE:
        return ideal * (1 + device->sigma * z);
    case DEVICE_LOGNORMAL:
        return ideal * exp(device->sigma * z);
    case DEVICE_MILO:
    case DEVICE_WAN:
        return ideal + fitted(device, (double)level / top, top, z);
    default:
        return ideal;
    }
}

/* A cell's own number; the draws of one cell have neighbouring ones. */
static uint64_t number_of(const struct crossbar *x, size_t tile, size_t row, size_t column)
{
    return ((tile * (size_t)x->format.rows + row) * x->outputs + column) * 2;
}

static int32_t draw_cell(const struct device_array *array, int level, uint64_t number)
{
    const struct device *device = &array->device;
    const struct rng_key key = {device->seed, RNG_DEVICE, array->layer};
    const int top = (1 << array->x->format.cell_bits) - 1;
    if (device->stuck_hrs > 0 || device->stuck_lrs > 0) {
        const double u = rng_uniform(key, number);
        if (u < device->stuck_hrs)
            level = 0;
        else if (u < device->stuck_hrs + device->stuck_lrs)
            level = top;
    }
    const double z = device->variation == DEVICE_NONE ? 0 : rng_normal(key, number + 1);
    const double largest = 64.0 * (top + 1); /* far beyond any device; fits in 31 bits */
    const double g = fmin(fmax(programmed(device, level, top, z), 0), largest);
    return (int32_t)to_fixed(g);
}

struct device_array *device_program(const struct crossbar *x, const struct device *device,
                                    uint32_t layer)
{
    struct device_array *array = MEM_NEW(struct device_array, 1);
    const size_t tiles = x->row_tiles * (size_t)crossbar_slices(x->format) * CROSSBAR_SIGNS;
    const int top = (1 << x->format.cell_bits) - 1;
    *array = (struct device_array){.x = x, .device = *device, .layer = layer};
    array->leak = to_fixed(leak_of(device, top));
    array->cell = MEM_NEW(int32_t *, tiles);
    for (size_t t = 0; t < tiles; t++) {
        const struct crossbar_tile *tile = &x->tile[t];
        const size_t width = padded(tile->active), rows = (size_t)x->format.rows;
        array->cell[t] = MEM_NEW(int32_t, rows * width);
        for (size_t r = 0; r < rows; r++)
            for (size_t a = 0; a < tile->active; a++)
                array->cell[t][r * width + a] = draw_cell(array, crossbar_level(x, tile, r, a),
                                                          number_of(x, t, r, tile->column[a]));
    }
    return array;
}

void device_free(struct device_array *array)
{
    const struct crossbar *x = array->x;
    const size_t tiles = x->row_tiles * (size_t)crossbar_slices(x->format) * CROSSBAR_SIGNS;
    for (size_t t = 0; t < tiles; t++)
        mem_free(array->cell[t]);
    mem_free(array->cell);
    mem_free(array);
}

int32_t device_cell(const struct device_array *array, size_t row_tile, int slice, int sign,
                    size_t row, size_t active)
{
    const struct crossbar_tile *tile = crossbar_tile_at(array->x, row_tile, slice, sign);
    return array->cell[tile - array->x->tile][row * padded(tile->active) + active];
}

/* ---- reading ---- */

struct work {
    const struct device_array *array;
    const struct readout *readout;
    int64_t *sum;   /* [outputs padded] of the bitlines of one tile */
    double *drop;   /* likewise, what the wires take */
    int64_t *all;   /* [outputs] of all columns */
    uint64_t *mask; /* [input_bits, words] */
    uint64_t vector;
};

static size_t words_of(struct crossbar_format format)
{
    return ((size_t)format.rows + 63) / 64;
}

/* mask [input_bits, words]: bit b of each row's input, of inputs of the pass's sign (pass 1 takes the
 * negative ones). Bit b of the result tells whether any row has it. */
static unsigned drive(const struct crossbar *x, const int16_t *input, size_t row_tile, int pass,
                      uint64_t *mask)
{
    return hw_kernels()->bit_planes(mask, input + row_tile * (size_t)x->format.rows,
                                    crossbar_tile_rows(x, row_tile), x->format.input_bits,
                                    (int)words_of(x->format), pass == 1);
}

static int bit_at(const struct work *work, int bit, size_t row)
{
    const size_t words = words_of(work->array->x->format);
    return (int)(work->mask[(size_t)bit * words + row / 64] >> row % 64 & 1);
}

static int64_t active_rows(const struct work *work, int bit)
{
    const size_t words = words_of(work->array->x->format);
    int64_t rows = 0;
    for (size_t w = 0; w < words; w++)
        rows += __builtin_popcountll(work->mask[(size_t)bit * words + w]);
    return rows;
}

/* sum[a] = sum of the active cells of each bitline. */
static void sum_columns(struct work *work, size_t t, int bit, size_t width)
{
    const size_t words = words_of(work->array->x->format);
    const int32_t *cell = work->array->cell[t];
    memset(work->sum, 0, width * sizeof *work->sum);
    for (size_t w = 0; w < words; w++)
        for (uint64_t rest = work->mask[(size_t)bit * words + w]; rest; rest &= rest - 1) {
            const int32_t *row = cell + (64 * w + (size_t)__builtin_ctzll(rest)) * width;
            for (size_t a = 0; a < width; a++)
                work->sum[a] += row[a];
        }
}

/* drop[a] = wire sum_k (sum_{i>=k} I_i)^2, in levels; row 0 lies at the sense end. */
static void drop_columns(struct work *work, size_t t, int bit, size_t width)
{
    const int32_t *cell = work->array->cell[t];
    const double unit = ldexp(1, -READOUT_FRACTION);
    memset(work->sum, 0, width * sizeof *work->sum);
    memset(work->drop, 0, width * sizeof *work->drop);
    for (size_t r = (size_t)work->array->x->format.rows; r-- > 0;) {
        const int is_active = bit_at(work, bit, r);
        for (size_t a = 0; a < width; a++) {
            work->sum[a] += is_active ? cell[r * width + a] : 0;
            const double behind = (double)work->sum[a] * unit;
            work->drop[a] += behind * behind;
        }
    }
    for (size_t a = 0; a < width; a++)
        work->drop[a] *= work->array->device.wire;
}

struct read {
    size_t tile; /* index of crossbar->tile */
    int pass, bit;
    int64_t rows; /* active */
};

/* Noise of a conversion: the sum over active cells of independent normals, drawn as one. */
static int64_t read_noise(const struct work *work, struct read read, uint32_t column)
{
    const struct device_array *array = work->array;
    const struct crossbar *x = array->x;
    const struct rng_key key = {array->device.seed, RNG_READ, array->layer};
    const uint64_t passes = 2, bits = (uint64_t)x->format.input_bits;
    const uint64_t tiles = x->row_tiles * (uint64_t)crossbar_slices(x->format) * CROSSBAR_SIGNS;
    const uint64_t when = (work->vector * passes + (uint64_t)read.pass) * bits + (uint64_t)read.bit;
    const double z = rng_normal(key, (when * tiles + read.tile) * x->outputs + column);
    return to_fixed(array->device.read_noise * sqrt((double)read.rows) * z);
}

/* Adds what the sense ends of a tile's bitlines carry, to all [outputs]. */
static void add_tile(struct work *work, struct read read, int factor)
{
    const struct device *device = &work->array->device;
    const struct crossbar_tile *tile = &work->array->x->tile[read.tile];
    const size_t width = padded(tile->active);
    if (device->wire > 0)
        drop_columns(work, read.tile, read.bit, width);
    else
        sum_columns(work, read.tile, read.bit, width);
    for (size_t a = 0; a < tile->active; a++) {
        int64_t current = work->sum[a];
        if (device->wire > 0)
            current -= to_fixed(work->drop[a]);
        if (device->read_noise > 0)
            current += read_noise(work, read, tile->column[a]);
        if (device->leakage == LEAKAGE_REFERENCE)
            current -= read.rows * work->array->leak;
        work->all[tile->column[a]] += factor * current;
    }
}

/* A converter that knows no negative currents reads them as 0. */
static int64_t convert(const struct work *work, int bits, int64_t current, int64_t rows)
{
    const struct readout *readout = work->readout;
    const bool is_signed = readout->signs == READOUT_ANALOG;
    int64_t code = readout_convert(work->array->x->format, readout->transfer, bits,
                                   is_signed || current > 0 ? current : 0);
    if (work->array->device.leakage == LEAKAGE_DIGITAL && !is_signed && bits > 0)
        code -= rows * work->array->leak;
    return code;
}

/* One slice in one cycle: out [outputs] += converted currents. */
static void read_slice(struct work *work, size_t row_tile, int slice, int pass, int bit,
                       int64_t *out)
{
    const struct crossbar *x = work->array->x;
    const bool is_analog = work->readout->signs == READOUT_ANALOG;
    const int64_t weight = ((int64_t)1 << (bit + x->format.cell_bits * slice)) * (pass ? -1 : 1);
    struct read read = {0, pass, bit, active_rows(work, bit)};
    memset(work->all, 0, x->outputs * sizeof *work->all);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++) {
        const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, slice, sign);
        const int bits = work->readout->bits[is_analog ? CROSSBAR_POSITIVE : sign][slice];
        const int64_t factor = sign == CROSSBAR_NEGATIVE ? -1 : 1;
        if (tile->active == 0)
            continue;
        read.tile = (size_t)(tile - x->tile);
        add_tile(work, read, is_analog ? (int)factor : 1);
        for (size_t a = 0; a < tile->active && !is_analog; a++) {
            int64_t *current = &work->all[tile->column[a]];
            out[tile->column[a]] += factor * weight * convert(work, bits, *current, read.rows);
            *current = 0;
        }
    }
    for (size_t j = 0; is_analog && j < x->outputs; j++)
        out[j] += weight * convert(work, work->readout->bits[CROSSBAR_POSITIVE][slice],
                                   work->all[j], read.rows);
}

static void multiply_vector(struct work *work, const int16_t *input, int passes, int64_t *out)
{
    const struct crossbar *x = work->array->x;
    for (size_t t = 0; t < x->row_tiles; t++)
        for (int pass = 0; pass < passes; pass++) {
            const unsigned present = drive(x, input, t, pass, work->mask);
            for (int b = 0; present >> b; b++)
                for (int k = 0; present >> b & 1 && k < crossbar_slices(x->format); k++)
                    read_slice(work, t, k, pass, b, out);
        }
    readout_finish(x, work->readout->signs, input, out);
}

void device_multiply(const struct device_array *array, const struct readout *readout,
                     const int16_t *input, size_t n, size_t stride, int passes,
                     uint64_t first_vector, int64_t *output)
{
    const struct crossbar *x = array->x;
    const size_t width = padded(x->outputs);
    struct work work = {.array = array, .readout = readout};
    work.sum = MEM_NEW(int64_t, width);
    work.drop = MEM_NEW(double, width);
    work.all = MEM_NEW(int64_t, x->outputs);
    work.mask = MEM_NEW(uint64_t, CROSSBAR_MAX_INPUT_BITS * CROSSBAR_MAX_ROWS / 64);
    memset(output, 0, n * x->outputs * sizeof *output);
    for (size_t i = 0; i < n; i++) {
        work.vector = first_vector + i;
        multiply_vector(&work, input + i * stride, passes, output + i * x->outputs);
    }
    mem_free(work.sum);
    mem_free(work.drop);
    mem_free(work.all);
    mem_free(work.mask);
}
