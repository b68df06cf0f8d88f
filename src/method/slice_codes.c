#include "method/slice_codes.h"

#include <math.h>

static uint32_t units_of(struct bit_slice_format format, const uint32_t *unit, int code)
{
    uint32_t sum = 0;
    for (int k = 0; k < bit_slice_count(format); k++)
        sum += bit_slice_digit(format, code, k) > 0 ? unit[k] : 0;
    return sum;
}

void slice_codes_units(uint32_t *units, struct bit_slice_format format, const uint32_t *unit)
{
    for (int v = 0; v < 1 << format.bits; v++)
        units[v] = units_of(format, unit, v);
}

/* Where each whole magnitude begins to look. */
static void index_codes(struct slice_codes *codes)
{
    codes->end[codes->count - 1] = INFINITY;
    for (int x = 0, i = 0; x < SLICE_CODES_MAX; x++) {
        while (x > codes->end[i])
            i++;
        codes->first[x] = (uint8_t)i;
    }
}

void slice_codes_cells(struct slice_cells *cells, const struct slice_codes *codes)
{
    for (int c = 0, i = 0; c < SLICE_CELLS; c++) {
        const float end = (float)(c + 1) / SLICE_CELLS_A_CODE;
        const float last = c + 1 < SLICE_CELLS ? nextafterf(end, 0.0f) : INFINITY;
        while ((float)c / SLICE_CELLS_A_CODE > codes->end[i])
            i++;
        cells->interval[c] = (int16_t)(last > codes->end[i] ? -1 : i);
    }
}

/* Where u and v > u are equally good: v^2 + height_v - 2 x v = u^2 + height_u - 2 x u. */
static double crossing(int u, double height_u, int v, double height_v)
{
    return 0.5 * (u + v) + (height_v - height_u) / (2.0 * (v - u));
}

void slice_codes_priced(struct slice_codes *codes, int bits, const uint32_t *units, double price)
{
    int n = 0;
    for (int v = 0; v < 1 << bits; v++) {
        while (n > 0) { /* a corner whose interval would end before it begins is none */
            const double end =
                crossing(codes->code[n - 1], price * codes->units[n - 1], v, price * units[v]);
            codes->end[n - 1] = end;
            if (n == 1 || end > codes->end[n - 2])
                break;
            n--;
        }
        codes->code[n] = (uint8_t)v;
        codes->units[n++] = units[v];
    }
    codes->count = n;
    for (int i = 0; i + 1 < n; i++)
        if (codes->units[i + 1] < codes->units[i])
            codes->end[i] = nextafter(codes->end[i], 0.0);
    index_codes(codes);
}

void slice_codes_limited(struct slice_codes *codes, struct bit_slice_format format, int digits)
{
    static const uint32_t one[BIT_SLICE_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    int n = 0;
    for (int v = 0; v < 1 << format.bits; v++) {
        const uint32_t units = units_of(format, one, v);
        if (units > (uint32_t)digits)
            continue;
        if (n > 0)
            codes->end[n - 1] = 0.5 * (codes->code[n - 1] + v);
        codes->code[n] = (uint8_t)v;
        codes->units[n++] = units;
    }
    codes->count = n;
    index_codes(codes);
}
