/* nn/kernels, matrix products: those of every instruction set of this machine against plain loops in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/simd.h"
#include "nn/kernels.h"

static double random_real(void)
{
    static uint64_t next;
    return 2.0 * rng_uniform((struct rng_key){17, RNG_TEST, 0}, next++) - 1.0;
}

/* [rows, stride(columns)], zeros in the padding. */
static float *random_matrix(size_t rows, size_t columns)
{
    float *x = MEM_NEW(float, rows *nn_stride(columns) + NN_LANES);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            x[i * nn_stride(columns) + j] = (float)random_real();
    return x;
}

static int16_t random_code(void)
{
    return (int16_t)lrint(255.0 * random_real());
}

static const size_t SIZES[] = {1, 2, 3, 15, 16, 17, 33, 100};
static const size_t ROWS[] = {0, 1, 2, 3, 4, 5, 8, 11};

enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

/* Calls check(kernels, n, outputs, inputs) for every level and many sizes. */
static void for_all(void (*check)(const struct nn_kernels *, size_t, size_t, size_t))
{
    for (int level = 0; level <= (int)simd_level(); level++) {
        const struct nn_kernels *kernels = nn_kernels_of(level);
        for (int i = 0; kernels && i < SIZE_COUNT; i++)
            for (int j = 0; j < SIZE_COUNT; j++)
                for (int k = 0; k < SIZE_COUNT; k++)
                    check(kernels, ROWS[i], SIZES[j], SIZES[k]);
    }
    assert_ptr_equal(nn_kernels(), nn_kernels_of((int)simd_level()));
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- integer product ---- */

static int32_t bits_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & INT32_MAX;
}

/* Codes of a little image: taps lie in rows of three, as those of a convolution do. */
struct code_case {
    size_t n, outputs, inputs, taps, x_step;
    size_t offset[9];
    int16_t *x, *w, *packed;
    float *y, *bias;
};

static void make_code_case(struct code_case *c, size_t n, size_t outputs, size_t inputs,
                           size_t taps, size_t step)
{
    const size_t pixel = nn_stride(inputs), row = (n * step + 3) * pixel;
    *c = (struct code_case){n, outputs, inputs, taps, .x_step = step * pixel};
    for (size_t t = 0; t < taps; t++)
        c->offset[t] = t / 3 * row + t % 3 * pixel;
    c->x = MEM_NEW(int16_t, 3 * row);
    c->w = MEM_NEW(int16_t, outputs * inputs * taps);
    c->packed = MEM_NEW(int16_t, taps * ((inputs + 1) / 2) * nn_stride(outputs) * 2);
    c->y = MEM_NEW(float, n *nn_stride(outputs));
    c->bias = MEM_NEW(float, nn_stride(outputs));
    for (size_t i = 0; i < 3 * row; i++)
        c->x[i] = i % pixel < inputs ? random_code() : 0;
    for (size_t i = 0; i < outputs * inputs * taps; i++)
        c->w[i] = i % 7 ? random_code() : 255; /* the extremes too */
    for (size_t j = 0; j < outputs; j++)
        c->bias[j] = (float)lrint(1000.0 * random_real()) * 0x1p-10F;
}

static void free_code_case(struct code_case *c)
{
    mem_free(c->x);
    mem_free(c->w);
    mem_free(c->packed);
    mem_free(c->y);
    mem_free(c->bias);
}

/* [taps, (inputs+1)/2, stride(outputs), 2], zeros in the gaps */
static void check_packed(const struct code_case *c)
{
    const size_t pairs = (c->inputs + 1) / 2, width = nn_stride(c->outputs);
    for (size_t i = 0; i < c->taps * pairs * width * 2; i++) {
        const size_t k = i / (2 * width) % pairs * 2 + i % 2, j = i / 2 % width;
        const size_t t = i / (2 * width * pairs);
        const int16_t expected =
            j < c->outputs && k < c->inputs ? c->w[(j * c->inputs + k) * c->taps + t] : 0;
        assert_int_equal(c->packed[i], expected);
    }
}

/* The scale is a power of two: only the conversion of the sum and the addition round. */
static float expected_product(const struct code_case *c, size_t i, size_t j)
{
    int64_t sum = 0;
    for (size_t t = 0; j < c->outputs && t < c->taps; t++)
        for (size_t k = 0; k < c->inputs; k++)
            sum += c->x[i * c->x_step + c->offset[t] + k] * c->w[(j * c->inputs + k) * c->taps + t];
    return (float)sum * 0x1p-10F + c->bias[j];
}

