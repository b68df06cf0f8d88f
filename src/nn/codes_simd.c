/* Passes over activations that are codes: batch norm, residual sums and their gradients without a
 * float in memory, built once for each SIMD level. */
#include "nn/elementwise_simd.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE simd_i32 load_codes(const int16_t *from)
{
    simd_i16_half narrow;
    SIMD_LOAD(narrow, from);
    return __builtin_convertvector(narrow, simd_i32);
}

ALWAYS_INLINE simd_f32 load_as_float(const int16_t *from)
{
    return __builtin_convertvector(load_codes(from), simd_f32);
}

ALWAYS_INLINE simd_f32 load_floats(const float *from)
{
    simd_f32 x;
    SIMD_LOAD(x, from);
    return x;
}

ALWAYS_INLINE simd_f32 choose(simd_i32 where, simd_f32 x, simd_f32 otherwise)
{
    return (simd_f32)((where & (simd_i32)x) | (~where & (simd_i32)otherwise));
}

/* As hw/kernels: adding 1.5 * 2^23 rounds to the nearest integer, ties to even. */
ALWAYS_INLINE void store_quantised(int16_t *code, float *value, simd_f32 x,
                                   struct quantise_spec spec)
{
    const simd_f32 zero = {0}, magic = 12582912.0f + zero;
    const simd_f32 high = spec.max_code + zero, low = spec.relu ? zero : -high;
    simd_f32 scaled = x * spec.inverse_step;
    scaled = choose(scaled > high, high, scaled);
    scaled = choose(scaled < low, low, scaled);
    const simd_f32 rounded = scaled + magic;
    const simd_i16_half narrow =
        __builtin_convertvector((simd_i32)rounded - 0x4B400000, simd_i16_half);
    SIMD_STORE(code, narrow);
    if (value) {
        const simd_f32 out = (rounded - magic) * spec.step;
        SIMD_STORE(value, out);
    }
}

ALWAYS_INLINE int32_t largest_lane(simd_i32 bits)
{
    int32_t largest = 0;
    for (int lane = 0; lane < SIMD_LANES; lane++)
        largest = bits[lane] > largest ? bits[lane] : largest;
    return largest;
}

/* ---- batch norm ---- */

void SIMD_NAME(code_moments)(int64_t *sum, int16_t *range, const int16_t *x, struct image_span span)
{
    for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
        simd_i32 first = {0}, second = {0}; /* 255^2 * 2^15 pixels fit */
        simd_i32 low = load_codes(range + c), high = load_codes(range + span.channels + c);
        for (size_t y = 0; y < span.rows; y++) {
            const int16_t *pixel = x + y * span.row + c;
            for (size_t i = 0; i < span.pixels; i++, pixel += span.channels) {
                const simd_i32 value = load_codes(pixel);
                first += value;
                second += value * value;
                low = ~simd_max(~low, ~value);
                high = simd_max(high, value);
            }
        }
        for (size_t lane = 0; lane < SIMD_LANES; lane++) {
            sum[c + lane] += first[lane];
            sum[span.channels + c + lane] += second[lane];
            range[c + lane] = (int16_t)low[lane];
            range[span.channels + c + lane] = (int16_t)high[lane];
        }
    }
}

int32_t SIMD_NAME(affine_max)(const int16_t *range, const float *scale, const float *shift,
                              size_t channels)
{
    simd_i32 max = {0};
    for (size_t c = 0; c < channels; c += SIMD_LANES) {
        const simd_f32 a = load_floats(scale + c), b = load_floats(shift + c);
        const simd_f32 low = a * load_as_float(range + c) + b;
        const simd_f32 high = a * load_as_float(range + channels + c) + b;
        max = simd_max(max, simd_max((simd_i32)low & INT32_MAX, (simd_i32)high & INT32_MAX));
    }
    return largest_lane(max);
}

void SIMD_NAME(affine_codes)(int16_t *code, float *value, const int16_t *x, const float *scale,
                             const float *shift, struct image_span span, struct quantise_spec spec)
{
    for (size_t r = 0; r < span.rows; r++)
        for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
            const simd_f32 a = load_floats(scale + c), b = load_floats(shift + c);
            for (size_t i = 0; i < span.pixels; i++) {
                const size_t at = r * span.row + i * span.channels + c;
                store_quantised(code + at, value ? value + at : NULL, a * load_as_float(x + at) + b,
                                spec);
            }
        }
}

