/* Passes over arrays and images, built once for each SIMD level: plain loops where compilers
 * vectorise them, vectors along the channels of a pixel elsewhere. */
#include "nn/elementwise_simd.h"

void SIMD_NAME(sum_to_gradient)(float *restrict gradient, const int64_t *restrict sum, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gradient[i] = (float)((double)sum[i] * 0x1p-40);
}
_Static_assert(NN_SUM_EXPONENT == 40, "sum_to_gradient spells out the unit");

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
