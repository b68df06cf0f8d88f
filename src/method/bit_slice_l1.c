/* Bit-slice L1 (arXiv 1909.08496, section 3): R = alpha / (slices N) sum_i sum_k digit_k(w_i).
 *
 * Straight through floor and round, higher digits detached inside lower ones:
 *     dR/dw = alpha sign(w) / (slices N step) sum_k [digit_k > 0] / 2^(width k)
 * Weights slide down fast while their lowest slice is non-zero and nearly stop where low slices are
 * empty: the method parks weights on codes with empty low slices. */
#include "method/penalty.h"

static double scale_of(struct penalty_input in)
{
    return in.alpha / ((double)bit_slice_count(in.format) * (double)penalty_scalars(in, true));
}

static double bit_slice_value(struct penalty_input in)
{
    uint64_t sum = 0;
    for (size_t t = 0; t < in.count; t++)
        if (in.tensor[t].is_quantised)
            sum += bit_slice_l1(in.format, in.tensor[t].code, in.tensor[t].count);
    return scale_of(in) * (double)sum;
}

static void bit_slice_gradient(struct penalty_input in)
{
    const float scale = (float)scale_of(in);
    for (size_t t = 0; t < in.count; t++)
        if (in.tensor[t].is_quantised)
            bit_slice_add_gradient(in.format, in.tensor[t].gradient, in.tensor[t].code,
                                   in.tensor[t].count, in.tensor[t].step, scale);
}

const struct penalty_class penalty_bit_slice_l1 = {
    .name = "bit-slice-l1",
    .needs_codes = true,
    .value = bit_slice_value,
    .add_gradient = bit_slice_gradient,
};
