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

/* A constant number of slices of constant width becomes straight code. */
static inline __attribute__((always_inline)) void slice_gradient(float *restrict gradient,
                                                                 const int16_t *restrict code,
                                                                 size_t n, const float *scale,
                                                                 int slices, int width)
{
    const int32_t digit = (1 << width) - 1;
    size_t i = 0;
    for (; i + SIMD_LANES <= n; i += SIMD_LANES) {
        simd_i16_half narrow;
        SIMD_LOAD(narrow, code + i);
        const simd_i32 q = __builtin_convertvector(narrow, simd_i32);
        const simd_i32 sign = q >> 31; /* 0 or -1 */
        const simd_i32 magnitude = (q ^ sign) - sign;
        simd_f32 sum = {0};
        SIMD_UNROLL
        for (int k = 0; k < slices; k++) {
            const simd_i32 on = (magnitude & (digit << (width * k))) != 0; /* 0 or -1 */
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
            sum += (rest & digit) ? scale[k] : 0.0f;
        gradient[i] += code[i] < 0 ? -sum : sum;
    }
}

static void SIMD_NAME(add_slice_gradient)(float *gradient, const int16_t *code, size_t n,
                                          const float *scale, int slices, int width)
{
    if (slices == 4 && width == 2)
        slice_gradient(gradient, code, n, scale, 4, 2);
    else
        slice_gradient(gradient, code, n, scale, slices, width);
}

/* ---- crossbars ---- */

/* One word of each bit from 64 codes. */
static inline void bit_words(uint64_t *word, const int16_t *code, int bits, int negative)
{
#if SIMD_LEVEL == 2
    for (int half = 0; half < 2; half++) {
        __m512i x = _mm512_loadu_si512(code + 32 * half);
        x = negative ? _mm512_sub_epi16(_mm512_setzero_si512(), x) : x;
        x = _mm512_max_epi16(x, _mm512_setzero_si512());
        for (int b = 0; b < bits; b++) {
            const __m512i bit = _mm512_set1_epi16((int16_t)(1 << b));
            word[b] |= (uint64_t)_mm512_test_epi16_mask(x, bit) << (32 * half);
        }
    }
#elif SIMD_LEVEL == 1
    for (int half = 0; half < 2; half++) {
        __m256i low, high;
        memcpy(&low, code + 32 * half, sizeof low);
        memcpy(&high, code + 32 * half + 16, sizeof high);
        low = negative ? _mm256_sub_epi16(_mm256_setzero_si256(), low) : low;
        high = negative ? _mm256_sub_epi16(_mm256_setzero_si256(), high) : high;
        /* bytes in order, negative ones 0; a bit moved to the top of its byte is one of the mask */
        const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
        for (int b = 0; b < bits; b++) {
            const __m256i top = _mm256_slli_epi16(bytes, 7 - b);
            word[b] |= (uint64_t)(uint32_t)_mm256_movemask_epi8(top) << (32 * half);
        }
    }
#else
    for (int r = 0; r < 64; r++) {
        const int x = negative ? -code[r] : code[r];
        for (int b = 0; x > 0 && b < bits; b++)
            word[b] |= (uint64_t)(x >> b & 1) << r;
    }
#endif
}

static unsigned SIMD_NAME(bit_planes)(uint64_t *restrict mask, const int16_t *restrict code,
                                      size_t n, int bits, int words, int negative)
{
    unsigned present = 0;
    for (int w = 0; w < words; w++) {
        uint64_t word[8] = {0};
        const size_t first = 64 * (size_t)w;
        if (first + 64 <= n) {
            bit_words(word, code + first, bits, negative);
        } else if (first < n) {
            int16_t rest[64] = {0};
            memcpy(rest, code + first, (n - first) * sizeof *rest);
            bit_words(word, rest, bits, negative);
        }
        for (int b = 0; b < bits; b++) {
            mask[(size_t)b * (size_t)words + (size_t)w] = word[b];
            present |= word[b] ? 1u << b : 0;
        }
    }
    return present;
}

/* ---- exact products ---- */

/* 32 bits hold so many pairs of products of 10 bits by 8. */
enum { EXACT_PAIRS = 4096, BLOCK = HW_PRODUCT_BLOCK, REGISTERS = BLOCK / SIMD_LANES, AT_ONCE = 4 };

/* product [n, left] += input [n, 2 pairs] times weight [pairs, BLOCK, 2], n <= AT_ONCE, which should
 * be a constant, left <= BLOCK: two inputs of a vector against those of all outputs of the block. */
static inline __attribute__((always_inline)) void multiply_block(int64_t *product, size_t outputs,
                                                                 size_t left, const int16_t *input,
                                                                 size_t stride, int n,
                                                                 const int16_t *weight,
                                                                 size_t pairs)
{
    simd_i32 sum[AT_ONCE][REGISTERS] = {{{0}}}, w[REGISTERS];
    for (size_t r = 0; r < pairs; r++) {
        SIMD_UNROLL
        for (int i = 0; i < REGISTERS; i++)
            SIMD_LOAD(w[i], weight + (r * BLOCK + (size_t)(i * SIMD_LANES)) * 2);
        SIMD_UNROLL
        for (int v = 0; v < n; v++) {
            int32_t two;
            memcpy(&two, input + (size_t)v * stride + 2 * r, sizeof two);
            SIMD_UNROLL
            for (int i = 0; i < REGISTERS; i++)
                sum[v][i] = simd_dot_pairs(sum[v][i], two - (simd_i32){0}, w[i]);
        }
    }
    for (int v = 0; v < n; v++)
        for (size_t j = 0; j < left; j++)
            product[(size_t)v * outputs + j] += sum[v][j / SIMD_LANES][j % SIMD_LANES];
}

/* The same for n vectors. */
static void multiply_vectors(int64_t *product, size_t outputs, size_t left, const int16_t *input,
                             size_t stride, size_t n, const int16_t *weight, size_t pairs)
{
    size_t v = 0;
    for (; v + AT_ONCE <= n; v += AT_ONCE)
        multiply_block(product + v * outputs, outputs, left, input + v * stride, stride, AT_ONCE,
                       weight, pairs);
    for (; v < n; v++)
        multiply_block(product + v * outputs, outputs, left, input + v * stride, stride, 1, weight,
                       pairs);
}

static void SIMD_NAME(multiply)(int64_t *restrict product, const int16_t *restrict input, size_t n,
                                size_t stride, const int16_t *restrict weight, size_t outputs,
                                size_t inputs)
{
    const size_t pairs = inputs / 2, row = 2 * BLOCK;
    memset(product, 0, n * outputs * sizeof *product);
    for (size_t j = 0; j < outputs; j += BLOCK, weight += (inputs + 1) / 2 * row) {
        const size_t left = outputs - j < BLOCK ? outputs - j : BLOCK;
        for (size_t r = 0; r < pairs; r += EXACT_PAIRS)
            multiply_vectors(product + j, outputs, left, input + 2 * r, stride, n, weight + r * row,
                             pairs - r < EXACT_PAIRS ? pairs - r : EXACT_PAIRS);
        for (size_t v = 0; inputs % 2 && v < n; v++) /* the last input has no pair */
            for (size_t i = 0; i < left; i++)
                product[v * outputs + j + i] +=
                    input[v * stride + inputs - 1] * weight[pairs * row + 2 * i];
    }
}

extern const struct hw_kernels SIMD_NAME(hw_kernels);
const struct hw_kernels SIMD_NAME(hw_kernels) = {
    .max_bits = SIMD_NAME(max_bits),
    .quantise = SIMD_NAME(quantise),
    .add_slice_gradient = SIMD_NAME(add_slice_gradient),
    .bit_planes = SIMD_NAME(bit_planes),
    .multiply = SIMD_NAME(multiply),
};
