/* Built once for each SIMD level; plain loops that compilers vectorise, vector code where they
 * do not. */
#include "base/simd.h"
#include "hw/kernels.h"

static int32_t SIMD_NAME(max_bits)(const float *x, size_t n)
{
    int32_t max = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7fffffff;
        max = bits > max ? bits : max;
    }
    return max;
}

/* Adding 1.5 * 2^23 rounds a float below 2^22 to the nearest integer, ties to even, and leaves that
 * integer in the low bits of the pattern. */
static const float ROUND_MAGIC = 12582912.0f;
static const int32_t ROUND_MAGIC_BITS = 0x4B400000;

static size_t SIMD_NAME(quantise)(int16_t *restrict code, float *value, const float *x, size_t n,
                                  struct quantise_spec spec)
{
    const float low = spec.relu ? 0.0f : -spec.max_code;
    const float limit = spec.max_code + 0.5f; /* ties to even: 255.5 would become 256 */
    int32_t saturated = 0;
    for (size_t i = 0; i < n; i++) {
        float scaled = x[i] * spec.inverse_step;
        saturated += (scaled >= limit) | (scaled <= -limit);
        scaled = scaled > spec.max_code ? spec.max_code : scaled;
        scaled = scaled < low ? low : scaled;
        const float magic = scaled + ROUND_MAGIC;
        int32_t bits;
        memcpy(&bits, &magic, sizeof bits);
        code[i] = (int16_t)(bits - ROUND_MAGIC_BITS);
        if (value)
            value[i] = (magic - ROUND_MAGIC) * spec.step;
    }
    return (size_t)saturated;
}

static void SIMD_NAME(add_slice_gradient)(float *restrict gradient, const int16_t *restrict code,
                                          size_t n, const float *scale, int slices, int width)
{
    const int32_t digit_mask = (1 << width) - 1;
    size_t i = 0;
    for (; i + SIMD_LANES <= n; i += SIMD_LANES) {
        simd_i16_half narrow;
        SIMD_LOAD(narrow, code + i);
        const simd_i32 q = __builtin_convertvector(narrow, simd_i32);
        const simd_i32 sign = q >> 31; /* 0 or -1 */
        simd_i32 rest = (q ^ sign) - sign;
        simd_f32 sum = {0};
        for (int k = 0; k < slices; k++, rest >>= width) {
            const simd_i32 on = (rest & digit_mask) != 0; /* 0 or -1 */
            const simd_f32 weight = scale[k] - (simd_f32){0};
            sum += (simd_f32)(on & (simd_i32)weight);
        }
        simd_f32 g;
        SIMD_LOAD(g, gradient + i);
        g += (simd_f32)((simd_i32)sum ^ (sign & INT32_MIN)); /* sign(code) * sum */
        SIMD_STORE(gradient + i, g);
    }
    for (; i < n; i++) {
        float sum = 0.0f;
        int rest = code[i] < 0 ? -code[i] : code[i];
        for (int k = 0; k < slices; k++, rest >>= width)
            sum += (rest & digit_mask) ? scale[k] : 0.0f;
        gradient[i] += code[i] < 0 ? -sum : sum;
    }
}

static void SIMD_NAME(column_currents)(int32_t *restrict sum, const uint64_t *restrict input,
                                       struct crossbar_planes planes)
{
    const size_t columns = planes.columns;
    for (size_t j = 0; j < columns; j += 8) {
        uint64_t total[8] = {0};
        const uint64_t *word = planes.plane + j;
        for (int p = 0; p < planes.cell_bits; p++)
            for (int w = 0; w < planes.words; w++, word += columns)
                for (int lane = 0; lane < 8; lane++)
                    total[lane] += (uint64_t)__builtin_popcountll(input[w] & word[lane]) << p;
        for (int lane = 0; lane < 8; lane++)
            sum[j + (size_t)lane] = (int32_t)total[lane];
    }
}

extern const struct hw_kernels SIMD_NAME(hw_kernels);
const struct hw_kernels SIMD_NAME(hw_kernels) = {
    .max_bits = SIMD_NAME(max_bits),
    .quantise = SIMD_NAME(quantise),
    .add_slice_gradient = SIMD_NAME(add_slice_gradient),
    .column_currents = SIMD_NAME(column_currents),
};