static void check_code_taps(const struct nn_kernels *kernels, struct code_case *c)
{
    kernels->pack_codes(c->packed, c->w, c->outputs, c->inputs, c->taps);
    check_packed(c);
    const struct packed_codes packed = {c->packed, c->taps, c->outputs, c->inputs};
    const int32_t own =
        kernels->code_product(c->y, c->x, c->n, c->x_step, c->offset, packed, 0x1p-10F, c->bias);
    int32_t max = 0;
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < nn_stride(c->outputs); j++) {
            const float expected = expected_product(c, i, j);
            assert_true(c->y[i * nn_stride(c->outputs) + j] == expected);
            max = bits_of(expected) > max ? bits_of(expected) : max;
        }
    assert_int_equal(own, max);
}

static void check_code_product(const struct nn_kernels *kernels, size_t n, size_t outputs,
                               size_t inputs)
{
    static const size_t cases[][2] = {
        {1, 1},
        {1, 2},
        {2, 1},
        {4, 3},
        {9, 1},
        {9, 2}
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct code_case c;
        make_code_case(&c, n, outputs, inputs, cases[i][0], cases[i][1]);
        check_code_taps(kernels, &c);
        free_code_case(&c);
    }
}

static void test_code_product(void **state)
{
    (void)state;
    for_all(check_code_product);
}

/* ---- gradient of the inputs ---- */

struct row_case {
    struct row_source from;
    float *dy, *w, *dx, *start; /* dx and what was there before */
    size_t n, inputs, dx_step, dx_size;
};

static float *random_floats(size_t n)
{
    float *x = MEM_NEW(float, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)random_real();
    return x;
}

/* One run is a linear layer; more are kernel rows that overlap, at distances that are no multiples
 * of anything. */
static void make_row_case(struct row_case *c, size_t n, size_t terms, size_t inputs, size_t runs)
{
    const size_t dy_step = runs == 1 ? nn_stride(terms) : terms / 3 + 1;
    const size_t w_row = runs == 1 ? inputs : nn_stride(inputs), gap = 5;
    *c =
        (struct row_case){.n = n, .inputs = inputs, .dx_step = nn_stride(inputs) + 16 * (runs - 1)};
    c->from = (struct row_source){.dy_step = dy_step,
                                  .dy_run = n * dy_step + terms + gap,
                                  .w_row = w_row,
                                  .w_run = terms * w_row + gap,
                                  .terms = terms,
                                  .runs = runs};
    c->dy = random_floats(runs * c->from.dy_run);
    c->w = random_floats(runs * c->from.w_run + NN_LANES);
    c->dx_size = (n + 1) * c->dx_step;
    c->start = random_floats(c->dx_size);
    c->dx = MEM_NEW(float, c->dx_size);
    c->from.dy = c->dy;
    c->from.w = c->w;
}

static void free_row_case(struct row_case *c)
{
    mem_free(c->dy);
    mem_free(c->w);
    mem_free(c->dx);
    mem_free(c->start);
}

/* What lies between the pixels' inputs stays. */
static void compare_rows(const struct row_case *c, int accumulate)
{
    const struct row_source *from = &c->from;
    for (size_t at = 0; at < c->dx_size; at++) {
        const size_t i = at / c->dx_step, k = at % c->dx_step;
        double sum = accumulate ? (double)c->start[at] : 0.0, size = fabs(sum);
        if (i >= c->n || k >= c->inputs) {
            assert_true(c->dx[at] == c->start[at]);
            continue;
        }
        for (size_t term = 0; term < from->runs * from->terms; term++) {
            const size_t r = term / from->terms, t = term % from->terms;
            const double product = (double)c->dy[i * from->dy_step + r * from->dy_run + t] *
                                   c->w[r * from->w_run + t * from->w_row + k];
            sum += product;
            size += fabs(product);
        }
        assert_true(fabs(c->dx[at] - sum) <= 1e-5 * size);
    }
}

/* A pixel's bytes are the same when it is alone. */
static void compare_alone(const struct nn_kernels *kernels, const struct row_case *c,
                          int accumulate)
{
    for (size_t i = 0; i < c->n; i++) {
        struct row_source from = c->from;
        float alone[128];
        from.dy += i * from.dy_step;
        memcpy(alone, c->start + i * c->dx_step, c->inputs * sizeof *alone);
        kernels->row_product(alone, c->dx_step, 1, from, c->inputs, accumulate);
        assert_memory_equal(alone, c->dx + i * c->dx_step, c->inputs * sizeof *alone);
    }
}

static void check_row_product(const struct nn_kernels *kernels, size_t n, size_t outputs,
                              size_t inputs)
{
    for (size_t runs = 1; runs <= 3; runs++)
        for (int accumulate = 0; accumulate <= 1; accumulate++) {
            struct row_case c;
            make_row_case(&c, n, outputs, inputs, runs);
            memcpy(c.dx, c.start, c.dx_size * sizeof *c.dx);
            kernels->row_product(c.dx, c.dx_step, n, c.from, inputs, accumulate);
            compare_rows(&c, accumulate);
            compare_alone(kernels, &c, accumulate);
            free_row_case(&c);
        }
}

