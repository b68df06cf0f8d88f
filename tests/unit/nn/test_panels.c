/* nn/panels: the kernels of every instruction set of this machine against plain loops, exact where
 * the header says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/simd.h"
#include "nn/kernels.h"
#include "nn/panels.h"
#include "unit/support/float_bits.h"
#include "unit/support/random_numbers.h"

/* The largest codes too, and all of them with one sign where asked for. */
static int16_t *random_codes(size_t n, int largest)
{
    int16_t *x = MEM_NEW(int16_t, n);
    for (size_t i = 0; i < n; i++)
        x[i] = largest || i % 7 == 0 ? 255 : random_code();
    return x;
}

/* Calls check(kernels) for every level. */
static void for_all_levels(void (*check)(const struct panel_kernels *))
{
    for (int level = 0; level <= (int)simd_level(); level++)
        if (panel_kernels_of(level))
            check(panel_kernels_of(level));
    assert_ptr_equal(panel_kernels(), panel_kernels_of((int)simd_level()));
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- products ---- */

/* Taps lie anywhere in panels of PIXELS pixels; weights of three blocks follow each other. */
enum { PIXELS = 7, TAPS = 5, MOST_ROWS = 37, COLUMNS = PANEL_BLOCKS * PANEL_WIDTH };

struct product_case {
    struct panel_product product;
    struct panel_tap tap[TAPS];
    size_t a_size, b_size, y_size;
    float *start, *y, *bias; /* start: what y held before */
};

static void make_case(struct product_case *c, size_t rows, size_t taps, size_t panels, size_t terms,
                      size_t blocks, size_t columns)
{
    *c = (struct product_case){
        .product = {.taps = taps,
                    .panels = panels,
                    .terms = terms,
                    .a_panel = PIXELS * rows * PANEL_WIDTH + 16,
                    .b_block = (TAPS * panels + 1) * PANEL_SQUARE,
                    .rows = rows,
                    .y_row = COLUMNS + 24,
                    .blocks = blocks,
                    .columns = columns}
    };
    for (size_t t = 0; t < taps; t++)
        c->tap[t] = (struct panel_tap){(t * 3 + 1) % PIXELS * rows * PANEL_WIDTH,
                                       (t * 2 + 1) % TAPS * panels * PANEL_SQUARE};
    c->a_size = panels * c->product.a_panel;
    c->b_size = PANEL_BLOCKS * c->product.b_block;
    c->y_size = (rows + 1) * c->product.y_row;
    c->start = random_floats(c->y_size);
    c->bias = random_floats(COLUMNS);
    c->y = MEM_NEW(float, c->y_size);
    memcpy(c->y, c->start, c->y_size * sizeof *c->y);
}

static void free_case(struct product_case *c)
{
    mem_free(c->start);
    mem_free(c->bias);
    mem_free(c->y);
}

/* Whether element `at` of y is one of the product; its row and column. */
static int belongs(const struct product_case *c, size_t at, size_t *row, size_t *column)
{
    *row = at / c->product.y_row;
    *column = at % c->product.y_row;
    return *row < c->product.rows &&
           *column < (c->product.blocks - 1) * PANEL_WIDTH + c->product.columns;
}

/* What lies outside of it is as before: of the last block's other columns that need not be. */
static void check_outside(const struct product_case *c, size_t at, size_t row, size_t column)
{
    if (row >= c->product.rows || column >= c->product.blocks * PANEL_WIDTH)
        assert_true(c->y[at] == c->start[at]);
}

/* Places of term d (of all taps, panels and terms) in both operands, without the row's and the
 * column's part. */
static void place_term(const struct product_case *c, size_t d, size_t *a, size_t *b, size_t *e)
{
    const struct panel_product *p = &c->product;
    const size_t depth = (p->panels - 1) * PANEL_WIDTH + p->terms;
    const size_t panel = d % depth / PANEL_WIDTH, tap = d / depth;
    *e = d % depth % PANEL_WIDTH;
    *a = c->tap[tap].a + panel * p->a_panel + *e;
    *b = c->tap[tap].b + panel * PANEL_SQUARE;
}

static size_t depth_of(const struct product_case *c)
{
    return c->product.taps * ((c->product.panels - 1) * PANEL_WIDTH + c->product.terms);
}

static float exact_codes(const struct product_case *c, const int16_t *a, const int16_t *b,
                         size_t row, size_t column)
{
    int64_t sum = 0;
    b += column / PANEL_WIDTH * c->product.b_block;
    for (size_t d = 0; d < depth_of(c); d++) {
        size_t i, j, e;
        place_term(c, d, &i, &j, &e);
        sum += a[i + row * PANEL_WIDTH] *
               b[j + e / 2 * 2 * PANEL_WIDTH + column % PANEL_WIDTH * 2 + e % 2];
    }
    return (float)sum * 0x1p-12F + c->bias[column];
}

/* The last block of weights has zeros in the columns that there are not: of pairs of codes, of
 * floats one by one. */
static int is_filling(const struct product_case *c, size_t at, size_t pair)
{
    const size_t first = (c->product.blocks - 1) * c->product.b_block;
    return at >= first && at % c->product.b_block / pair % PANEL_WIDTH >= c->product.columns;
}

static void check_codes(const struct panel_kernels *kernels, struct product_case *c, int largest)
{
    int16_t *a = random_codes(c->a_size, largest), *b = random_codes(c->b_size, largest);
    for (size_t i = 0; i < c->b_size; i++)
        b[i] = is_filling(c, i, 2) ? 0 : b[i];
    for (size_t j = c->product.columns; j < PANEL_WIDTH; j++)
        c->bias[(c->product.blocks - 1) * PANEL_WIDTH + j] = 0.0F;
    c->product.tap = c->tap;
    const int32_t own = kernels->code_product(c->y, a, b, &c->product, 0x1p-12F, c->bias);
    int32_t max = 0;
    for (size_t at = 0; at < c->y_size; at++) {
        size_t row, column;
        if (!belongs(c, at, &row, &column)) {
            check_outside(c, at, row, column);
            continue;
        }
        const float expected = exact_codes(c, a, b, row, column);
        assert_true(c->y[at] == expected);
        max = bits_of(expected) > max ? bits_of(expected) : max;
    }
    assert_int_equal(own, max);
    mem_free(a);
    mem_free(b);
}

static void compare_floats(const struct product_case *c, const float *a, const float *b,
                           int accumulate)
{
    for (size_t at = 0; at < c->y_size; at++) {
        size_t row, column;
        if (!belongs(c, at, &row, &column)) {
            check_outside(c, at, row, column);
            continue;
        }
        double sum = (double)(accumulate ? c->start[at] : c->bias[column]), size = fabs(sum);
        for (size_t d = 0; d < depth_of(c); d++) {
            size_t i, j, e;
            place_term(c, d, &i, &j, &e);
            const double product = (double)a[i + row * PANEL_WIDTH] *
                                   (double)b[j + column / PANEL_WIDTH * c->product.b_block +
                                             e * PANEL_WIDTH + column % PANEL_WIDTH];
            sum += product;
            size += fabs(product);
        }
        assert_true(fabs((double)c->y[at] - sum) <= 2e-6 * size);
    }
}

/* A row's bytes are the same when it is alone. */
static void compare_alone(const struct panel_kernels *kernels, const struct product_case *c,
                          const float *a, const float *b, int accumulate)
{
    struct panel_product one = c->product;
    one.rows = 1;
    for (size_t row = 0; row < c->product.rows; row++) {
        float y[COLUMNS];
        memcpy(y, c->start + row * one.y_row, sizeof y);
        kernels->float_product(y, a + row * PANEL_WIDTH, b, &one, c->bias, accumulate);
        assert_memory_equal(y, c->y + row * one.y_row,
                            ((one.blocks - 1) * PANEL_WIDTH + one.columns) * sizeof *y);
    }
}

static void check_floats(const struct panel_kernels *kernels, struct product_case *c,
                         int accumulate)
{
    float *a = random_floats(c->a_size), *b = random_floats(c->b_size);
    c->product.tap = c->tap;
    kernels->float_product(c->y, a, b, &c->product, c->bias, accumulate);
    compare_floats(c, a, b, accumulate);
    compare_alone(kernels, c, a, b, accumulate);
    mem_free(a);
    mem_free(b);
}

static void check_products(const struct panel_kernels *kernels)
{
    static const size_t terms[] = {2, 4, 10, 16}, columns[] = {16, 3, 8, 9, 4, 12};
    for (size_t i = 0; i < 4; i++)
        for (size_t rows = 1; rows <= MOST_ROWS; rows += rows < 20 ? 1 : 5)
            for (size_t blocks = 1; blocks <= kernels->blocks; blocks++)
                for (int flag = 0; flag <= 1; flag++) {
                    struct product_case c;
                    make_case(&c, rows, rows % (TAPS + 1), 1 + i, terms[i], blocks,
                              columns[rows % 6]);
                    check_codes(kernels, &c, flag);
                    free_case(&c);
                    make_case(&c, rows, rows % (TAPS + 1), 1 + i, terms[i], blocks,
                              columns[rows % 6]);
                    check_floats(kernels, &c, flag);
                    free_case(&c);
                }
}

static void test_products(void **state)
{
    (void)state;
    for_all_levels(check_products);
}

/* ---- weight gradients ---- */

static void check_outer_case(const struct panel_kernels *kernels, struct panel_outer o)
{
    const size_t size = PANEL_BLOCKS * o.acc_block;
    float *x = random_floats((o.segments + 1) * o.x_segment + o.count * PANEL_WIDTH);
    float *dy = random_floats((o.segments + 1) * o.dy_segment + o.count * PANEL_WIDTH +
                              PANEL_BLOCKS * o.dy_panel);
    float *acc = random_floats(size), *start = MEM_NEW(float, size);
    memcpy(start, acc, size * sizeof *acc);
    kernels->outer_add(acc, x, dy, &o);
    for (size_t at = 0; at < size; at++) {
        const size_t block = at / o.acc_block, k = at % o.acc_block / PANEL_WIDTH;
        double sum = (double)start[at], magnitude = fabs(sum);
        for (size_t i = 0; i < o.segments * o.count; i++) {
            const size_t s = i / o.count, pixel = i % o.count * PANEL_WIDTH;
            const double product =
                (double)x[s * o.x_segment + pixel + k % PANEL_WIDTH] *
                (double)dy[block * o.dy_panel + s * o.dy_segment + pixel + at % PANEL_WIDTH];
            sum += product;
            magnitude += fabs(product);
        }
        if (block >= o.blocks || k >= PANEL_WIDTH)
            assert_true(acc[at] == start[at]);
        else if (k < o.channels && (block + 1 < o.blocks || at % PANEL_WIDTH < o.columns))
            assert_true(fabs((double)acc[at] - sum) <= 2e-6 * magnitude);
    }
    mem_free(x);
    mem_free(dy);
    mem_free(acc);
    mem_free(start);
}

static void check_outer(const struct panel_kernels *kernels)
{
    for (size_t channels = 1; channels <= PANEL_WIDTH; channels++)
        for (size_t blocks = 1; blocks <= kernels->blocks; blocks++)
            for (size_t segments = 0; segments <= 3; segments++)
                check_outer_case(kernels, (struct panel_outer){.segments = segments,
                                                               .count = 1 + channels % 5,
                                                               .x_segment = 112,
                                                               .dy_segment = 96,
                                                               .dy_panel = 512,
                                                               .acc_block = 3 * PANEL_SQUARE,
                                                               .channels = channels,
                                                               .blocks = blocks,
                                                               .columns = 17 - channels});
}

static void test_outer(void **state)
{
    (void)state;
    for_all_levels(check_outer);
}

static void check_integers(const struct panel_kernels *kernels)
{
    enum { N = 48 };
    static const float bad[] = {4096.0F, -4097.0F, 1e30F, NAN, INFINITY, -INFINITY};
    const double unit = ldexp(1.0, NN_SUM_EXPONENT - 1);
    float acc[N];
    int64_t sum[N], expected[N];
    for (int i = 0; i < N; i++) {
        acc[i] = (float)ldexp(random_real(), i % 50 - 38);
        expected[i] = llrint((double)acc[i] * unit);
        sum[i] = 0x1111; /* it is overwritten */
    }
    acc[3] = 4095.5F;
    expected[3] = llrint(4095.5 * unit);
    assert_int_equal(kernels->add_integers(sum, acc, N, unit, 1), 0);
    assert_memory_equal(sum, expected, sizeof sum);
    assert_int_equal(kernels->add_integers(sum, acc, N, unit, 0), 0);
    for (int i = 0; i < N; i++)
        assert_true(sum[i] == 2 * expected[i]);
    for (int i = 0; i < N; i++)
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            const float good = acc[i];
            acc[i] = bad[b];
            assert_int_not_equal(kernels->add_integers(sum, acc, N, unit, (int)b % 2), 0);
            acc[i] = good;
        }
}

