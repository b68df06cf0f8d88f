/* Built once for each SIMD level. Register tiles of a few rows by a few vectors; the compiler keeps
 * the accumulator arrays in registers because every tile size is a constant. */
#include "base/simd.h"
#include "nn/kernels.h"

enum { ROWS = 4, VECTORS = SIMD_LEVEL == 2 ? 4 : 2 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static void SIMD_NAME(pack_codes)(int16_t *restrict packed, const int16_t *restrict code,
                                  size_t outputs, size_t inputs)
{
    const size_t width = nn_stride(outputs);
    const size_t pairs = inputs / 2;
    enum { BLOCK = 16 }; /* a cache line of outputs */
    for (size_t j0 = 0; j0 < outputs; j0 += BLOCK) {
        const size_t j1 = j0 + BLOCK < outputs ? j0 + BLOCK : outputs;
        for (size_t k = 0; k < pairs; k++)
            for (size_t j = j0; j < j1; j++)
                memcpy(packed + (k * width + j) * 2, code + j * inputs + 2 * k, 4);
        for (size_t j = j0; inputs % 2 && j < j1; j++) {
            packed[(pairs * width + j) * 2] = code[j * inputs + inputs - 1];
            packed[(pairs * width + j) * 2 + 1] = 0;
        }
    }
}

/* ---- y = scale x w^T + bias over integer codes ---- */

struct code_tile {
    const int16_t *x, *packed;
    size_t x_stride, width, pairs; /* width of packed = outputs padded */
};

ALWAYS_INLINE int32_t code_tile(int rows, int vectors, float *y, struct code_tile in, float scale,
                                const float *bias, int32_t max)
{
    simd_i32 acc[ROWS][VECTORS] = {0};
    for (size_t k = 0; k < in.pairs; k++) {
        simd_i32 w[VECTORS];
        for (int v = 0; v < vectors; v++)
            SIMD_LOAD(w[v], in.packed + (k * in.width + (size_t)v * SIMD_LANES) * 2);
        for (int r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, in.x + (size_t)r * in.x_stride + 2 * k, sizeof pair);
            const simd_i32 x = pair - (simd_i32){0};
            for (int v = 0; v < vectors; v++)
                acc[r][v] = simd_dot_pairs(acc[r][v], x, w[v]);
        }
    }
    for (int v = 0; v < vectors; v++) {
        simd_f32 b;
        SIMD_LOAD(b, bias + v * SIMD_LANES);
        for (int r = 0; r < rows; r++) {
            const simd_f32 out = __builtin_convertvector(acc[r][v], simd_f32) * scale + b;
            SIMD_STORE(y + (size_t)r * in.width + (size_t)v * SIMD_LANES, out);
            const simd_i32 bits = (simd_i32)out & 0x7fffffff;
            for (int lane = 0; lane < SIMD_LANES; lane++)
                max = bits[lane] > max ? bits[lane] : max;
        }
    }
    return max;
}

/* All vectors of `rows` rows. */
ALWAYS_INLINE int32_t code_rows(int rows, float *y, struct code_tile in, float scale,
                                const float *bias, int32_t max)
{
    const int step = VECTORS * SIMD_LANES;
    size_t j = 0;
    for (; j + (size_t)step <= in.width; j += (size_t)step) {
        struct code_tile part = in;
        part.packed += 2 * j;
        max = code_tile(rows, VECTORS, y + j, part, scale, bias + j, max);
    }
    for (; j < in.width; j += SIMD_LANES) {
        struct code_tile part = in;
        part.packed += 2 * j;
        max = code_tile(rows, 1, y + j, part, scale, bias + j, max);
    }
    return max;
}

static int32_t SIMD_NAME(code_product)(float *restrict y, const int16_t *restrict x, size_t n,
                                       size_t x_stride, const int16_t *restrict packed,
                                       size_t outputs, size_t inputs, float scale,
                                       const float *restrict bias)
{
    struct code_tile in = {x, packed, x_stride, nn_stride(outputs), (inputs + 1) / 2};
    int32_t max = 0;
    size_t i = 0;
    for (; i + ROWS <= n; i += ROWS, in.x += ROWS * x_stride)
        max = code_rows(ROWS, y + i * in.width, in, scale, bias, max);
    for (; i < n; i++, in.x += x_stride)
        max = code_rows(1, y + i * in.width, in, scale, bias, max);
    return max;
}