static void test_row_product(void **state)
{
    (void)state;
    for_all(check_row_product);
}

/* ---- gradient of the weights: exact over groups ---- */

enum { GROUPS = 5 };

struct outer_case {
    size_t outputs, inputs, sum_row, size; /* size: of the sums */
    struct outer_steps steps;
    struct outer_group group[GROUPS];
    float *dy, *x;
    int64_t *sum;
};

/* Shards of n samples, some of them empty. */
static void make_samples(struct outer_case *c, size_t n)
{
    const size_t dy = nn_stride(c->outputs), x = nn_stride(c->inputs);
    c->steps = (struct outer_steps){.dy_term = dy, .x_term = x};
    for (size_t g = 0; g < GROUPS; g++) {
        const size_t first = g * n / GROUPS, next = (g + 1) * n / GROUPS;
        c->group[g] = (struct outer_group){first * dy, first * x, 1, next - first};
    }
    c->dy = random_matrix(n, c->outputs);
    c->x = random_matrix(n, c->inputs);
}

/* Images of `rows` runs of n pixels with borders; x is read at every other pixel. */
static void make_images(struct outer_case *c, size_t n, size_t rows)
{
    const size_t dy = nn_stride(c->outputs), x = nn_stride(c->inputs);
    c->steps = (struct outer_steps){dy, (n + 1) * dy, 2 * x, (2 * n + 3) * x};
    const size_t dy_image = rows * c->steps.dy_row + dy, x_image = rows * c->steps.x_row + x;
    for (size_t g = 0; g < GROUPS; g++) /* in another order than memory's */
        c->group[g] = (struct outer_group){(g * 2 % GROUPS) * dy_image + dy,
                                           (g * 2 % GROUPS) * x_image + x, rows, n};
    c->dy = random_matrix(GROUPS * dy_image / dy, c->outputs);
    c->x = random_matrix(GROUPS * x_image / x, c->inputs);
}

static void make_outer_case(struct outer_case *c, size_t n, size_t outputs, size_t inputs,
                            size_t rows)
{
    *c = (struct outer_case){.outputs = outputs, .inputs = inputs, .sum_row = inputs + 3 * rows};
    c->size = outputs * c->sum_row;
    c->sum = MEM_NEW(int64_t, c->size);
    if (rows == 0)
        make_samples(c, n);
    else
        make_images(c, n, rows);
}

static void free_outer_case(struct outer_case *c)
{
    mem_free(c->dy);
    mem_free(c->x);
    mem_free(c->sum);
}

static int run_groups(const struct nn_kernels *kernels, const struct outer_case *c, int64_t *sum,
                      size_t first, size_t groups, int accumulate)
{
    return kernels->outer_sum(sum, c->sum_row, c->dy, c->outputs, c->x, c->inputs, c->steps,
                              c->group + first, groups, accumulate);
}

static void compare_outer(const struct outer_case *c)
{
    for (size_t at = 0; at < c->size; at++) {
        const size_t j = at / c->sum_row, k = at % c->sum_row;
        double exact = 0.0, magnitude = 0.0;
        if (k >= c->inputs)
            continue;
        for (size_t g = 0; g < GROUPS; g++)
            for (size_t i = 0; i < c->group[g].rows * c->group[g].terms; i++) {
                const size_t r = i / c->group[g].terms, t = i % c->group[g].terms;
                const double term =
                    (double)c->dy[c->group[g].dy + r * c->steps.dy_row + t * c->steps.dy_term + j] *
                    c->x[c->group[g].x + r * c->steps.x_row + t * c->steps.x_term + k];
                exact += term;
                magnitude += fabs(term);
            }
        const double own = (double)c->sum[at] * 0x1p-40;
        assert_true(fabs(own - exact) <= 1e-6 * magnitude + GROUPS * 0x1p-41);
    }
}

/* One call for all groups, one call a group (as another rank would), and calls that continue: the
 * same integers; nothing is written between the rows. */
