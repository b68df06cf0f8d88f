#include "method/adc_candidates.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

void adc_candidates_start(struct adc_candidates *all, struct bit_slice_format format)
{
    all->format = format;
    all->slices = bit_slice_count(format);
    memset(all->count, 0, sizeof all->count);
    for (int c = 0; c < 1 << format.bits; c++)
        for (int k = 0; k < all->slices; k++)
            all->digit[c][k] = (uint8_t)bit_slice_digit(format, c, k);
}

/* c is as good as b for every x in [q - 1/2, q + 1/2], or [q - 1/2, infinity) for the last code: the
 * difference of the squares is linear in x. */
static bool is_preferable(const struct adc_candidates *all, int q, int c, int b)
{
    for (int k = 0; k < all->slices; k++)
        if (all->digit[c][k] > all->digit[b][k])
            return false;
    const float low = (float)q - 0.5f, high = (float)q + 0.5f;
    return c != b && fabsf(low - (float)c) <= fabsf(low - (float)b) &&
           fabsf(high - (float)c) <= fabsf(high - (float)b);
}

static bool is_needed(const struct adc_candidates *all, int q, int b, int codes)
{
    for (int c = 0; c < codes; c++)
        if (is_preferable(all, q, c, b))
            return false;
    return true;
}

void adc_candidates_list(struct adc_candidates *all, int nearest)
{
    const int codes = 1 << all->format.bits, q = nearest;
    if (all->count[q] > 0)
        return;
    for (int distance = 0; distance < codes; distance++) /* q, q - 1, q + 1, … */
        for (int side = -1; side <= 1; side += 2) {
            const int b = q + side * distance;
            if (b < 0 || b >= codes || (distance == 0 && side > 0))
                continue;
            if (is_needed(all, q, b, codes))
                all->code[q][all->count[q]++] = (uint8_t)b;
        }
}
