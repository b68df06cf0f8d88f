#include "method/slice_price.h"

#include <math.h>
#include <string.h>

/* Prices that are next to each other: 2^-36 apart; near: 2^-6. Below the lowest, none: plain
 * rounding. */
static const double LOWEST = 0x1p-100, HIGHEST = 0x1p100;
static const uint64_t NEXT = UINT64_C(1) << 16, NEAR = UINT64_C(1) << 46;
static const uint32_t DIFFERENT = UINT32_MAX;
enum { SAMPLE = 4096 };

/* What is still open of a part. */
struct open_part {
    struct slice_codes low, middle, high;
    float *x; /* [count] magnitudes in codes, in the order of the weights */
    size_t count;
};

struct search {
    struct slice_part *part;
    struct open_part *open;
    size_t parts;
    int bits;
    uint32_t units[SLICE_CODES_MAX]; /* of each code */
    double low, high;
    int64_t low_units, high_units; /* of all weights at these prices */
};

static size_t padded(size_t size)
{
    return (size + 63) / 64 * 64;
}

size_t slice_price_scratch(size_t parts, size_t weights)
{
    return padded(parts * sizeof(struct open_part)) + weights * sizeof(float);
}

/* ---- both ends ---- */

static void price_part(const struct search *s, size_t p, struct slice_codes *codes, double price)
{
    slice_codes_priced(codes, s->bits, s->units, price / s->part[p].deviation);
}

static uint32_t units_at(const struct slice_codes *codes, float x)
{
    return codes->units[slice_codes_find(codes, x)];
}

/* The units of a cell where they are the same at both ends; else DIFFERENT. */
static void fill_cells(uint32_t units[SLICE_CELLS], const struct open_part *open)
{
    struct slice_cells low, high;
    slice_codes_cells(&low, &open->low);
    slice_codes_cells(&high, &open->high);
    for (int c = 0; c < SLICE_CELLS; c++) {
        units[c] = DIFFERENT;
        if (low.interval[c] >= 0 && high.interval[c] >= 0 &&
            open->low.units[low.interval[c]] == open->high.units[high.interval[c]])
            units[c] = open->low.units[low.interval[c]];
    }
}

/* Every `stride`th weight: the units at both ends, and the weights where they differ. */
static void open_part(struct search *s, size_t p, size_t stride)
{
    struct open_part *open = &s->open[p];
    const float inverse = 1.0f / s->part[p].step;
    const bool has_cells = s->part[p].count / stride > SLICE_CELLS;
    uint32_t cell[SLICE_CELLS];
    int64_t same = 0;
    if (has_cells)
        fill_cells(cell, open);
    open->count = 0;
    for (size_t i = 0; i < s->part[p].count; i += stride) {
        const float x = fabsf(s->part[p].w[i]) * inverse;
        const uint32_t units = has_cells ? cell[slice_cell_of(x)] : DIFFERENT;
        if (units != DIFFERENT) {
            same += units;
            continue;
        }
        const uint32_t at_low = units_at(&open->low, x), at_high = units_at(&open->high, x);
        s->low_units += at_low;
        s->high_units += at_high;
        if (at_low != at_high)
            open->x[open->count++] = x;
    }
    s->low_units += same;
    s->high_units += same;
}

static void open_parts(struct search *s, double low, double high, size_t stride)
{
    s->low = low;
    s->high = high;
    s->low_units = s->high_units = 0;
    for (size_t p = 0; p < s->parts; p++) {
        price_part(s, p, &s->open[p].low, low);
        price_part(s, p, &s->open[p].high, high);
        open_part(s, p, stride);
    }
}

/* ---- bisect ---- */

static uint64_t bits_of(double price)
{
    uint64_t bits;
    memcpy(&bits, &price, sizeof bits);
    return bits;
}

/* In between by order of floating point, which is even in the logarithm. */
static double between(double low, double high)
{
    const uint64_t bits = bits_of(low) + (bits_of(high) - bits_of(low)) / 2;
    double middle;
    memcpy(&middle, &bits, sizeof middle);
    return middle;
}

/* Units of the open weights in the middle, less those that they have at the high end. */
static int64_t more_than_high(struct search *s, double middle)
{
    int64_t more = 0;
    for (size_t p = 0; p < s->parts; p++) {
        struct open_part *open = &s->open[p];
        if (open->count > 0)
            price_part(s, p, &open->middle, middle);
        for (size_t i = 0; i < open->count; i++)
            more += (int64_t)units_at(&open->middle, open->x[i]) -
                    (int64_t)units_at(&open->high, open->x[i]);
    }
    return more;
}

/* The middle becomes an end; weights whose units are the same at both are decided. */
static void move_end(struct search *s, double middle, int64_t units, bool is_low)
{
    for (size_t p = 0; p < s->parts; p++) {
        struct open_part *open = &s->open[p];
        size_t n = 0;
        if (open->count == 0) /* its ends are not looked at any more */
            continue;
        *(is_low ? &open->low : &open->high) = open->middle;
        for (size_t i = 0; i < open->count; i++)
            if (units_at(&open->low, open->x[i]) != units_at(&open->high, open->x[i]))
                open->x[n++] = open->x[i];
        open->count = n;
    }
    *(is_low ? &s->low : &s->high) = middle;
    *(is_low ? &s->low_units : &s->high_units) = units;
}

