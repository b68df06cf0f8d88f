#include "hw/bitlines.h"

#include <string.h>

#include "base/mem.h"

void bitlines_create(struct bitlines *bitlines, const struct crossbar *x)
{
    const size_t groups = ((size_t)x->format.rows + LOOKUP_ROWS - 1) / LOOKUP_ROWS;
    *bitlines =
        (struct bitlines){.x = x, .index = MEM_NEW(uint8_t, groups * LOOKUP_BITS * LOOKUP_LANES)};
}

void bitlines_free(struct bitlines *bitlines)
{
    mem_free(bitlines->index);
    *bitlines = (struct bitlines){0};
}

void bitlines_drive(struct bitlines *bitlines, const int16_t *input, size_t n, size_t stride,
                    size_t row_tile, int pass)
{
    const struct crossbar *x = bitlines->x;
    lookup_kernels()->indices(bitlines->index, input + row_tile * (size_t)x->format.rows, n, stride,
                              crossbar_tile_rows(x, row_tile), pass == 1);
}

/* Whether no input whatever can drive more than a byte through a column. */
static bool is_narrow(const struct crossbar *x, const struct crossbar_tile *tile, size_t active)
{
    return crossbar_parts(x->format) == 1 && tile->sum[tile->column[active]] <= UINT8_MAX;
}

void bitlines_read(const struct bitlines *bitlines, const struct crossbar_tile *tile, size_t active,
                   struct bitline_currents *currents)
{
    const struct crossbar *x = bitlines->x;
    currents->is_narrow = is_narrow(x, tile, active);
    if (currents->is_narrow) {
        lookup_kernels()->currents(currents->narrow, bitlines->index, crossbar_run(tile, 0, active),
                                   x->lookup);
        return;
    }
    memset(currents->wide, 0, sizeof currents->wide);
    for (int p = 0; p < crossbar_parts(x->format); p++)
        lookup_kernels()->add_wide(currents->wide, bitlines->index, crossbar_run(tile, p, active),
                                   x->lookup, LOOKUP_PART_BITS * p);
}

/* Where a limit or a current is beyond a byte. */
static void add_clipped_wide(const struct bitlines *bitlines, const struct crossbar_tile *tile,
                             size_t active, int32_t top, int shift, bool negative, int32_t *sum)
{
    struct bitline_currents currents;
    bitlines_read(bitlines, tile, active, &currents);
    for (int b = 0; b < LOOKUP_BITS; b++)
        for (int v = 0; v < LOOKUP_LANES; v++) {
            const int32_t s = currents.wide[b * LOOKUP_LANES + v];
            const int32_t clipped = (s < top ? s : top) << (b + shift);
            sum[v] += negative ? -clipped : clipped;
        }
}

void bitlines_add_clipped(const struct bitlines *bitlines, const struct crossbar_tile *tile,
                          size_t active, int32_t top, int shift, bool negative, int32_t *sum)
{
    const struct crossbar *x = bitlines->x;
    /* bytes saturate at 255: what is beyond is either clipped or not there */
    if (crossbar_parts(x->format) == 1 && (top <= UINT8_MAX || is_narrow(x, tile, active)))
        lookup_kernels()->add_clipped(sum, bitlines->index, crossbar_run(tile, 0, active),
                                      x->lookup, top < UINT8_MAX ? top : UINT8_MAX, shift,
                                      negative);
    else
        add_clipped_wide(bitlines, tile, active, top, shift, negative, sum);
}
