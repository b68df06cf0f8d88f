/* nn/panels.h, built once for each SIMD level. Register tiles of a few rows by two vectors; the
 * compiler keeps the accumulator arrays in registers because every tile size is a constant. */
#include "base/simd.h"
#include "nn/kernels.h"
#include "nn/panels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Two vectors by ROWS rows fill the registers: 32 with AVX-512, else 16. They are two blocks of
 * columns with AVX-512, one with AVX2 and half of one without. */
enum { VECTORS = 2, ROWS = SIMD_LEVEL == 2 ? 8 : 6, MAX_ROWS = SIMD_LEVEL == 2 ? 16 : 12 };

enum { BLOCKS = SIMD_LEVEL == 2 ? 2 : 1, BLOCK_VECTORS = PANEL_WIDTH / SIMD_LANES };

/* Numbers of a panel of the depth that are multiplied. */
ALWAYS_INLINE size_t terms_of(const struct panel_product *p, size_t panel)
{
    return panel + 1 < p->panels ? PANEL_WIDTH : p->terms;
}

/* Rows of the next tile: a rest of two is worth avoiding. */
ALWAYS_INLINE size_t rows_of_tile(size_t left)
{
    if (left >= ROWS && left != ROWS + 2)
        return ROWS;
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* ---- products ---- */

struct vectors {
    const struct panel_product *product;
    size_t distance; /* of the weights of two vectors, elements of a block's row */
    size_t y;        /* of their results */
};

ALWAYS_INLINE simd_i32 code_tile(int rows, int vectors, float *y, const int16_t *a,
                                 const int16_t *b, struct vectors of, float scale,
                                 const float *bias, simd_i32 max)
{
    const struct panel_product *p = of.product;
    simd_i32 acc[MAX_ROWS][VECTORS] = {0};
    for (size_t tap = 0; tap < p->taps; tap++) {
        const int16_t *x = a + p->tap[tap].a, *w = b + p->tap[tap].b;
        for (size_t panel = 0; panel < p->panels; panel++, x += p->a_panel, w += PANEL_SQUARE)
            for (size_t e = 0; e < terms_of(p, panel); e += 2) {
                simd_i32 column[VECTORS];
                for (int v = 0; v < vectors; v++)
                    SIMD_LOAD(column[v], w + e * PANEL_WIDTH + (size_t)v * of.distance);
                for (int r = 0; r < rows; r++) {
                    int32_t pair;
                    memcpy(&pair, x + r * PANEL_WIDTH + e, sizeof pair);
                    const simd_i32 broadcast = pair - (simd_i32){0};
                    for (int v = 0; v < vectors; v++)
                        acc[r][v] = simd_dot_pairs(acc[r][v], broadcast, column[v]);
                }
            }
    }
    for (int v = 0; v < vectors; v++) {
        simd_f32 start;
        SIMD_LOAD(start, bias + (size_t)v * of.y);
        for (int r = 0; r < rows; r++) {
            const simd_f32 out = __builtin_convertvector(acc[r][v], simd_f32) * scale + start;
            SIMD_STORE(y + (size_t)r * p->y_row + (size_t)v * of.y, out);
            max = simd_max(max, (simd_i32)out & INT32_MAX);
        }
    }
    return max;
}

ALWAYS_INLINE simd_i32 code_rows(int vectors, float *y, const int16_t *a, const int16_t *b,
                                 struct vectors of, float scale, const float *bias)
{
    simd_i32 max = {0};
    size_t left = of.product->rows;
    while (left > 0) {
        size_t rows = rows_of_tile(left);
        if (vectors == 1 && left >= MAX_ROWS)
            max = code_tile(rows = MAX_ROWS, vectors, y, a, b, of, scale, bias, max);
        else if (rows == ROWS)
            max = code_tile(ROWS, vectors, y, a, b, of, scale, bias, max);
        else if (rows == 4)
            max = code_tile(4, vectors, y, a, b, of, scale, bias, max);
        else if (rows == 2)
            max = code_tile(2, vectors, y, a, b, of, scale, bias, max);
        else
            max = code_tile(1, vectors, y, a, b, of, scale, bias, max);
        y += rows * of.product->y_row;
        a += rows * PANEL_WIDTH;
        left -= rows;
    }
    return max;
}

static int32_t code_product(float *y, const int16_t *a, const int16_t *b,
                            const struct panel_product *p, float scale, const float *bias)
{
    simd_i32 max = {0};
#if SIMD_LEVEL == 2
    const struct vectors of = {p, p->b_block, PANEL_WIDTH};
    max = p->blocks == 2 ? code_rows(2, y, a, b, of, scale, bias)
                         : code_rows(1, y, a, b, of, scale, bias);
#else
    const struct vectors of = {p, 2 * SIMD_LANES, SIMD_LANES};
    size_t j = 0;
    for (; j + SIMD_LANES < p->columns; j += VECTORS * SIMD_LANES)
        max = simd_max(max, code_rows(VECTORS, y + j, a, b + 2 * j, of, scale, bias + j));
    if (j < p->columns)
        max = simd_max(max, code_rows(1, y + j, a, b + 2 * j, of, scale, bias + j));
#endif
    int32_t largest = 0;
    for (int lane = 0; lane < SIMD_LANES; lane++)
        largest = max[lane] > largest ? max[lane] : largest;
    return largest;
}

ALWAYS_INLINE void float_tile(int rows, int vectors, float *y, const float *a, const float *b,
                              struct vectors of, const float *bias, int accumulate)
{
    const struct panel_product *p = of.product;
    simd_f32 acc[MAX_ROWS][VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            SIMD_LOAD(acc[r][v], (accumulate ? y + (size_t)r * p->y_row : bias) + (size_t)v * of.y);
    for (size_t tap = 0; tap < p->taps; tap++) {
        const float *x = a + p->tap[tap].a, *w = b + p->tap[tap].b;
        for (size_t panel = 0; panel < p->panels; panel++, x += p->a_panel, w += PANEL_SQUARE)
            for (size_t e = 0; e < terms_of(p, panel); e++) {
                simd_f32 column[VECTORS];
                for (int v = 0; v < vectors; v++)
                    SIMD_LOAD(column[v], w + e * PANEL_WIDTH + (size_t)v * of.distance);
                for (int r = 0; r < rows; r++) {
                    const float factor = x[(size_t)(r * PANEL_WIDTH) + e];
                    for (int v = 0; v < vectors; v++)
                        acc[r][v] += factor * column[v];
                }
            }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            SIMD_STORE(y + (size_t)r * p->y_row + (size_t)v * of.y, acc[r][v]);
}

ALWAYS_INLINE void float_rows(int vectors, float *y, const float *a, const float *b,
                              struct vectors of, const float *bias, int accumulate)
{
    size_t left = of.product->rows;
    while (left > 0) {
        size_t rows = rows_of_tile(left);
        if (vectors == 1 && left >= MAX_ROWS)
            float_tile(rows = MAX_ROWS, vectors, y, a, b, of, bias, accumulate);
        else if (rows == ROWS)
            float_tile(ROWS, vectors, y, a, b, of, bias, accumulate);
        else if (rows == 4)
            float_tile(4, vectors, y, a, b, of, bias, accumulate);
        else if (rows == 2)
            float_tile(2, vectors, y, a, b, of, bias, accumulate);
        else
            float_tile(1, vectors, y, a, b, of, bias, accumulate);
        y += rows * of.product->y_row;
        a += rows * PANEL_WIDTH;
        left -= rows;
    }
}

static void float_product(float *y, const float *a, const float *b, const struct panel_product *p,
                          const float *bias, int accumulate)
{
#if SIMD_LEVEL == 2
    const struct vectors of = {p, p->b_block, PANEL_WIDTH};
    if (p->blocks == 2)
        float_rows(2, y, a, b, of, bias, accumulate);
    else
        float_rows(1, y, a, b, of, bias, accumulate);
#else
    const struct vectors of = {p, SIMD_LANES, SIMD_LANES};
    size_t j = 0;
    for (; j + SIMD_LANES < p->columns; j += VECTORS * SIMD_LANES)
        float_rows(VECTORS, y + j, a, b + j, of, bias + j, accumulate);
    if (j < p->columns)
        float_rows(1, y + j, a, b + j, of, bias + j, accumulate);
#endif
}

/* ---- weight gradients ---- */

ALWAYS_INLINE void outer_tile(int rows, int vectors, float *acc, size_t acc_vector, const float *x,
                              const float *dy, size_t dy_vector, const struct panel_outer *o)
{
    simd_f32 tile[MAX_ROWS][VECTORS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            SIMD_LOAD(tile[r][v], acc + r * PANEL_WIDTH + (size_t)v * acc_vector);
    for (size_t s = 0; s < o->segments; s++, x += o->x_segment, dy += o->dy_segment)
        for (size_t i = 0; i < o->count * PANEL_WIDTH; i += PANEL_WIDTH) {
            simd_f32 column[VECTORS];
            for (int v = 0; v < vectors; v++)
                SIMD_LOAD(column[v], dy + i + (size_t)v * dy_vector);
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < vectors; v++)
                    tile[r][v] += x[i + (size_t)r] * column[v];
        }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            SIMD_STORE(acc + r * PANEL_WIDTH + (size_t)v * acc_vector, tile[r][v]);
}

/* All channels of the panel, in tiles of ROWS (of one vector: MAX_ROWS) and of 4. */
ALWAYS_INLINE void outer_rows(int vectors, float *acc, size_t acc_vector, const float *x,
                              const float *dy, size_t dy_vector, const struct panel_outer *o)
{
    size_t k = 0;
    if (vectors == 1)
        for (; k + MAX_ROWS <= o->channels; k += MAX_ROWS)
            outer_tile(MAX_ROWS, vectors, acc + k * PANEL_WIDTH, acc_vector, x + k, dy, dy_vector,
                       o);
    for (; k + ROWS <= o->channels; k += ROWS)
        outer_tile(ROWS, vectors, acc + k * PANEL_WIDTH, acc_vector, x + k, dy, dy_vector, o);
    for (; k < o->channels; k += 4)
        outer_tile(4, vectors, acc + k * PANEL_WIDTH, acc_vector, x + k, dy, dy_vector, o);
}

static void outer_add(float *acc, const float *x, const float *dy, const struct panel_outer *o)
{
#if SIMD_LEVEL == 2
    if (o->blocks == 2)
        outer_rows(2, acc, o->acc_block, x, dy, o->dy_panel, o);
    else
        outer_rows(1, acc, 0, x, dy, 0, o);
#else
    size_t j = 0;
    for (; j + SIMD_LANES < o->columns; j += VECTORS * SIMD_LANES)
        outer_rows(VECTORS, acc + j, SIMD_LANES, x, dy + j, SIMD_LANES, o);
    if (j < o->columns)
        outer_rows(1, acc + j, SIMD_LANES, x, dy + j, SIMD_LANES, o);
#endif
}

/* Adding 1.5 * 2^52 to a double below 2^51 leaves its nearest integer in the low bits of the
 * pattern; outside that range (or for a NaN) the top 12 bits change. */
static const double SUM_MAGIC = 6755399441055744.0;
static const int64_t SUM_MAGIC_BITS = 0x4338000000000000;
static const int64_t SUM_TOP = 0x4330000000000000;

static int add_integers(int64_t *sum, const float *acc, size_t n, double unit, int first)
{
    simd_i64 bad = {0};
    for (size_t i = 0; i < n; i += SIMD_LANES, sum += SIMD_LANES) {
        simd_f32 value;
        SIMD_LOAD(value, acc + i);
        for (int h = 0; h < 2; h++) {
            const simd_i64 bits = (simd_i64)(simd_widen(value, h) * unit + SUM_MAGIC);
            simd_u64 total = {0}; /* unsigned: it may wrap in a diverged run */
            if (!first)
                SIMD_LOAD(total, sum + h * SIMD_LANES / 2);
            total += (simd_u64)bits - (uint64_t)SUM_MAGIC_BITS;
            bad |= bits ^ SUM_TOP;
            SIMD_STORE(sum + h * SIMD_LANES / 2, total);
        }
    }
    int64_t any = 0;
    for (int lane = 0; lane < SIMD_LANES / 2; lane++)
        any |= bad[lane];
    return (any >> 52) != 0;
}

/* ---- layout ---- */

static void lay_codes(int16_t *to, size_t pixel, size_t panel, const int16_t *from, size_t pixels,
                      size_t panels)
{
    for (size_t i = 0; i < pixels; i++)
        for (size_t p = 0; p < panels; p++, from += PANEL_WIDTH)
            memcpy(to + i * pixel + p * panel, from, PANEL_WIDTH * sizeof *to);
}

static void lay_floats(float *to, size_t pixel, size_t panel, const float *from, size_t pixels,
                       size_t panels)
{
    for (size_t i = 0; i < pixels; i++)
        for (size_t p = 0; p < panels; p++, from += PANEL_WIDTH)
            memcpy(to + i * pixel + p * panel, from, PANEL_WIDTH * sizeof *to);
}

static void widen_codes(float *to, size_t pixel, size_t panel, const int16_t *from, size_t pixels,
                        size_t panels)
{
    for (size_t i = 0; i < pixels; i++)
        for (size_t p = 0; p < panels; p++, from += PANEL_WIDTH)
            for (int v = 0; v < BLOCK_VECTORS; v++) {
                simd_i16_half narrow;
                SIMD_LOAD(narrow, from + v * SIMD_LANES);
                const simd_f32 wide =
                    __builtin_convertvector(__builtin_convertvector(narrow, simd_i32), simd_f32);
                SIMD_STORE(to + i * pixel + p * panel + v * SIMD_LANES, wide);
            }
}

extern const struct panel_kernels SIMD_NAME(panel_kernels);
const struct panel_kernels SIMD_NAME(panel_kernels) = {
    .rows = ROWS,
    .blocks = BLOCKS,
    .code_product = code_product,
    .float_product = float_product,
    .outer_add = outer_add,
    .add_integers = add_integers,
    .lay_codes = lay_codes,
    .lay_floats = lay_floats,
    .widen_codes = widen_codes,
};