/* ---- c[r, :] = sum_t a[r, t] b[t, :], the tile that both float products share ---- */

struct float_tile {
    const float *a, *b;
    size_t a_row, a_term; /* distance of a's rows and terms */
    size_t b_term;        /* distance of b's terms */
};

ALWAYS_INLINE void float_tile(int rows, int vectors, simd_f32 acc[ROWS][VECTORS],
                              struct float_tile in, size_t terms)
{
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            acc[r][v] = (simd_f32){0};
    for (size_t t = 0; t < terms; t++) {
        simd_f32 b[VECTORS];
        for (int v = 0; v < vectors; v++)
            SIMD_LOAD(b[v], in.b + t * in.b_term + (size_t)v * SIMD_LANES);
        for (int r = 0; r < rows; r++) {
            const float a = in.a[(size_t)r * in.a_row + t * in.a_term];
            for (int v = 0; v < vectors; v++)
                acc[r][v] += a * b[v];
        }
    }
}

/* One tile of dx; the last vector may be partly outside the row. */
ALWAYS_INLINE void row_tile(int rows, int vectors, float *dx, size_t dx_row, struct float_tile in,
                            size_t terms, size_t valid)
{
    simd_f32 acc[ROWS][VECTORS];
    float_tile(rows, vectors, acc, in, terms);
    const size_t width = (size_t)(vectors * SIMD_LANES);
    for (int r = 0; r < rows; r++)
        if (valid >= width) /* a constant size becomes plain stores */
            memcpy(dx + (size_t)r * dx_row, acc[r], width * sizeof(float));
        else
            memcpy(dx + (size_t)r * dx_row, acc[r], valid * sizeof(float));
}

ALWAYS_INLINE void product_rows(int rows, float *dx, size_t dx_row, struct float_tile in,
                                size_t terms, size_t inputs)
{
    const size_t step = VECTORS * SIMD_LANES;
    size_t k = 0;
    for (; k + step <= inputs; k += step) {
        row_tile(rows, VECTORS, dx + k, dx_row, in, terms, step);
        in.b += step;
    }
    for (; k < inputs; k += SIMD_LANES) {
        row_tile(rows, 1, dx + k, dx_row, in, terms, inputs - k);
        in.b += SIMD_LANES;
    }
}

static void SIMD_NAME(row_product)(float *restrict dx, const float *restrict dy, size_t n,
                                   const float *restrict w, size_t outputs, size_t inputs)
{
    const size_t dy_row = nn_stride(outputs), dx_row = nn_stride(inputs);
    struct float_tile in = {dy, w, dy_row, 1, inputs};
    size_t i = 0;
    for (; i + ROWS <= n; i += ROWS, in.a += ROWS * dy_row)
        product_rows(ROWS, dx + i * dx_row, dx_row, in, outputs, inputs);
    for (; i < n; i++, in.a += dy_row)
        product_rows(1, dx + i * dx_row, dx_row, in, outputs, inputs);
}

/* ---- exact sums over shards ---- */

/* Adding 1.5 * 2^52 to a double below 2^51 leaves its nearest integer in the low bits of the
 * pattern; outside that range (or for a NaN) the top 12 bits change. */
static const double SUM_MAGIC = 6755399441055744.0;
static const int64_t SUM_MAGIC_BITS = 0x4338000000000000;
static const int64_t SUM_TOP = 0x4330000000000000;

/* sum[lane] += integer(value[lane] * 2^NN_SUM_EXPONENT); collects wrong top bits in *bad. */
ALWAYS_INLINE void add_integers(int64_t *sum, simd_f32 value, simd_i64 *bad)
{
    const double scale = (double)((int64_t)1 << NN_SUM_EXPONENT);
    for (int h = 0; h < 2; h++) {
        const simd_f64 scaled = simd_widen(value, h) * scale + SUM_MAGIC;
        const simd_i64 bits = (simd_i64)scaled;
        simd_u64 total; /* unsigned: it may wrap in a diverged run */
        SIMD_LOAD(total, sum + h * SIMD_LANES / 2);
        total += (simd_u64)bits - (uint64_t)SUM_MAGIC_BITS;
        *bad |= bits ^ SUM_TOP;
        SIMD_STORE(sum + h * SIMD_LANES / 2, total);
    }
}