/* dy, or 0 where the mask is not positive. */
ALWAYS_INLINE simd_f32 load_masked(const float *dy, const int16_t *mask, size_t at)
{
    const simd_f32 x = load_floats(dy + at);
    return mask ? (simd_f32)((simd_i32)x & (load_codes(mask + at) > 0)) : x;
}

ALWAYS_INLINE void gradient_moments(float *part, const float *dy, const int16_t *mask,
                                    const int16_t *x, const float *scale, const float *shift,
                                    struct image_span span)
{
    for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
        const simd_f32 a = load_floats(scale + c), b = load_floats(shift + c);
        simd_f32 first = {0}, second = {0};
        for (size_t r = 0; r < span.rows; r++)
            for (size_t i = 0; i < span.pixels; i++) {
                const size_t at = r * span.row + i * span.channels + c;
                const simd_f32 gradient = load_masked(dy, mask, at);
                first += gradient;
                second += gradient * (a * load_as_float(x + at) + b);
            }
        SIMD_STORE(part + c, first);
        SIMD_STORE(part + span.channels + c, second);
    }
}

void SIMD_NAME(code_gradient_moments)(float *part, const float *dy, const int16_t *mask,
                                      const int16_t *x, const float *scale, const float *shift,
                                      struct image_span span)
{
    if (mask)
        gradient_moments(part, dy, mask, x, scale, shift, span);
    else
        gradient_moments(part, dy, NULL, x, scale, shift, span);
}

ALWAYS_INLINE void affine_gradient(float *dx, const float *dy, const int16_t *mask,
                                   const int16_t *x, const float *const abc[3],
                                   struct image_span span, int accumulate)
{
    for (size_t r = 0; r < span.rows; r++)
        for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
            const simd_f32 a = load_floats(abc[0] + c), b = load_floats(abc[1] + c);
            const simd_f32 constant = load_floats(abc[2] + c);
            for (size_t i = 0; i < span.pixels; i++) {
                const size_t at = r * span.row + i * span.channels + c;
                const simd_f32 old = accumulate ? load_floats(dx + at) : (simd_f32){0};
                const simd_f32 value =
                    old + (a * load_masked(dy, mask, at) + (b * load_as_float(x + at) + constant));
                SIMD_STORE(dx + at, value);
            }
        }
}

void SIMD_NAME(code_affine_gradient)(float *dx, const float *dy, const int16_t *mask,
                                     const int16_t *x, const float *const abc[3],
                                     struct image_span span, int accumulate)
{
    if (mask)
        affine_gradient(dx, dy, mask, x, abc, span, accumulate);
    else
        affine_gradient(dx, dy, NULL, x, abc, span, accumulate);
}

/* ---- residual sums and ReLU; n is a multiple of NN_LANES ---- */

int32_t SIMD_NAME(max_code_sum)(const int16_t *a, const int16_t *b, size_t n, const float step[2])
{
    simd_i32 max = {0};
    for (size_t i = 0; i < n; i += SIMD_LANES) {
        const simd_f32 sum = step[0] * load_as_float(a + i) + step[1] * load_as_float(b + i);
        max = simd_max(max, (simd_i32)sum & INT32_MAX);
    }
    return largest_lane(max);
}

void SIMD_NAME(quantise_code_sum)(int16_t *code, float *value, const int16_t *a, const int16_t *b,
                                  size_t n, const float step[2], struct quantise_spec spec)
{
    for (size_t i = 0; i < n; i += SIMD_LANES)
        store_quantised(code + i, value ? value + i : NULL,
                        step[0] * load_as_float(a + i) + step[1] * load_as_float(b + i), spec);
}

void SIMD_NAME(mask_gradient)(float *dx, const float *dy, const int16_t *mask, size_t n,
                              int accumulate)
{
    for (size_t i = 0; i < n; i += SIMD_LANES) {
        const simd_f32 old = accumulate ? load_floats(dx + i) : (simd_f32){0};
        const simd_f32 value = old + load_masked(dy, mask, i);
        SIMD_STORE(dx + i, value);
    }
}

/* ---- maximum ---- */

void SIMD_NAME(spread_maximum)(float *dx, const float *dy, const uint8_t *winner, uint8_t place,
                               size_t n)
{
    typedef uint8_t bytes __attribute__((vector_size(SIMD_LANES)));
    for (size_t i = 0; i < n; i += SIMD_LANES) {
        bytes narrow;
        SIMD_LOAD(narrow, winner + i);
        const simd_i32 wins = __builtin_convertvector(narrow, simd_i32) == place;
        const simd_f32 value = (simd_f32)((simd_i32)load_floats(dy + i) & wins);
        SIMD_STORE(dx + i, value);
    }
}
