#include "hw/fixed_point.h"

#include <math.h>
#include <string.h>

#include "hw/kernels.h"

int fixed_point_max_code(int bits)
{
    return (1 << bits) - 1;
}

float fixed_point_step(int exponent, int bits)
{
    return ldexpf(1.0f, exponent - bits);
}

int fixed_point_exponent(float max)
{
    int exponent;
    const float fraction = frexpf(fmaxf(max, 1e-5f), &exponent); /* max = fraction 2^exponent */
    return fraction == 0.5f ? exponent - 1 : exponent;           /* fraction in [0.5, 1) */
}

int32_t fixed_point_max_bits(const float *x, size_t n)
{
    return hw_kernels()->max_bits(x, n);
}

int32_t fixed_point_bits(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & INT32_MAX;
}

float fixed_point_from_bits(int32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int fixed_point_bits_finite(int32_t bits)
{
    return bits < 0x7f800000; /* the pattern of infinity; NaNs lie above it */
}

size_t fixed_point_quantise(int16_t *code, float *value, const float *x, size_t n, int exponent,
                            int bits)
{
    const float step = fixed_point_step(exponent, bits);
    const struct quantise_spec spec = {step, 1.0f / step, (float)fixed_point_max_code(bits), 0};
    return hw_kernels()->quantise(code, value, x, n, spec);
}
