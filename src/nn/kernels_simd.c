/* Matrix products of linear layers, built once for each SIMD level. Register tiles of a few pixels
 * or outputs by a few vectors; the compiler keeps the accumulator arrays in registers because every
 * tile size is a constant. */
#include <stdbool.h>

#include "base/simd.h"
#include "nn/elementwise_simd.h"
#include "nn/kernels.h"

/* Accumulators that fit the registers: 32 with AVX-512, 16 otherwise. A tile of v vectors has
 * ACCUMULATORS / v rows. */
enum { ACCUMULATORS = SIMD_LEVEL == 2 ? 16 : 8, VECTORS = SIMD_LEVEL == 2 ? 4 : 2 };

/* Tiles of outer_sum: three vectors and as many outputs as the registers hold. */
enum { OUTER_VECTORS = 3, OUTER_ROWS = SIMD_LEVEL == 2 ? 8 : 4 };

/* Bounds of any tile. */
enum { TILE_ROWS = ACCUMULATORS, TILE_VECTORS = SIMD_LEVEL == 2 ? 4 : 3 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* ---- y = scale sum x w + bias over integer codes ---- */

enum { BLOCK = 16 }; /* a cache line of outputs */

/* Four pairs of four outputs, one below the other, change places. */
ALWAYS_INLINE void pack_square(int16_t *restrict packed, size_t width, const int16_t *restrict code,
                               size_t inputs)
{
#if SIMD_LEVEL > 0
    __m128i row[4];
    for (int j = 0; j < 4; j++)
        row[j] = _mm_loadu_si128((const __m128i *)(const void *)(code + (size_t)j * inputs));
    const __m128i a = _mm_unpacklo_epi32(row[0], row[1]), b = _mm_unpackhi_epi32(row[0], row[1]);
    const __m128i c = _mm_unpacklo_epi32(row[2], row[3]), d = _mm_unpackhi_epi32(row[2], row[3]);
    const __m128i pair[4] = {_mm_unpacklo_epi64(a, c), _mm_unpackhi_epi64(a, c),
                             _mm_unpacklo_epi64(b, d), _mm_unpackhi_epi64(b, d)};
    for (int k = 0; k < 4; k++)
        _mm_storeu_si128((__m128i *)(void *)(packed + (size_t)k * 2 * width), pair[k]);
#else
    for (size_t k = 0; k < 4; k++)
        for (size_t j = 0; j < 4; j++)
            memcpy(packed + (k * width + j) * 2, code + j * inputs + 2 * k, 4);
#endif
}

static void SIMD_NAME(pack_codes)(int16_t *restrict packed, const int16_t *restrict code,
                                  size_t outputs, size_t inputs)
{
    const size_t width = nn_stride(outputs), pairs = inputs / 2;
    for (size_t j0 = 0; j0 < outputs; j0 += BLOCK) {
        const size_t j1 = j0 + BLOCK < outputs ? j0 + BLOCK : outputs;
        const size_t squares = j0 + BLOCK <= outputs ? pairs / 4 * 4 : 0;
        for (size_t k = 0; k < squares; k += 4)
            for (size_t j = j0; j < j1; j += 4)
                pack_square(packed + (k * width + j) * 2, width, code + j * inputs + 2 * k, inputs);
        for (size_t k = squares; k < pairs; k++)
            for (size_t j = j0; j < j1; j++)
                memcpy(packed + (k * width + j) * 2, code + j * inputs + 2 * k, 4);
        for (size_t j = j0; inputs % 2 && j < j1; j++)
            packed[(pairs * width + j) * 2] = code[j * inputs + inputs - 1];
    }
}

struct code_tile {
    const int16_t *x;
    size_t x_step;
    const int16_t *packed;
    size_t width, pairs; /* width = outputs padded */
};

ALWAYS_INLINE simd_i32 code_tile(int rows, int vectors, float *y, struct code_tile in, float scale,
                                 const float *bias, simd_i32 max)
{
    simd_i32 acc[TILE_ROWS][TILE_VECTORS] = {0};
    const int16_t *packed = in.packed;
    for (size_t k = 0; k < in.pairs; k++, packed += 2 * in.width) {
        simd_i32 w[VECTORS];
        SIMD_UNROLL
        for (int v = 0; v < vectors; v++)
            SIMD_LOAD(w[v], packed + v * 2 * SIMD_LANES);
        SIMD_UNROLL
        for (int r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, in.x + (size_t)r * in.x_step + 2 * k, sizeof pair);
            const simd_i32 broadcast = pair - (simd_i32){0};
            SIMD_UNROLL
            for (int v = 0; v < vectors; v++)
                acc[r][v] = simd_dot_pairs(acc[r][v], broadcast, w[v]);
        }
    }
    SIMD_UNROLL
    for (int v = 0; v < vectors; v++) {
        simd_f32 b;
        SIMD_LOAD(b, bias + v * SIMD_LANES);
        SIMD_UNROLL
        for (int r = 0; r < rows; r++) {
            const simd_f32 out = __builtin_convertvector(acc[r][v], simd_f32) * scale + b;
            SIMD_STORE(y + (size_t)r * in.width + (size_t)(v * SIMD_LANES), out);
            const simd_i32 bits = (simd_i32)out & 0x7fffffff;
            max = simd_max(max, bits);
        }
    }
    return max;
}