/* low_units > budget >= high_units, until the ends are so many floating-point numbers apart. */
static void bisect(struct search *s, int64_t budget, uint64_t apart)
{
    while (bits_of(s->high) - bits_of(s->low) > apart && s->high_units < budget) {
        const double middle = between(s->low, s->high);
        const int64_t units = s->high_units + more_than_high(s, middle);
        move_end(s, middle, units, units > budget);
    }
}

/* ---- find ---- */

static size_t count_weights(const struct search *s)
{
    size_t weights = 0;
    for (size_t p = 0; p < s->parts; p++)
        weights += s->part[p].count;
    return weights;
}

/* Both ends, near the price that a sample of the weights has if that holds; false when the budget
 * asks for nothing. */
static bool enclose(struct search *s, int64_t budget)
{
    const size_t stride = count_weights(s) / SAMPLE;
    if (stride > 1) {
        const int64_t part = budget / (int64_t)stride;
        open_parts(s, LOWEST, HIGHEST, stride);
        if (s->low_units > part && s->high_units <= part) {
            bisect(s, part, NEAR);
            const double price = s->high;
            open_parts(s, price / 1.25, price * 1.25, 1);
            if (s->low_units > budget && s->high_units <= budget)
                return true;
        }
    }
    open_parts(s, LOWEST, HIGHEST, 1);
    return s->low_units > budget;
}

/* What the high end leaves of the budget, to the first weights that fit. */
static void share_rest(struct search *s, int64_t rest)
{
    for (size_t p = 0; p < s->parts; p++) {
        const struct open_part *open = &s->open[p];
        int64_t *extra = &s->part[p].found.extra;
        for (size_t i = 0; i < open->count; i++) {
            const int64_t more = (int64_t)units_at(&open->low, open->x[i]) -
                                 (int64_t)units_at(&open->high, open->x[i]);
            if (more <= rest - *extra)
                *extra += more;
        }
        rest -= *extra;
    }
}

void slice_price_find(struct slice_part *part, size_t parts, struct bit_slice_format format,
                      const uint32_t *unit, int64_t budget, void *scratch)
{
    struct search s = {.part = part, .open = scratch, .parts = parts, .bits = format.bits};
    float *x = (float *)(void *)((char *)scratch + padded(parts * sizeof *s.open));
    slice_codes_units(s.units, format, unit);
    for (size_t p = 0; p < parts; p++) {
        s.open[p].x = x;
        x += part[p].count;
        part[p].found = (struct slice_price){.is_known = true};
    }
    if (!enclose(&s, budget))
        return;
    bisect(&s, budget, NEXT);
    for (size_t p = 0; p < parts; p++) {
        part[p].found.low = s.low / part[p].deviation;
        part[p].found.high = s.high / part[p].deviation;
    }
    share_rest(&s, budget - s.high_units);
}

/* ---- project ---- */

/* Both ends of the price that was found, and what is left to give. */
struct ends {
    struct slice_codes low, high;
    int64_t rest;
};

/* The code of a magnitude: that at the high end, or while something is left, that at the low one. */
static int code_at(struct ends *ends, float x)
{
    const int at_high = slice_codes_find(&ends->high, x), at_low = slice_codes_find(&ends->low, x);
    const int64_t more = (int64_t)ends->low.units[at_low] - (int64_t)ends->high.units[at_high];
    if (more <= 0 || more > ends->rest)
        return ends->high.code[at_high];
    ends->rest -= more;
    return ends->low.code[at_low];
}

/* The code of a cell where nothing else is possible, as a value; else NaN. */
static void fill_values(float value[SLICE_CELLS], const struct ends *ends, float step)
{
    struct slice_cells low, high;
    slice_codes_cells(&low, &ends->low);
    slice_codes_cells(&high, &ends->high);
    for (int c = 0; c < SLICE_CELLS; c++) {
        const int at_low = low.interval[c], at_high = high.interval[c];
        value[c] = NAN;
        if (at_high >= 0 && at_low >= 0 && ends->low.units[at_low] == ends->high.units[at_high])
            value[c] = step * (float)ends->high.code[at_high];
    }
}

void slice_price_project(float *w, size_t count, float step, struct bit_slice_format format,
                         const uint32_t *unit, const struct slice_price *price)
{
    struct ends ends = {.rest = price->extra};
    uint32_t units[SLICE_CODES_MAX];
    float cell[SLICE_CELLS];
    const float inverse = 1.0f / step;
    const bool has_cells = count > SLICE_CELLS;
    slice_codes_units(units, format, unit);
    slice_codes_priced(&ends.low, format.bits, units, price->low);
    slice_codes_priced(&ends.high, format.bits, units, price->high);
    if (has_cells)
        fill_values(cell, &ends, step);
    for (size_t i = 0; i < count; i++) {
        const float x = fabsf(w[i]) * inverse;
        float value = has_cells ? cell[slice_cell_of(x)] : NAN;
        if (isnan(value))
            value = step * (float)code_at(&ends, x);
        w[i] = copysignf(value, w[i]) + 0.0f; /* -0 becomes 0 */
    }
}
