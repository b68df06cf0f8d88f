/* The price of a digit other than 0 at which weights keep a budget of such digits.
 *
 *     P(w) = argmin over codes v:  sum_i h_l (w_i - v_i step_l)^2 + price sum_i units(v_i)
 *
 * The units that are left fall as the price rises, so the price is found by bisection, on those weights
 * only whose units still differ between the two ends. No source: ours.
 */
#ifndef RESLICE_METHOD_SLICE_PRICE_H
#define RESLICE_METHOD_SLICE_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "method/slice_codes.h"

/* The unit of a slice with price 1: whole numbers, so that sums do not depend on order. */
enum { SLICE_PRICE_UNIT = 1024 };

/* The price of a unit, in squared codes of the layer, lies between two next to each other. At
 * `high` the budget is kept; what is then left of it, `extra` units in this layer, goes to the
 * first weights that would have more at `low`. */
struct slice_price {
    bool is_known;
    double low, high;
    int64_t extra;
};

/* A layer's weights, not owned. */
struct slice_part {
    const float *w;
    size_t count;
    float step;       /* of a code; a power of two */
    double deviation; /* of one code, squared and weighed: h step^2 */
    struct slice_price found;
};

/* Bytes of temporary memory for slice_price_find. Not collective. */
size_t slice_price_scratch(size_t parts, size_t weights);

/* Fills part[].found: all parts together have at most budget units; unit [slices] as in
 * slice_codes_priced. scratch: aligned like mem_alloc's. Not collective. */
void slice_price_find(struct slice_part *part, size_t parts, struct bit_slice_format format,
                      const uint32_t *unit, int64_t budget, void *scratch);

/* w [count] at a price that was found for it: codes times step. Not collective. */
void slice_price_project(float *w, size_t count, float step, struct bit_slice_format format,
                         const uint32_t *unit, const struct slice_price *price);

#endif
