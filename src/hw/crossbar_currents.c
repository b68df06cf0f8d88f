#include "hw/crossbar_currents.h"

#include <string.h>

#include "base/mem.h"
#include "hw/bitlines.h"

/* Several partial histograms: equal neighbours, which are the rule on sparse slices, then do not
 * wait for each other's store. */
enum { PARTS = 4 };

struct current_counter {
    struct bitlines bitlines;
    struct bitline_currents currents; /* of one column */
    uint32_t *part;                   /* [PARTS, sign, slice, input_bit, current] */
    size_t part_size;                 /* = crossbar_histogram_size */
};

/* The currents of n vectors for one input bit. */
static void count_bit(const struct current_counter *counter, int bit, size_t n, uint32_t *part)
{
    const size_t first = (size_t)bit * LOOKUP_LANES;
    const struct bitline_currents *currents = &counter->currents;
    if (currents->is_narrow)
        for (size_t v = 0; v < n; v++)
            part[v % PARTS * counter->part_size + currents->narrow[first + v]]++;
    else
        for (size_t v = 0; v < n; v++)
            part[v % PARTS * counter->part_size + (size_t)currents->wide[first + v]]++;
}

/* A block of n vectors on one (row tile, slice, sign), driven already. */
static void count_tile(struct current_counter *counter, size_t row_tile, int slice, int sign,
                       size_t n)
{
    const struct crossbar *x = counter->bitlines.x;
    const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, slice, sign);
    const size_t bins = crossbar_max_current(x->format) + 1, bits = (size_t)x->format.input_bits;
    const size_t row = (size_t)(sign * crossbar_slices(x->format) + slice) * bits;
    uint32_t *part = counter->part + row * bins;
    for (size_t b = 0; b < bits; b++)
        part[b * bins] += (uint32_t)((x->outputs - tile->active) * n);
    for (size_t a = 0; a < tile->active; a++) {
        bitlines_read(&counter->bitlines, tile, a, &counter->currents);
        for (size_t b = 0; b < bits; b++)
            count_bit(counter, (int)b, n, part + b * bins);
    }
}

static void count_block(struct current_counter *counter, const int16_t *input, size_t n,
                        size_t stride, size_t row_tile, int pass)
{
    bitlines_drive(&counter->bitlines, input, n, stride, row_tile, pass);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < crossbar_slices(counter->bitlines.x->format); k++)
            count_tile(counter, row_tile, k, sign, n);
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
    struct current_counter counter = {.part_size = crossbar_histogram_size(x->format)};
    bitlines_create(&counter.bitlines, x);
    counter.part = MEM_NEW(uint32_t, PARTS * counter.part_size);
    /* 32-bit partial counts hold this many vectors of one tile */
    const size_t most = UINT32_MAX / (2 * x->outputs);
    size_t counted = 0;
    for (size_t t = first_tile; t < first_tile + tiles; t++)
        for (size_t i = 0; i < n; i += LOOKUP_LANES) {
            const size_t m = n - i < LOOKUP_LANES ? n - i : LOOKUP_LANES;
            if (counted + m > most) {
                merge_parts(&counter, histogram);
                counted = 0;
            }
            for (int pass = 0; pass < passes; pass++)
                count_block(&counter, input + i * stride, m, stride, t, pass);
            counted += m;
        }
    merge_parts(&counter, histogram);
    bitlines_free(&counter.bitlines);
    mem_free(counter.part);
}
