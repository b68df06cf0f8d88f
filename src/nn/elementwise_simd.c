/* Passes over arrays and images, built once for each SIMD level: plain loops where compilers
 * vectorise them, vectors along the channels of a pixel elsewhere. */
#include "nn/elementwise_simd.h"

void SIMD_NAME(sum_to_gradient)(float *restrict gradient, const int64_t *restrict sum, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gradient[i] = (float)((double)sum[i] * 0x1p-40);
}
_Static_assert(NN_SUM_EXPONENT == 40, "sum_to_gradient spells out the unit");

/* ---- gradients of biases ---- */

/* Half h of value * 2^NN_SUM_EXPONENT without its fraction; of values that fit. */
static inline simd_i64 cut_to_integers(simd_f32 value, int h)
{
    const double unit = (double)((int64_t)1 << NN_SUM_EXPONENT);
    const simd_f64 scaled = simd_widen(value, h) * unit;
#if SIMD_LEVEL == 2
    return (simd_i64)_mm512_cvttpd_epi64((__m512d)scaled);
#else
    /* adding 1.5 * 2^52 to a double below 2^51 leaves its nearest integer in the low bits */
    const simd_f64 magic = 6755399441055744.0 + (simd_f64){0}, sum = scaled + magic;
    const simd_f64 nearest = sum - magic, zero = {0};
    const simd_i64 above = (nearest > scaled) & (scaled > zero); /* 0 or -1 */
    const simd_i64 below = (nearest < scaled) & (scaled < zero);
    return (simd_i64)sum - 0x4338000000000000 + above - below;
#endif
}

int SIMD_NAME(add_pixel_sums)(int64_t *sum, const float *dy, struct image_span span)
{
    enum { LIMIT_BITS = 0x45000000 }; /* 2^11; NaNs lie above it */
    simd_i32 most = {0};
    for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
        simd_f32 value, total = {0};
        for (size_t r = 0; r < span.rows; r++)
            for (size_t i = 0; i < span.pixels; i++) {
                SIMD_LOAD(value, dy + r * span.row + i * span.channels + c);
                total += value;
            }
        most = simd_max(most, (simd_i32)total & INT32_MAX);
        for (int h = 0; h < 2; h++) {
            simd_u64 before; /* unsigned: it may wrap in a diverged run */
            SIMD_LOAD(before, sum + c + (size_t)(h * SIMD_LANES / 2));
            before += (simd_u64)cut_to_integers(total, h);
            SIMD_STORE(sum + c + (size_t)(h * SIMD_LANES / 2), before);
        }
    }
    int32_t largest = 0;
    for (int lane = 0; lane < SIMD_LANES; lane++)
        largest = most[lane] > largest ? most[lane] : largest;
    return largest >= LIMIT_BITS;
}
_Static_assert(NN_SUM_EXPONENT == 40, "2^51 units are 2^11");

/* ---- batch norm and ReLU ---- */

void SIMD_NAME(affine)(float *y, const float *x, const float *scale, const float *shift,
                       struct image_span span)
{
    for (size_t r = 0; r < span.rows; r++)
        for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
            simd_f32 a, b, value;
            SIMD_LOAD(a, scale + c);
            SIMD_LOAD(b, shift + c);
            for (size_t i = 0; i < span.pixels; i++) {
                const size_t at = r * span.row + i * span.channels + c;
                SIMD_LOAD(value, x + at);
                value = a * value + b;
                SIMD_STORE(y + at, value);
            }
        }
}

void SIMD_NAME(gradient_moments)(float *part, const float *dy, const float *x, const float *mean,
                                 const float *inverse, struct image_span span)
{
    for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
        simd_f32 m, inv, first = {0}, second = {0};
        SIMD_LOAD(m, mean + c);
        SIMD_LOAD(inv, inverse + c);
        for (size_t r = 0; r < span.rows; r++)
            for (size_t i = 0; i < span.pixels; i++) {
                const size_t at = r * span.row + i * span.channels + c;
                simd_f32 gradient, value;
                SIMD_LOAD(gradient, dy + at);
                SIMD_LOAD(value, x + at);
                first += gradient;
                second += gradient * ((value - m) * inv);
            }
        SIMD_STORE(part + c, first);
        SIMD_STORE(part + span.channels + c, second);
    }
}

void SIMD_NAME(affine_gradient)(float *dx, const float *dy, const float *x,
                                const float *const abc[3], struct image_span span, int accumulate)
{
    for (size_t r = 0; r < span.rows; r++)
        for (size_t c = 0; c < span.channels; c += SIMD_LANES) {
            simd_f32 a, b, constant;
            SIMD_LOAD(a, abc[0] + c);
            SIMD_LOAD(b, abc[1] + c);
            SIMD_LOAD(constant, abc[2] + c);
            for (size_t i = 0; i < span.pixels; i++) {
                const size_t at = r * span.row + i * span.channels + c;
                simd_f32 gradient, value, old = {0};
                SIMD_LOAD(gradient, dy + at);
                SIMD_LOAD(value, x + at);
                if (accumulate)
                    SIMD_LOAD(old, dx + at);
                value = old + (a * gradient + (b * value + constant));
                SIMD_STORE(dx + at, value);
            }
        }
}

void SIMD_NAME(relu_gradient)(float *dx, const float *dy, const float *y, size_t n, int accumulate)
{
    if (accumulate)
        for (size_t i = 0; i < n; i++)
            dx[i] += y[i] > 0.0f ? dy[i] : 0.0f;
    else
        for (size_t i = 0; i < n; i++)
            dx[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

/* ---- update ---- */

static inline __attribute__((always_inline)) void sgd(int nesterov, float *restrict value,
                                                      float *restrict momentum,
                                                      const float *restrict gradient,
                                                      const uint8_t *restrict mask, size_t n,
                                                      struct sgd_spec spec)
{
    for (size_t i = 0; i < n; i++) {
        const float g = gradient[i] + spec.weight_decay * value[i];
        const float masked = mask[i] ? g : 0.0f;
        const float m = spec.momentum * momentum[i] + masked;
        momentum[i] = m;
        value[i] -= spec.rate * (nesterov ? masked + spec.momentum * m : m);
    }
}

void SIMD_NAME(sgd)(float *value, float *momentum, const float *gradient, const uint8_t *mask,
                    size_t n, struct sgd_spec spec)
{
    if (spec.nesterov)
        sgd(1, value, momentum, gradient, mask, n, spec);
    else
        sgd(0, value, momentum, gradient, mask, n, spec);
}