static void test_integers(void **state)
{
    (void)state;
    for_all_levels(check_integers);
}

/* ---- layout ---- */

static void check_layout(const struct panel_kernels *kernels)
{
    enum { PANELS = 3, COUNT = 5, PIXEL = 40, PANEL = COUNT * PIXEL + 16 };
    static int16_t code[COUNT * PANELS * PANEL_WIDTH], codes[PANELS * PANEL];
    static float value[COUNT * PANELS * PANEL_WIDTH], values[PANELS * PANEL], wide[PANELS * PANEL];
    for (int i = 0; i < COUNT * PANELS * PANEL_WIDTH; i++) {
        code[i] = (int16_t)(i * 2 - 255);
        value[i] = (float)random_real();
    }
    memset(codes, 0, sizeof codes);
    memset(values, 0, sizeof values);
    memset(wide, 0, sizeof wide);
    kernels->lay_codes(codes, PIXEL, PANEL, code, COUNT, PANELS);
    kernels->lay_floats(values, PIXEL, PANEL, value, COUNT, PANELS);
    kernels->widen_codes(wide, PIXEL, PANEL, code, COUNT, PANELS);
    for (size_t at = 0; at < (size_t)PANELS * PANEL; at++) {
        const size_t p = at / PANEL, i = at % PANEL / PIXEL, e = at % PANEL % PIXEL;
        const int inside = i < COUNT && e < PANEL_WIDTH;
        const size_t from = inside ? (i * PANELS + p) * PANEL_WIDTH + e : 0;
        assert_int_equal(codes[at], inside ? code[from] : 0);
        assert_true(wide[at] == (inside ? (float)code[from] : 0.0F));
        assert_true(values[at] == (inside ? value[from] : 0.0F));
    }
}

static void test_layout(void **state)
{
    (void)state;
    for_all_levels(check_layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_outer),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
