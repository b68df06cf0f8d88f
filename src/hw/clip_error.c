#include "hw/clip_error.h"

#include <string.h>

#include "base/mem.h"
#include "hw/lookup.h"

enum {
    GROUPS = CROSSBAR_MAX_ROWS / LOOKUP_ROWS, /* of a row tile, at most */
    PARTS = 8 /* of a weight, at most: parts of its slices, LOOKUP_PART_BITS or 1 bit each */
};

bool clip_error_suits(const struct readout *readout)
{
    return readout->transfer == READOUT_CLIP && readout->signs != READOUT_OFFSET;
}

/* Parts of a cell that are looked up one by one, of LOOKUP_PART_BITS each. */
static int parts_of(struct crossbar_format format)
{
    return (format.cell_bits + LOOKUP_PART_BITS - 1) / LOOKUP_PART_BITS;
}

/* ---- memory ---- */

static size_t groups_of(struct crossbar_format format)
{
    return ((size_t)format.rows + LOOKUP_ROWS - 1) / LOOKUP_ROWS;
}

void clip_error_create(struct clip_error *e, struct crossbar_format format,
                       const struct readout *readout, size_t outputs, size_t inputs)
{
    const size_t rows = (size_t)format.rows, parts = (size_t)parts_of(format);
    const size_t slices = (size_t)crossbar_slices(format);
    *e = (struct clip_error){
        .format = format, .readout = *readout, .outputs = outputs, .inputs = inputs};
    e->row_tiles = (inputs + rows - 1) / rows;
    const size_t columns = e->row_tiles * outputs * slices * CROSSBAR_SIGNS;
    const size_t groups = (inputs / LOOKUP_ROWS + e->row_tiles) * outputs * slices * parts;
    e->tile = MEM_NEW(size_t, e->row_tiles + 1);
    e->column = MEM_NEW(struct clip_column, columns);
    e->run = MEM_NEW(uint32_t, columns * 2 * parts + 1);
    e->group = MEM_NEW(uint8_t, groups * CROSSBAR_SIGNS + 1); /* list_groups writes one ahead */
    e->pattern = MEM_NEW(uint8_t, groups * CROSSBAR_SIGNS + 1);
    e->lookup = MEM_NEW(uint8_t, LOOKUP_PATTERNS * LOOKUP_TABLE);
    e->index = MEM_NEW(uint8_t, groups_of(format) * LOOKUP_BITS * LOOKUP_LANES);
    e->part = MEM_NEW(int32_t, outputs * LOOKUP_LANES);
    e->sum = MEM_NEW(int64_t, outputs * LOOKUP_LANES);
    lookup_fill_table(e->lookup);
}

void clip_error_destroy(struct clip_error *e)
{
    mem_free(e->tile);
    mem_free(e->column);
    mem_free(e->run);
    mem_free(e->group);
    mem_free(e->pattern);
    mem_free(e->lookup);
    mem_free(e->index);
    mem_free(e->part);
    mem_free(e->sum);
    *e = (struct clip_error){0};
}

/* ---- weights ---- */

/* The weights of one output on one row tile, taken apart. */
struct cut {
    size_t groups;
    uint8_t magnitude[CROSSBAR_SIGNS][GROUPS * LOOKUP_ROWS];
    uint8_t pattern[CROSSBAR_SIGNS][PARTS][GROUPS];
    uint32_t sum[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]; /* of the digits */
};

/* Patterns of one part of the cells, LOOKUP_PART_BITS or 1 bit from bit `shift` of each magnitude.
 * Returns the sum of these. Four rows at a time, each in a byte of a word. */
static uint32_t cut_part(uint8_t *restrict pattern, const uint8_t *restrict magnitude,
                         size_t groups, int shift, uint32_t mask)
{
    uint32_t even = 0, odd = 0; /* two sums of 16 bits each */
    for (size_t g = 0; g < groups; g++) {
        uint32_t word;
        memcpy(&word, magnitude + g * LOOKUP_ROWS, sizeof word);
        const uint32_t x = word >> shift & mask;
        pattern[g] = (uint8_t)(x | x >> 6 | x >> 12 | x >> 18);
        even += x & 0x00ff00ffu;
        odd += x >> 8 & 0x00ff00ffu;
    }
    const uint32_t both = even + odd;
    return (both & 0xffffu) + (both >> 16);
}

