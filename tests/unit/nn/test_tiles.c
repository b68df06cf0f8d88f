/* nn/tiles: matrix products on tiles against plain loops, exact where the header says so. On a machine
 * without tiles there is nothing to test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/kernels.h"
#include "nn/tiles.h"
#include "unit/support/random_numbers.h"

/* bf16 → float: the upper half of its bits. */
static float widen(uint16_t x)
{
    const uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t narrow(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    assert_int_equal(bits & 0xffff, 0);
    return (uint16_t)(bits >> 16);
}

/* n codes as bf16: random, or all of the largest size with one sign a row of `period`. */
static uint16_t *make_codes(size_t n, bool largest, size_t period)
{
    uint16_t *codes = MEM_NEW(uint16_t, n);
    for (size_t i = 0; i < n; i++)
        codes[i] = narrow((float)(largest ? (i / period % 2 ? 255 : -255) : random_code()));
    return codes;
}

struct shape {
    size_t planes, runs, chunks, columns, rows, row; /* row: distance of the left operand's rows */
};

static const struct shape shapes[] = {
    {1, 1, 1,  16, 64,  32 },
    {1, 3, 2,  16, 128, 16 }, /* rows overlap */
    {1, 1, 20, 48, 64,  656},
    {1, 3, 7,  64, 64,  240},
    {3, 1, 1,  32, 64,  32 },
    {3, 3, 2,  16, 128, 48 },
    {3, 2, 9,  80, 64,  300},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static size_t depth_of(const struct shape *s)
{
    return s->runs * s->chunks * TILE_DEPTH;
}

/* Place of [depth, column] in a right operand. */
static size_t right_place(const struct shape *s, size_t d, size_t column)
{
    const size_t tile = column / TILE_SIDE * s->runs * s->chunks + d / TILE_DEPTH;
    return tile * TILE_NUMBERS + d % TILE_DEPTH / 2 * TILE_DEPTH + column % TILE_SIDE * 2 + d % 2;
}

/* Distances of kernel rows and planes, not whole tiles. */
static struct tile_product make_product(const struct shape *s, const uint16_t *a, const uint16_t *b)
{
    const size_t run = 5 * s->row, reach = s->rows * s->row + s->runs * run + 2 * depth_of(s);
    return (struct tile_product){.a = a,
                                 .planes = s->planes,
                                 .plane = reach,
                                 .row = s->row,
                                 .run = run,
                                 .runs = s->runs,
                                 .chunks = s->chunks,
                                 .b = b,
                                 .rows = s->rows,
                                 .columns = s->columns};
}

/* Sum and sum of magnitudes of one element. */
static double element(const struct tile_product *p, const struct shape *s, size_t row,
                      size_t column, double *magnitude)
{
    double sum = 0.0;
    *magnitude = 0.0;
    for (size_t plane = 0; plane < p->planes; plane++)
        for (size_t d = 0; d < depth_of(s); d++) {
            const size_t run = d / (s->chunks * TILE_DEPTH), e = d % (s->chunks * TILE_DEPTH);
            const double product =
                (double)widen(p->a[plane * p->plane + row * p->row + run * p->run + e]) *
                (double)widen(p->b[right_place(s, d, column)]);
            sum += product;
            *magnitude += fabs(product);
        }
    return sum;
}

static void check_codes(const struct shape *s, bool largest)
{
    const size_t length = make_product(s, NULL, NULL).plane;
    uint16_t *a = make_codes(length, largest, length), *b;
    b = make_codes(depth_of(s) * s->columns, largest, TILE_NUMBERS * 40);
    const struct tile_product product = make_product(s, a, b);
    int32_t *acc = MEM_NEW(int32_t, s->rows * s->columns);
    memset(acc, 0x55, s->rows * s->columns * sizeof *acc);
    tile_kernels()->multiply_codes(acc, &product);
    for (size_t i = 0; i < s->rows * s->columns; i++) {
        double magnitude;
        assert_true((double)acc[i] ==
                    element(&product, s, i / s->columns, i % s->columns, &magnitude));
    }
    mem_free(a);
    mem_free(b);
    mem_free(acc);
}

static void check_floats(const struct shape *s)
{
    const size_t length = make_product(s, NULL, NULL).plane / NN_LANES * NN_LANES;
    float *x = MEM_NEW(float, length);
    for (size_t i = 0; i < length; i++)
        x[i] = (float)random_real();
    uint16_t *a = MEM_NEW(uint16_t, 3 * (length + NN_LANES));
    uint16_t *b = make_codes(depth_of(s) * s->columns, false, 1);
    struct tile_product product = make_product(s, a, b);
    product.plane = length;
    tile_kernels()->from_floats(a, length, x, length);
    float *acc = MEM_NEW(float, s->rows * s->columns);
    tile_kernels()->multiply_floats(acc, &product);
    for (size_t i = 0; i < s->rows * s->columns; i++) {
        double magnitude;
        const double sum = element(&product, s, i / s->columns, i % s->columns, &magnitude);
        assert_true(fabs((double)acc[i] - sum) <= 1e-6 * magnitude);
    }
    mem_free(x);
    mem_free(a);
    mem_free(b);
    mem_free(acc);
}

static void test_products(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        if (shapes[i].planes == 1) {
            check_codes(&shapes[i], false);
            check_codes(&shapes[i], true);
        } else {
            check_floats(&shapes[i]);
        }
    assert_int_equal(mem_live_blocks(), 0);
}

/* High, middle and low give the float back, every bit. */
static void test_planes(void **state)
{
    (void)state;
    enum { N = 4096 };
    static float x[N];
    static uint16_t planes[3 * N];
    for (int i = 0; i < N; i++)
        x[i] = ldexpf((float)random_real(), i % 100 - 60);
    x[0] = 0.0F;
    x[1] = 1.0F + 0x1p-23F;
    x[2] = -16777215.0F;
    tile_kernels()->from_floats(planes, N, x, N);
    for (int i = 0; i < N; i++) {
        const float high = widen(planes[i]), middle = widen(planes[N + i]);
        assert_true(high + (middle + widen(planes[2 * N + i])) == x[i]);
        assert_true(fabsf(middle) <= 0x1p-7F * fabsf(high));
    }
    int16_t code[512];
    uint16_t exact[512];
    for (int i = 0; i < 512; i++)
        code[i] = (int16_t)(i - 256);
    tile_kernels()->from_codes(exact, code, 512);
    for (int i = 0; i < 512; i++)
        assert_true(widen(exact[i]) == (float)code[i]);
}

static void test_layouts(void **state)
{
    (void)state;
    enum { ROWS = 64, COLUMNS = 48, PITCH = 100 };
    static uint16_t from[ROWS][COLUMNS], pairs[COLUMNS / 16][ROWS / 2][16][2];
    static uint16_t turned[COLUMNS][PITCH], tile[16][16][2];
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            from[r][c] = (uint16_t)(r * 1000 + c);
    tile_kernels()->interleave(&pairs[0][0][0][0], sizeof pairs[0] / 2, from[0], ROWS, COLUMNS);
    tile_kernels()->transpose(turned[0], PITCH, from[0], ROWS, COLUMNS);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            assert_int_equal(pairs[c / 16][r / 2][c % 16][r % 2], from[r][c]);
            assert_int_equal(turned[c][r], from[r][c]);
        }
    tile_kernels()->pack_columns(&tile[0][0][0], from[3], COLUMNS);
    for (int column = 0; column < 16; column++)
        for (int d = 0; d < 32; d++)
            assert_int_equal(tile[d / 2][column][d % 2], from[3 + column][d]);
}

/* ---- weight gradients ---- */

enum { DEPTH = 96, COLUMNS = 32, ROW = 160, STRIPS = 7 };

static const size_t start[STRIPS] = {0, 1, 2, 20, 21, 16 * ROW, 16 * ROW + 33};

static void test_outer(void **state)
{
    (void)state;
    static float dy[DEPTH][COLUMNS];
    static uint16_t planes[3][DEPTH][COLUMNS], pairs[COLUMNS / 16][3][DEPTH * 16];
    static int64_t sum[STRIPS][COLUMNS / 16][16][16];
    uint16_t *a = make_codes(32 * ROW + 200, false, 1);
    for (int d = 0; d < DEPTH; d++)
        for (int c = 0; c < COLUMNS; c++)
            dy[d][c] = (float)(1e-3 * random_real());
    tile_kernels()->from_floats(planes[0][0], DEPTH * COLUMNS, dy[0], DEPTH * COLUMNS);
    for (int p = 0; p < 3; p++)
        tile_kernels()->interleave(pairs[0][p], sizeof pairs[0] / 2, planes[p][0], DEPTH, COLUMNS);
    const struct tile_outer outer = {a,           ROW,   start,   STRIPS,
                                     pairs[0][0], DEPTH, COLUMNS, ldexp(1.0, NN_SUM_EXPONENT - 3)};
    assert_int_equal(tile_kernels()->outer_sum(sum[0][0][0], &outer, 1), 0);
    assert_int_equal(tile_kernels()->outer_sum(sum[0][0][0], &outer, 0), 0); /* twice */
    for (int s = 0; s < STRIPS; s++)
        for (int i = 0; i < 16; i++)
            for (int j = 0; j < COLUMNS; j++) {
                double exact = 0.0, magnitude = 0.0;
                for (int d = 0; d < DEPTH; d++) {
                    const double product =
                        (double)widen(a[start[s] + (size_t)i * ROW + (size_t)d]) * (double)dy[d][j];
                    exact += product;
                    magnitude += fabs(product);
                }
                const double got = ldexp((double)sum[s][j / 16][i][j % 16], 3 - NN_SUM_EXPONENT);
                assert_true(fabs(got - 2.0 * exact) <= 1e-6 * magnitude);
            }
    mem_free(a);
}

/* What does not fit is said, wherever it is. */
static void test_overflow(void **state)
{
    (void)state;
    static uint16_t a[16][DEPTH], pairs[COLUMNS / 16][3][DEPTH * 16];
    static int64_t sum[4 * COLUMNS * 16];
    static const size_t starts[4];
    static const float bad[] = {0x1p12F, -0x1p12F, INFINITY, NAN};
    struct tile_outer outer = {a[0],        DEPTH, starts,  4,
                               pairs[0][0], DEPTH, COLUMNS, ldexp(1.0, NN_SUM_EXPONENT)};
    for (int d = 0; d < DEPTH; d++)
        for (int i = 0; i < 16; i++)
            a[i][d] = narrow(1.0F);
    assert_int_equal(tile_kernels()->outer_sum(sum, &outer, 1), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (outer.strips = 1; outer.strips <= 4; outer.strips++) {
            uint32_t bits;
            memcpy(&bits, &bad[i], sizeof bits);
            pairs[1][0][DEPTH * 16 - 1] = (uint16_t)(bits >> 16);
            assert_int_not_equal(tile_kernels()->outer_sum(sum, &outer, 1), 0);
            pairs[1][0][DEPTH * 16 - 1] = 0;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products), cmocka_unit_test(test_planes),
        cmocka_unit_test(test_layouts),  cmocka_unit_test(test_outer),
        cmocka_unit_test(test_overflow),
    };
    if (!tile_kernels()) {
        printf("skipped: this CPU has no tiles\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