/* A column of tiles: n pixels by `vectors` vectors of outputs. */
ALWAYS_INLINE simd_i32 code_column(int vectors, float *y, struct code_tile in, size_t n,
                                   float scale, const float *bias, simd_i32 max)
{
    enum { ROWS1 = ACCUMULATORS, ROWS2 = ACCUMULATORS / 2, ROWS4 = ACCUMULATORS / 4 };
    const int rows = vectors == 1 ? ROWS1 : vectors == 2 ? ROWS2 : ROWS4;
    size_t i = 0;
    for (; i + (size_t)rows <= n; i += (size_t)rows, in.x += (size_t)rows * in.x_step)
        max = code_tile(rows, vectors, y + i * in.width, in, scale, bias, max);
    for (; i + ROWS4 <= n; i += ROWS4, in.x += ROWS4 * in.x_step)
        max = code_tile(ROWS4, vectors, y + i * in.width, in, scale, bias, max);
    for (; i < n; i++, in.x += in.x_step)
        max = code_tile(1, vectors, y + i * in.width, in, scale, bias, max);
    return max;
}

static int32_t SIMD_NAME(code_product)(float *restrict y, const int16_t *restrict x, size_t n,
                                       size_t x_step, struct packed_codes w, float scale,
                                       const float *restrict bias)
{
    struct code_tile in = {x, x_step, w.data, nn_stride(w.outputs), (w.inputs + 1) / 2};
    simd_i32 max = {0};
    size_t j = 0;
    for (; j + VECTORS * SIMD_LANES <= in.width; j += VECTORS * SIMD_LANES) {
        in.packed = w.data + 2 * j;
        max = code_column(VECTORS, y + j, in, n, scale, bias + j, max);
    }
#if SIMD_LEVEL == 2
    for (; j + 2 * SIMD_LANES <= in.width; j += 2 * SIMD_LANES) {
        in.packed = w.data + 2 * j;
        max = code_column(2, y + j, in, n, scale, bias + j, max);
    }
#endif
    for (; j < in.width; j += SIMD_LANES) {
        in.packed = w.data + 2 * j;
        max = code_column(1, y + j, in, n, scale, bias + j, max);
    }
    int32_t largest = 0;
    for (int lane = 0; lane < SIMD_LANES; lane++)
        largest = max[lane] > largest ? max[lane] : largest;
    return largest;
}

/* ---- c[r, :] += sum_t a[r, t] b[t, :], the tile that both float products share ---- */

struct float_tile {
    const float *a, *b;
    size_t a_row, a_term; /* distance of a's rows and terms */
    size_t b_term;        /* distance of b's terms */
};

