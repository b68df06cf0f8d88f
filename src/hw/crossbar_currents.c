#include "hw/crossbar_currents.h"

#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"
#include "hw/bitlines.h"

struct current_counter {
    struct bitlines bitlines;
    size_t currents; /* that have bins, and those that are there for the kernel's sake */
    uint32_t *part;  /* [sign, slice, current, BIT_SUMS_WORDS] of the last vectors */
};

/* n <= BIT_SUMS_LANES lanes. */
static uint64_t first_lanes(size_t n)
{
    return n < BIT_SUMS_LANES ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* A block of n vectors on one (row tile, slice, sign), driven already. */
static void count_tile(struct current_counter *counter, size_t row_tile, int slice, int sign,
                       size_t n)
{
    const struct crossbar *x = counter->bitlines.x;
    const struct crossbar_tile *tile = crossbar_tile_at(x, row_tile, slice, sign);
    const size_t row = (size_t)(sign * crossbar_slices(x->format) + slice);
    uint64_t plane[BIT_SUMS_PLANES * BIT_SUMS_WORDS];
    uint32_t *part = counter->part + row * counter->currents * BIT_SUMS_WORDS;
    for (size_t b = 0; b < BIT_SUMS_WORDS; b++)
        part[b] += (uint32_t)((x->outputs - tile->active) * n);
    for (size_t a = 0; a < tile->active; a++) {
        const int planes = adc_bits_for(tile->sum[tile->column[a]]);
        bitlines_sum(&counter->bitlines, tile, a, planes, plane);
        bit_sums_kernels()->count(part, plane, planes, first_lanes(n));
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

static void merge_part(const struct current_counter *counter, uint64_t *histogram)
{
    const struct crossbar_format format = counter->bitlines.x->format;
    const size_t bins = crossbar_max_current(format) + 1, bits = (size_t)format.input_bits;
    const size_t rows = (size_t)(CROSSBAR_SIGNS * crossbar_slices(format));
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < bins; i++)
            for (size_t b = 0; b < bits; b++)
                histogram[(row * bits + b) * bins + i] +=
                    counter->part[(row * counter->currents + i) * BIT_SUMS_WORDS + b];
    memset(counter->part, 0, rows * counter->currents * BIT_SUMS_WORDS * sizeof *counter->part);
}

void crossbar_add_currents(const struct crossbar *x, const int16_t *input, size_t n, size_t stride,
                           int passes, size_t first_tile, size_t tiles, uint64_t *histogram)
{
    const size_t rows = (size_t)(CROSSBAR_SIGNS * crossbar_slices(x->format));
    struct current_counter counter = {.currents =
                                          crossbar_max_current(x->format) + BIT_SUMS_COUNT_ROOM};
    bitlines_create(&counter.bitlines, x);
    counter.part = MEM_NEW(uint32_t, rows * counter.currents * BIT_SUMS_WORDS);
    /* 32-bit partial counts hold this many vectors of one tile */
    const size_t most = UINT32_MAX / (2 * x->outputs);
    size_t counted = 0;
    for (size_t t = first_tile; t < first_tile + tiles; t++)
        for (size_t i = 0; i < n; i += BIT_SUMS_LANES) {
            const size_t m = n - i < BIT_SUMS_LANES ? n - i : BIT_SUMS_LANES;
            if (counted + m > most) {
                merge_part(&counter, histogram);
                counted = 0;
            }
            for (int pass = 0; pass < passes; pass++)
                count_block(&counter, input + i * stride, m, stride, t, pass);
            counted += m;
        }
    merge_part(&counter, histogram);
    bitlines_free(&counter.bitlines);
    mem_free(counter.part);
}