static void cut_column(struct cut *cut, struct crossbar_format format, const int16_t *code,
                       size_t rows)
{
    const int parts = parts_of(format), slices = crossbar_slices(format);
    const uint32_t mask = format.cell_bits == 1 ? 0x01010101u : 0x03030303u;
    uint8_t *plus = cut->magnitude[CROSSBAR_POSITIVE], *minus = cut->magnitude[CROSSBAR_NEGATIVE];
    cut->groups = (rows + LOOKUP_ROWS - 1) / LOOKUP_ROWS;
    for (size_t r = 0; r < rows; r++) {
        plus[r] = (uint8_t)(code[r] > 0 ? code[r] : 0);
        minus[r] = (uint8_t)(code[r] < 0 ? -code[r] : 0);
    }
    for (size_t r = rows; r < cut->groups * LOOKUP_ROWS; r++)
        plus[r] = minus[r] = 0;
    memset(cut->sum, 0, sizeof cut->sum);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < slices; k++)
            for (int p = 0; p < parts; p++)
                cut->sum[sign][k] +=
                    cut_part(cut->pattern[sign][k * parts + p], cut->magnitude[sign], cut->groups,
                             k * format.cell_bits + p * LOOKUP_PART_BITS, mask)
                    << (p * LOOKUP_PART_BITS);
}

/* Where the next column, run and group go. */
struct cursor {
    size_t column, run;
    uint32_t group;
};

/* Lists the groups of a run that are not all 0. */
static void list_groups(struct clip_error *e, struct cursor *at, const uint8_t *pattern,
                        size_t groups)
{
    uint8_t *group = e->group + at->group, *listed = e->pattern + at->group;
    size_t n = 0;
    for (size_t g = 0; g < groups; g++) {
        uint64_t eight;
        if (g + sizeof eight <= groups && memcpy(&eight, pattern + g, sizeof eight) && eight == 0) {
            g += sizeof eight - 1;
            continue;
        }
        group[n] = (uint8_t)g;
        listed[n] = pattern[g];
        n += pattern[g] != 0;
    }
    at->group += (uint32_t)n;
}

/* One side of a column, run after run; sign < 0: no groups. */
static void list_runs(struct clip_error *e, struct cursor *at, const struct cut *cut, int sign,
                      int slice)
{
    const int parts = parts_of(e->format);
    for (int p = 0; p < parts; p++) {
        e->run[at->run++] = at->group;
        if (sign >= 0)
            list_groups(e, at, cut->pattern[sign][slice * parts + p], cut->groups);
    }
}

static void list_column(struct clip_error *e, struct cursor *at, const struct cut *cut,
                        struct clip_column column, int plus, int minus)
{
    const uint32_t *sum[CROSSBAR_SIGNS] = {cut->sum[CROSSBAR_POSITIVE],
                                           cut->sum[CROSSBAR_NEGATIVE]};
    const uint32_t most = sum[plus][column.slice];
    column.first = (uint32_t)at->run;
    column.is_wide = parts_of(e->format) > 1 || most > UINT8_MAX ||
                     (minus >= 0 && sum[minus][column.slice] > UINT8_MAX);
    list_runs(e, at, cut, plus, column.slice);
    list_runs(e, at, cut, minus, column.slice);
    e->column[at->column++] = column;
}

/* The largest code of the converter of a sign and slice. */
static int32_t top_of(const struct clip_error *e, int sign, int k)
{
    return (int32_t)((1 << e->readout.bits[sign][k]) - 1);
}

static void list_output(struct clip_error *e, struct cursor *at, const struct cut *cut,
                        size_t output)
{
    enum { PLUS = CROSSBAR_POSITIVE, MINUS = CROSSBAR_NEGATIVE };
    for (int k = 0; k < crossbar_slices(e->format); k++) {
        struct clip_column column = {
            .output = (uint32_t)output, .slice = (uint8_t)k, .top = top_of(e, PLUS, k)};
        const uint32_t plus = cut->sum[PLUS][k], minus = cut->sum[MINUS][k];
        if (e->readout.signs == READOUT_ANALOG) {
            if (plus > (uint32_t)column.top || minus > (uint32_t)column.top)
                list_column(e, at, cut, column, PLUS, MINUS);
            continue;
        }
        if (plus > (uint32_t)column.top)
            list_column(e, at, cut, column, PLUS, -1);
        column.top = top_of(e, MINUS, k);
        column.is_negative = true;
        if (minus > (uint32_t)column.top)
            list_column(e, at, cut, column, MINUS, -1);
    }
}