ALWAYS_INLINE void float_tile(int rows, int vectors, simd_f32 acc[TILE_ROWS][TILE_VECTORS],
                              struct float_tile in, size_t terms)
{
    for (size_t t = 0; t < terms; t++) {
        simd_f32 b[TILE_VECTORS];
        SIMD_UNROLL
        for (int v = 0; v < vectors; v++)
            SIMD_LOAD(b[v], in.b + t * in.b_term + (size_t)(v * SIMD_LANES));
        SIMD_UNROLL
        for (int r = 0; r < rows; r++) {
            const float a = in.a[(size_t)r * in.a_row + t * in.a_term];
            SIMD_UNROLL
            for (int v = 0; v < vectors; v++)
                acc[r][v] += a * b[v];
        }
    }
}

ALWAYS_INLINE void clear_tile(int rows, int vectors, simd_f32 acc[TILE_ROWS][TILE_VECTORS])
{
    SIMD_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        acc[i / vectors][i % vectors] = (simd_f32){0};
}

/* ---- dx = dy w ---- */

struct row_target {
    float *dx;
    size_t step, valid; /* valid: elements of the tile inside the row */
    int accumulate;
};

ALWAYS_INLINE void row_tile(int rows, int vectors, struct row_target to, struct row_source from)
{
    const size_t width = (size_t)(vectors * SIMD_LANES);
    const size_t valid = to.valid < width ? to.valid : width;
    simd_f32 acc[TILE_ROWS][TILE_VECTORS];
    clear_tile(rows, vectors, acc);
    for (int r = 0; to.accumulate && r < rows; r++) {
        if (valid == width) /* a constant size becomes plain loads */
            memcpy(acc[r], to.dx + (size_t)r * to.step, width * sizeof(float));
        else
            memcpy(acc[r], to.dx + (size_t)r * to.step, valid * sizeof(float));
    }
    const struct float_tile tile = {from.dy, from.w, from.dy_step, 1, from.w_row};
    float_tile(rows, vectors, acc, tile, from.terms);
    for (int r = 0; r < rows; r++) {
        if (valid == width)
            memcpy(to.dx + (size_t)r * to.step, acc[r], width * sizeof(float));
        else
            memcpy(to.dx + (size_t)r * to.step, acc[r], valid * sizeof(float));
    }
}

ALWAYS_INLINE void row_column(int vectors, struct row_target to, struct row_source from, size_t n)
{
    enum { ROWS1 = ACCUMULATORS, ROWS2 = ACCUMULATORS / 2, ROWS4 = ACCUMULATORS / 4 };
    const int rows = vectors == 1 ? ROWS1 : vectors == 2 ? ROWS2 : ROWS4;
    size_t i = 0;
    for (; i + (size_t)rows <= n; i += (size_t)rows) {
        row_tile(rows, vectors, to, from);
        to.dx += (size_t)rows * to.step;
        from.dy += (size_t)rows * from.dy_step;
    }
    for (; i + ROWS4 <= n; i += ROWS4) {
        row_tile(ROWS4, vectors, to, from);
        to.dx += ROWS4 * to.step;
        from.dy += ROWS4 * from.dy_step;
    }
    for (; i < n; i++) {
        row_tile(1, vectors, to, from);
        to.dx += to.step;
        from.dy += from.dy_step;
    }
}

static void SIMD_NAME(row_product)(float *dx, size_t dx_step, size_t n, struct row_source from,
                                   size_t inputs, int accumulate)
{
    const size_t step = VECTORS * SIMD_LANES;
    struct row_target to = {dx, dx_step, inputs, accumulate};
    for (; to.valid >= step; to.valid -= step, to.dx += step, from.w += step)
        row_column(VECTORS, to, from, n);
#if SIMD_LEVEL == 2
    if (to.valid >= 2 * SIMD_LANES) {
        row_column(2, to, from, n);
        to.valid -= 2 * SIMD_LANES;
        to.dx += 2 * SIMD_LANES;
        from.w += 2 * SIMD_LANES;
    }
#endif
    while (to.valid > 0) {
        row_column(1, to, from, n);
        const size_t done = to.valid < SIMD_LANES ? to.valid : SIMD_LANES;
        to.valid -= done;
        to.dx += done;
        from.w += done;
    }
}

