#include "hw/bitlines.h"

#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"

void bitlines_create(struct bitlines *bitlines, const struct crossbar *x)
{
    const size_t rows = (size_t)x->format.rows + 1;
    *bitlines = (struct bitlines){.x = x, .drive = MEM_NEW(uint64_t, rows * BIT_SUMS_WORDS)};
}

void bitlines_free(struct bitlines *bitlines)
{
    mem_free(bitlines->drive);
    *bitlines = (struct bitlines){0};
}

void bitlines_drive(struct bitlines *bitlines, const int16_t *input, size_t n, size_t stride,
                    size_t row_tile, int pass)
{
    const struct crossbar *x = bitlines->x;
    bit_sums_kernels()->drive(bitlines->drive, input + row_tile * (size_t)x->format.rows, n, stride,
                              crossbar_tile_rows(x, row_tile), pass == 1);
}

void bitlines_sum(const struct bitlines *bitlines, const struct crossbar_tile *tile, size_t active,
                  int planes, uint64_t *plane)
{
    const int levels = bitlines->x->format.cell_bits;
    struct bit_sums_rows rows[CROSSBAR_MAX_CELL_BITS];
    for (int p = 0; p < levels; p++)
        rows[p] = crossbar_level_rows(tile, p, active);
    bit_sums_kernels()->sum(plane, planes, bitlines->drive, rows, levels);
}

unsigned bitlines_read(const struct bitlines *bitlines, const struct crossbar_tile *tile,
                       size_t active, int32_t *current)
{
    uint64_t plane[BIT_SUMS_PLANES * BIT_SUMS_WORDS];
    const int planes = adc_bits_for(tile->sum[tile->column[active]]);
    unsigned present = 0;
    bitlines_sum(bitlines, tile, active, planes, plane);
    for (int b = 0; b < BIT_SUMS_WORDS; b++) {
        uint64_t any = 0;
        for (int p = 0; p < planes; p++)
            any |= plane[p * BIT_SUMS_WORDS + b];
        present |= any ? 1u << b : 0;
        if (any)
            bit_sums_kernels()->expand(current + b * BIT_SUMS_LANES, plane + b, planes);
        else
            memset(current + b * BIT_SUMS_LANES, 0, BIT_SUMS_LANES * sizeof *current);
    }
    return present;
}