void clip_error_map(struct clip_error *e, const int16_t *code)
{
    const size_t rows = (size_t)e->format.rows;
    struct cursor at = {0};
    struct cut cut;
    for (size_t t = 0; t < e->row_tiles; t++) {
        const size_t left = e->inputs - t * rows;
        e->tile[t] = at.column;
        for (size_t j = 0; j < e->outputs; j++) {
            cut_column(&cut, e->format, code + j * e->inputs + t * rows, left < rows ? left : rows);
            list_output(e, &at, &cut, j);
        }
    }
    e->tile[e->row_tiles] = at.column;
    e->run[at.run] = at.group;
}

size_t clip_error_columns(const struct clip_error *e)
{
    return e->tile[e->row_tiles];
}

/* ---- inputs ---- */

static struct lookup_run run_at(const struct clip_error *e, size_t i)
{
    return (struct lookup_run){e->group + e->run[i], e->pattern + e->run[i],
                               e->run[i + 1] - e->run[i]};
}

/* Where a current is beyond a byte, or a cell has more than one part. */
static void add_wide(const struct clip_error *e, const struct clip_column *column, bool negative,
                     int32_t *sum)
{
    const int parts = parts_of(e->format), shift = e->format.cell_bits * column->slice;
    int32_t side[2][LOOKUP_BITS * LOOKUP_LANES] = {{0}};
    for (int i = 0; i < 2 * parts; i++)
        lookup_kernels()->add_wide(side[i / parts], e->index, run_at(e, column->first + (size_t)i),
                                   e->lookup, LOOKUP_PART_BITS * (i % parts));
    for (int i = 0; i < LOOKUP_BITS * LOOKUP_LANES; i++) {
        const int32_t d = side[0][i] - side[1][i], top = column->top;
        const int32_t beyond = d > top ? d - top : d < -top ? d + top : 0;
        const int32_t lost = beyond * (1 << (i / LOOKUP_LANES + shift));
        sum[i % LOOKUP_LANES] += negative ? -lost : lost;
    }
}

static void add_columns(struct clip_error *e, size_t row_tile, int pass)
{
    for (size_t c = e->tile[row_tile]; c < e->tile[row_tile + 1]; c++) {
        const struct clip_column *column = &e->column[c];
        const bool negative = column->is_negative != (pass == 1);
        int32_t *sum = e->part + (size_t)column->output * LOOKUP_LANES;
        if (column->is_wide)
            add_wide(e, column, negative, sum);
        else
            lookup_kernels()->add_excess(sum, e->index, run_at(e, column->first),
                                         run_at(e, column->first + 1), e->lookup, column->top,
                                         e->format.cell_bits * column->slice, negative);
    }
}

/* So many row tiles cannot overflow the 32 bits of `part`: rows * code * input each. */
static size_t tiles_in_part(const struct clip_error *e)
{
    const int64_t code = ((int64_t)1 << e->format.weight_bits) - 1;
    const int64_t most = INT32_MAX / (e->format.rows * code * ((1 << LOOKUP_BITS) - 1));
    return most > 1 ? (size_t)most : 1;
}

static void empty_part(struct clip_error *e)
{
    const size_t n = e->outputs * LOOKUP_LANES;
    for (size_t i = 0; i < n; i++)
        e->sum[i] += e->part[i];
    memset(e->part, 0, n * sizeof *e->part);
}

/* e->sum of n <= LOOKUP_LANES vectors. */
static void multiply_block(struct clip_error *e, const int16_t *input, size_t n, size_t stride,
                           int passes)
{
    const size_t rows = (size_t)e->format.rows, most = tiles_in_part(e);
    size_t filled = 0;
    memset(e->sum, 0, e->outputs * LOOKUP_LANES * sizeof *e->sum);
    for (size_t t = 0; t < e->row_tiles; t++) {
        const size_t left = e->inputs - t * rows;
        if (e->tile[t] == e->tile[t + 1])
            continue;
        for (int pass = 0; pass < passes; pass++) {
            lookup_kernels()->indices(e->index, input + t * rows, n, stride,
                                      left < rows ? left : rows, pass == 1);
            add_columns(e, t, pass);
        }
        if (++filled % most == 0)
            empty_part(e);
    }
    empty_part(e);
}

void clip_error_multiply(struct clip_error *e, const int16_t *input, size_t n, size_t stride,
                         int passes, int64_t *lost)
{
    for (size_t i = 0; i < n; i += LOOKUP_LANES) {
        const size_t m = n - i < LOOKUP_LANES ? n - i : LOOKUP_LANES;
        multiply_block(e, input + i * stride, m, stride, passes);
        for (size_t v = 0; v < m; v++)
            for (size_t j = 0; j < e->outputs; j++)
                lost[(i + v) * e->outputs + j] = e->sum[j * LOOKUP_LANES + v];
    }
}