/* ---- exact sums over groups of samples ---- */

/* Magnitudes from this one on, 2^11 as bits, do not fit; nor does a NaN, whose bits are larger. */
enum { SUM_LIMIT_BITS = 0x45000000 };
_Static_assert(NN_SUM_EXPONENT == 40, "2^51 units are 2^11");

/* Integers nearest to half h of value * 2^NN_SUM_EXPONENT, ties to even; of values that fit. */
ALWAYS_INLINE simd_u64 to_integers(simd_f32 value, int h)
{
#if SIMD_LEVEL == 2
    const __m512 scaled = (__m512)(value * (float)((int64_t)1 << NN_SUM_EXPONENT));
    return (simd_u64)_mm512_cvtps_epi64(h ? _mm512_extractf32x8_ps(scaled, 1)
                                          : _mm512_castps512_ps256(scaled));
#else
    /* adding 1.5 * 2^52 to a double below 2^51 leaves its nearest integer in the low bits */
    const double scale = (double)((int64_t)1 << NN_SUM_EXPONENT), magic = 6755399441055744.0;
    const simd_f64 scaled = simd_widen(value, h) * scale + magic;
    return (simd_u64)scaled - (uint64_t)0x4338000000000000;
#endif
}

/* sum[lane] (+)= integer(value[lane] * 2^NN_SUM_EXPONENT); keeps the largest magnitude in *most. */
ALWAYS_INLINE void put_integers(int64_t *sum, simd_f32 value, bool adds, simd_i32 *most)
{
    *most = simd_max(*most, (simd_i32)value & INT32_MAX);
    SIMD_UNROLL
    for (int h = 0; h < 2; h++) {
        simd_u64 total = to_integers(value, h); /* unsigned: it may wrap in a diverged run */
        if (adds) {
            simd_u64 before;
            SIMD_LOAD(before, sum + h * SIMD_LANES / 2);
            total += before;
        }
        SIMD_STORE(sum + h * SIMD_LANES / 2, total);
    }
}

ALWAYS_INLINE void put_row(int vectors, int64_t *sum, const simd_f32 value[TILE_VECTORS], bool adds,
                           simd_i32 *most)
{
    SIMD_UNROLL
    for (int v = 0; v < vectors; v++)
        put_integers(sum + v * SIMD_LANES, value[v], adds, most);
}

struct outer_in {
    const float *dy, *x;
    size_t dy_step, x_step;
    const struct outer_group *group;
    size_t groups;
};

/* sum [rows, vectors], rows sum_row apart, of one tile over all groups. */
ALWAYS_INLINE void outer_groups(int rows, int vectors, int64_t *sum, size_t sum_row,
                                struct outer_in in, simd_i32 *most)
{
    for (size_t g = 0; g < in.groups; g++) {
        const struct outer_group group = in.group[g];
        const struct float_tile tile = {in.dy + group.first * in.dy_step,
                                        in.x + group.first * in.x_step, 1, in.dy_step, in.x_step};
        simd_f32 acc[TILE_ROWS][TILE_VECTORS];
        clear_tile(rows, vectors, acc);
        float_tile(rows, vectors, acc, tile, group.n);
        SIMD_UNROLL
        for (int r = 0; r < rows; r++)
            put_row(vectors, sum + (size_t)r * sum_row, acc[r], g > 0, most);
    }
}