static void check_outer_calls(const struct nn_kernels *kernels, struct outer_case *c)
{
    int64_t *one = MEM_NEW(int64_t, c->size), *parts = MEM_NEW(int64_t, c->size);
    int64_t *continued = MEM_NEW(int64_t, c->size);
    const int64_t before = 0x1111111111111111;
    memset(c->sum, 0x11, c->size * sizeof *c->sum); /* it is overwritten */
    assert_false(run_groups(kernels, c, c->sum, 0, GROUPS, 0));
    for (size_t g = 0; g < GROUPS; g++) {
        assert_false(run_groups(kernels, c, one, g, 1, 0));
        for (size_t i = 0; i < c->size; i++)
            parts[i] += one[i];
    }
    for (size_t i = 0; i < c->size; i++)
        continued[i] = (int64_t)i - 100;
    assert_false(run_groups(kernels, c, continued, 0, 2, 1));
    assert_false(run_groups(kernels, c, continued, 2, GROUPS - 2, 1));
    for (size_t i = 0; i < c->size; i++) {
        const int inside = i % c->sum_row < c->inputs;
        assert_true(c->sum[i] == (inside ? parts[i] : before));
        assert_true(continued[i] - ((int64_t)i - 100) == (inside ? parts[i] : 0));
    }
    mem_free(one);
    mem_free(parts);
    mem_free(continued);
}

static void check_outer_sum(const struct nn_kernels *kernels, size_t n, size_t outputs,
                            size_t inputs)
{
    for (size_t rows = 0; rows <= 3; rows++) {
        struct outer_case c;
        make_outer_case(&c, n, outputs, inputs, rows);
        check_outer_calls(kernels, &c);
        compare_outer(&c);
        free_outer_case(&c);
    }
}

static void test_outer_sum(void **state)
{
    (void)state;
    for_all(check_outer_sum);
}

/* Without groups the sum is 0, or stays. */
static void test_outer_sum_of_nothing(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)simd_level(); level++) {
        int64_t sum[3 * 20], zero[3 * 20] = {0};
        const float dy[NN_LANES] = {0}, x[2 * NN_LANES] = {0};
        const struct outer_steps steps = {16, 0, 32, 0};
        if (!nn_kernels_of(level))
            continue;
        memset(sum, 0x11, sizeof sum);
        assert_false(nn_kernels_of(level)->outer_sum(sum, 20, dy, 3, x, 20, steps, NULL, 0, 0));
        assert_memory_equal(sum, zero, sizeof sum);
        sum[7] = 5;
        assert_false(nn_kernels_of(level)->outer_sum(sum, 20, dy, 3, x, 20, steps, NULL, 0, 1));
        assert_true(sum[7] == 5);
    }
}

/* Two groups of one such product each at (j, k); tells whether the sum is refused. */
static int refused(const struct nn_kernels *kernels, size_t outputs, size_t inputs, size_t j,
                   size_t k, float value)
{
    const size_t dy_row = nn_stride(outputs), x_row = nn_stride(inputs);
    const struct outer_group group[] = {
        {0,      0,     1, 1},
        {dy_row, x_row, 1, 1}
    };
    const struct outer_steps steps = {.dy_term = dy_row, .x_term = x_row};
    float *dy = MEM_NEW(float, 2 * dy_row), *x = MEM_NEW(float, 2 * x_row);
    int64_t *sum = MEM_NEW(int64_t, outputs * inputs);
    for (size_t i = 0; i < 2; i++) {
        dy[i * dy_row + j] = value;
        x[i * x_row + k] = 1.0F;
    }
    const int result = kernels->outer_sum(sum, inputs, dy, outputs, x, inputs, steps, group, 2, 0);
    if (!result)
        assert_true(sum[j * inputs + k] == (int64_t)ldexp((double)value, NN_SUM_EXPONENT + 1));
    mem_free(dy);
    mem_free(x);
    mem_free(sum);
    return result;
}

static void check_refusals(const struct nn_kernels *kernels, size_t outputs, size_t inputs)
{
    for (size_t j = 0; j < outputs; j++)
        for (size_t k = 0; k < inputs; k++) {
            assert_false(refused(kernels, outputs, inputs, j, k, 2047.75F));
            assert_false(refused(kernels, outputs, inputs, j, k, -2047.75F));
            assert_true(refused(kernels, outputs, inputs, j, k, 2048.0F));
            assert_true(refused(kernels, outputs, inputs, j, k, -2049.0F));
            assert_true(refused(kernels, outputs, inputs, j, k, 1e30F));
            assert_true(refused(kernels, outputs, inputs, j, k, NAN));
            assert_true(refused(kernels, outputs, inputs, j, k, INFINITY));
            assert_true(refused(kernels, outputs, inputs, j, k, -INFINITY));
        }
}

static void test_outer_sum_refuses(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)simd_level(); level++)
        if (nn_kernels_of(level)) {
            check_refusals(nn_kernels_of(level), 9, 37);
            check_refusals(nn_kernels_of(level), 21, 64);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_product),      cmocka_unit_test(test_row_product),
        cmocka_unit_test(test_outer_sum),         cmocka_unit_test(test_outer_sum_of_nothing),
        cmocka_unit_test(test_outer_sum_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
