/* Bit-slice L1 (arXiv 1909.08496, section 3): R = alpha / (slices N) sum_i sum_k digit_k(w_i).
 *
 * Straight through floor and round, higher digits detached inside lower ones:
 *     dR/dw = alpha sign(w) / (slices N step) sum_k [digit_k > 0] / 2^(width k)
 * Weights slide down fast while their lowest slice is non-zero and nearly stop where low slices are
 * empty: the method parks weights on codes with empty low slices.
 *
 * Forms of our own (struct penalty_form): times the step, since a layer that shrinks would be pulled ever
 * harder; towards the nearest code v with fewer digits, up or down, which the weight's code has
 * been given as a constant:
 *     R = alpha / N sum_i |w_i / step - v_i|        dR/dw = alpha / (N step) sign(w - step v)
 * and without the part along a filter that batch norm rescales: g - <g, w> / <w, w> w. */
#include <math.h>

#include "method/penalty.h"
#include "method/slice_codes.h"

enum { PIECE = 256 };

/* Codes with at most so many digits. */
struct fewer {
    struct slice_codes with[BIT_SLICE_MAX]; /* 0 .. slices - 1 digits */
};

static void start(struct fewer *fewer, struct bit_slice_format format)
{
    for (int digits = 0; digits < bit_slice_count(format); digits++)
        slice_codes_limited(&fewer->with[digits], format, digits);
}

/* w / step - v, v the nearest code of w's sign with fewer digits than `code`; 0 without digits. */
static float beyond(const struct fewer *fewer, struct bit_slice_format format, float w,
                    int16_t code, float step)
{
    int digits = 0;
    for (int k = 0; k < bit_slice_count(format); k++)
        digits += bit_slice_digit(format, code, k) > 0;
    if (digits == 0)
        return 0.0f;
    const struct slice_codes *codes = &fewer->with[digits - 1];
    const float x = fabsf(w) / step;
    return copysignf(1.0f, w) * (x - (float)codes->code[slice_codes_find(codes, x)]);
}

/* What one unit of a tensor's digits, or of its distances, costs. */
static double scale_of(struct penalty_input in, const struct penalty_tensor *tensor)
{
    const double slices = in.form.to_nearest ? 1.0 : bit_slice_count(in.format);
    const double step = in.form.in_steps ? (double)tensor->step : 1.0;
    return in.alpha * step / (slices * (double)penalty_scalars(in, true));
}

static double distances(const struct fewer *fewer, struct bit_slice_format format,
                        const struct penalty_tensor *tensor)
{
    double sum = 0.0;
    for (size_t i = 0; i < tensor->count; i++)
        sum += fabs((double)beyond(fewer, format, tensor->value[i], tensor->code[i], tensor->step));
    return sum;
}

static double bit_slice_value(struct penalty_input in)
{
    double sum = 0.0;
    uint64_t digits = 0;
    struct fewer fewer;
    if (in.form.to_nearest)
        start(&fewer, in.format);
    for (size_t t = 0; t < in.count; t++) {
        const struct penalty_tensor *tensor = &in.tensor[t];
        if (!tensor->is_quantised)
            continue;
        if (in.form.to_nearest)
            sum += scale_of(in, tensor) * distances(&fewer, in.format, tensor);
        else if (in.form.in_steps)
            sum +=
                scale_of(in, tensor) * (double)bit_slice_l1(in.format, tensor->code, tensor->count);
        else
            digits += bit_slice_l1(in.format, tensor->code, tensor->count);
    }
    return digits > 0
               ? in.alpha /
                     ((double)bit_slice_count(in.format) * (double)penalty_scalars(in, true)) *
                     (double)digits
               : sum;
}

/* gradient [n] += that of weights [first, first + n) of a tensor. */
static void add_range(struct penalty_input in, const struct fewer *fewer,
                      const struct penalty_tensor *tensor, size_t first, size_t n, float *gradient)
{
    const float scale = (float)scale_of(in, tensor);
    const int16_t *code = tensor->code + first;
    if (!in.form.to_nearest) {
        bit_slice_add_gradient(in.format, gradient, code, n, tensor->step, scale);
        return;
    }
    const float slope = scale / tensor->step, *w = tensor->value + first;
    for (size_t i = 0; i < n; i++) {
        const float d = beyond(fewer, in.format, w[i], code[i], tensor->step);
        gradient[i] += d > 0.0f ? slope : d < 0.0f ? -slope : 0.0f;
    }
}

/* A filter [n], piece by piece: first its gradient's part along it, then the rest is added. */
static void add_filter(struct penalty_input in, const struct fewer *fewer,
                       const struct penalty_tensor *tensor, size_t first, size_t n)
{
    float piece[PIECE];
    double along = 0.0, norm = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        const float radial = norm > 0.0 ? (float)(along / norm) : 0.0f;
        for (size_t i = first, m; i < first + n; i += m) {
            m = first + n - i < PIECE ? first + n - i : PIECE;
            for (size_t j = 0; j < m; j++)
                piece[j] = 0.0f;
            add_range(in, fewer, tensor, i, m, piece);
            for (size_t j = 0; j < m && pass == 0; j++) {
                along += (double)piece[j] * (double)tensor->value[i + j];
                norm += (double)tensor->value[i + j] * (double)tensor->value[i + j];
            }
            for (size_t j = 0; j < m && pass == 1; j++)
                tensor->gradient[i + j] += piece[j] - radial * tensor->value[i + j];
        }
    }
}

static void bit_slice_gradient(struct penalty_input in)
{
    struct fewer fewer;
    if (in.form.to_nearest)
        start(&fewer, in.format);
    for (size_t t = 0; t < in.count; t++) {
        const struct penalty_tensor *tensor = &in.tensor[t];
        if (!tensor->is_quantised)
            continue;
        for (size_t i = 0; tensor->filter > 0 && i < tensor->count; i += tensor->filter)
            add_filter(in, &fewer, tensor, i, tensor->filter);
        if (tensor->filter == 0)
            add_range(in, &fewer, tensor, 0, tensor->count, tensor->gradient);
    }
}

const struct penalty_class penalty_bit_slice_l1 = {
    .name = "bit-slice-l1",
    .needs_codes = true,
    .value = bit_slice_value,
    .add_gradient = bit_slice_gradient,
};