/* The same for the `valid` columns that there are of a tile at the end of the rows. */
ALWAYS_INLINE void outer_tile(int rows, int vectors, int64_t *sum, size_t sum_row, size_t valid,
                              struct outer_in in, simd_i32 *most)
{
    enum { WIDTH = OUTER_VECTORS * SIMD_LANES };
    int64_t whole[TILE_ROWS * WIDTH];
    if (valid >= (size_t)(vectors * SIMD_LANES)) {
        outer_groups(rows, vectors, sum, sum_row, in, most);
        return;
    }
    outer_groups(rows, vectors, whole, WIDTH, in, most);
    for (int r = 0; r < rows; r++)
        memcpy(sum + (size_t)r * sum_row, whole + r * WIDTH, valid * sizeof(int64_t));
}

/* All outputs j of one column block. */
ALWAYS_INLINE void outer_column(int vectors, int64_t *sum, size_t sum_row, size_t valid,
                                size_t outputs, struct outer_in in, simd_i32 *most)
{
    const int rows = vectors == 1 ? TILE_ROWS : OUTER_ROWS;
    size_t j = 0;
    for (; j + (size_t)rows <= outputs; j += (size_t)rows, in.dy += rows)
        outer_tile(rows, vectors, sum + j * sum_row, sum_row, valid, in, most);
    for (; j + 4 <= outputs; j += 4, in.dy += 4)
        outer_tile(4, vectors, sum + j * sum_row, sum_row, valid, in, most);
    for (; j < outputs; j++, in.dy++)
        outer_tile(1, vectors, sum + j * sum_row, sum_row, valid, in, most);
}

static int SIMD_NAME(outer_sum)(int64_t *sum, const float *dy, size_t dy_step, size_t outputs,
                                const float *x, size_t x_step, size_t inputs,
                                const struct outer_group *group, size_t groups)
{
    struct outer_in in = {dy, x, dy_step, x_step, group, groups};
    if (groups == 0) {
        memset(sum, 0, outputs * inputs * sizeof *sum);
        return 0;
    }
    const size_t step = OUTER_VECTORS * SIMD_LANES, width = nn_stride(inputs);
    simd_i32 most = {0};
    size_t k = 0;
    for (; k + step <= width && k < inputs; k += step, in.x += step)
        outer_column(OUTER_VECTORS, sum + k, inputs, inputs - k, outputs, in, &most);
    for (; k < inputs; k += SIMD_LANES, in.x += SIMD_LANES)
        outer_column(1, sum + k, inputs, inputs - k, outputs, in, &most);
    int32_t largest = 0;
    for (int lane = 0; lane < SIMD_LANES; lane++)
        largest = most[lane] > largest ? most[lane] : largest;
    return largest >= SUM_LIMIT_BITS;
}

extern const struct nn_kernels SIMD_NAME(nn_kernels);
const struct nn_kernels SIMD_NAME(nn_kernels) = {
    .pack_codes = SIMD_NAME(pack_codes),
    .code_product = SIMD_NAME(code_product),
    .row_product = SIMD_NAME(row_product),
    .outer_sum = SIMD_NAME(outer_sum),
    .code_moments = SIMD_NAME(code_moments),
    .affine_max = SIMD_NAME(affine_max),
    .affine_codes = SIMD_NAME(affine_codes),
    .code_gradient_moments = SIMD_NAME(code_gradient_moments),
    .code_affine_gradient = SIMD_NAME(code_affine_gradient),
    .max_code_sum = SIMD_NAME(max_code_sum),
    .quantise_code_sum = SIMD_NAME(quantise_code_sum),
    .mask_gradient = SIMD_NAME(mask_gradient),
    .spread_maximum = SIMD_NAME(spread_maximum),
    .affine = SIMD_NAME(affine),
    .gradient_moments = SIMD_NAME(gradient_moments),
    .affine_gradient = SIMD_NAME(affine_gradient),
    .relu_gradient = SIMD_NAME(relu_gradient),
    .sgd = SIMD_NAME(sgd),
    .sum_to_gradient = SIMD_NAME(sum_to_gradient),
    .add_pixel_sums = SIMD_NAME(add_pixel_sums),
};