/* sum [rows, vectors] of one tile over all shards. */
ALWAYS_INLINE void shard_tile(int rows, int vectors, int64_t *sum, size_t sum_row, size_t valid,
                              struct float_tile in, const size_t *begin, size_t shards,
                              simd_i64 *bad)
{
    int64_t total[ROWS][VECTORS * SIMD_LANES] = {{0}};
    for (size_t s = 0; s < shards; s++) {
        struct float_tile shard = in;
        shard.a += begin[s] * in.a_term;
        shard.b += begin[s] * in.b_term;
        simd_f32 acc[ROWS][VECTORS];
        float_tile(rows, vectors, acc, shard, begin[s + 1] - begin[s]);
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vectors; v++)
                add_integers(total[r] + v * SIMD_LANES, acc[r][v], bad);
    }
    const size_t width = (size_t)(vectors * SIMD_LANES);
    for (int r = 0; r < rows; r++)
        if (valid >= width)
            memcpy(sum + (size_t)r * sum_row, total[r], width * sizeof(int64_t));
        else
            memcpy(sum + (size_t)r * sum_row, total[r], valid * sizeof(int64_t));
}

/* All rows j of one column block. */
ALWAYS_INLINE void shard_columns(int vectors, int64_t *sum, size_t outputs, size_t inputs, size_t k,
                                 struct float_tile in, const size_t *begin, size_t shards,
                                 simd_i64 *bad)
{
    size_t j = 0;
    in.b += k;
    for (; j + ROWS <= outputs; j += ROWS, in.a += ROWS)
        shard_tile(ROWS, vectors, sum + j * inputs + k, inputs, inputs - k, in, begin, shards, bad);
    for (; j < outputs; j++, in.a++)
        shard_tile(1, vectors, sum + j * inputs + k, inputs, inputs - k, in, begin, shards, bad);
}

static int SIMD_NAME(outer_sum)(int64_t *restrict sum, const float *restrict dy, size_t outputs,
                                const float *restrict x, size_t inputs, const size_t *begin,
                                size_t shards)
{
    const struct float_tile in = {dy, x, 1, nn_stride(outputs), nn_stride(inputs)};
    const size_t step = VECTORS * SIMD_LANES, width = nn_stride(inputs);
    simd_i64 bad = {0};
    size_t k = 0;
    for (; k + step <= width && k < inputs; k += step)
        shard_columns(VECTORS, sum, outputs, inputs, k, in, begin, shards, &bad);
    for (; k < inputs; k += SIMD_LANES)
        shard_columns(1, sum, outputs, inputs, k, in, begin, shards, &bad);
    int64_t any = 0;
    for (int lane = 0; lane < SIMD_LANES / 2; lane++)
        any |= bad[lane];
    return (any >> 52) != 0;
}

static void SIMD_NAME(sum_to_gradient)(float *restrict gradient, const int64_t *restrict sum,
                                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        gradient[i] = (float)((double)sum[i] * 0x1p-40);
}
_Static_assert(NN_SUM_EXPONENT == 40, "sum_to_gradient spells out the unit");

ALWAYS_INLINE void sgd(int nesterov, float *restrict value, float *restrict momentum,
                       const float *restrict gradient, const uint8_t *restrict mask, size_t n,
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

static void SIMD_NAME(sgd)(float *value, float *momentum, const float *gradient,
                           const uint8_t *mask, size_t n, struct sgd_spec spec)
{
    if (spec.nesterov)
        sgd(1, value, momentum, gradient, mask, n, spec);
    else
        sgd(0, value, momentum, gradient, mask, n, spec);
}

extern const struct nn_kernels SIMD_NAME(nn_kernels);
const struct nn_kernels SIMD_NAME(nn_kernels) = {
    .pack_codes = SIMD_NAME(pack_codes),
    .code_product = SIMD_NAME(code_product),
    .row_product = SIMD_NAME(row_product),
    .outer_sum = SIMD_NAME(outer_sum),
    .sgd = SIMD_NAME(sgd),
    .sum_to_gradient = SIMD_NAME(sum_to_gradient),
};
