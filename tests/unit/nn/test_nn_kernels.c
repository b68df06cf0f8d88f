/* nn/kernels, matrix products: those of every instruction set of this machine against plain loops in double. */
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
#include "unit/support/float_bits.h"
#include "unit/support/random_numbers.h"

/* [rows, stride(columns)], zeros in the padding. */
static float *random_matrix(size_t rows, size_t columns)
{
    float *x = MEM_NEW(float, rows *nn_stride(columns) + NN_LANES);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            x[i * nn_stride(columns) + j] = (float)random_real();
    return x;
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

struct code_case {
    size_t n, outputs, inputs, x_step;
    int16_t *x, *w, *packed;
    float *y, *bias;
};

static void make_code_case(struct code_case *c, size_t n, size_t outputs, size_t inputs,
                           size_t step)
{
    const size_t row = nn_stride(inputs);
    *c = (struct code_case){n, outputs, inputs, .x_step = step * row};
    c->x = MEM_NEW(int16_t, (n + 1) * step * row);
    c->w = MEM_NEW(int16_t, outputs * inputs);
    c->packed = MEM_NEW(int16_t, (inputs + 1) / 2 * nn_stride(outputs) * 2);
    c->y = MEM_NEW(float, n *nn_stride(outputs));
    c->bias = MEM_NEW(float, nn_stride(outputs));
    for (size_t i = 0; i < (n + 1) * step * row; i++)
        c->x[i] = i % row < inputs ? random_code() : 0;
    for (size_t i = 0; i < outputs * inputs; i++)
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

/* [(inputs+1)/2, stride(outputs), 2], zeros in the gaps */
static void check_packed(const struct code_case *c)
{
    const size_t pairs = (c->inputs + 1) / 2, width = nn_stride(c->outputs);
    for (size_t i = 0; i < pairs * width * 2; i++) {
        const size_t k = i / (2 * width) * 2 + i % 2, j = i / 2 % width;
        const int16_t expected = j < c->outputs && k < c->inputs ? c->w[j * c->inputs + k] : 0;
        assert_int_equal(c->packed[i], expected);
    }
}

/* The scale is a power of two: only the conversion of the sum and the addition round. */
static float expected_product(const struct code_case *c, size_t i, size_t j)
{
    int64_t sum = 0;
    for (size_t k = 0; j < c->outputs && k < c->inputs; k++)
        sum += c->x[i * c->x_step + k] * c->w[j * c->inputs + k];
    return (float)sum * 0x1p-10F + c->bias[j];
}

static void check_code_product(const struct nn_kernels *kernels, size_t n, size_t outputs,
                               size_t inputs)
{
    for (size_t step = 1; step <= 3; step++) {
        struct code_case c;
        int32_t max = 0;
        make_code_case(&c, n, outputs, inputs, step);
        kernels->pack_codes(c.packed, c.w, outputs, inputs);
        check_packed(&c);
        const struct packed_codes packed = {c.packed, outputs, inputs};
        const int32_t own = kernels->code_product(c.y, c.x, n, c.x_step, packed, 0x1p-10F, c.bias);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < nn_stride(outputs); j++) {
                const float expected = expected_product(&c, i, j);
                assert_true(c.y[i * nn_stride(outputs) + j] == expected);
                max = bits_of(expected) > max ? bits_of(expected) : max;
            }
        assert_int_equal(own, max);
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

/* Weights as they are, or with rows at a distance and samples that overlap. */
static void make_row_case(struct row_case *c, size_t n, size_t terms, size_t inputs, int apart)
{
    *c = (struct row_case){
        .n = n, .inputs = inputs, .dx_step = nn_stride(inputs) + (apart ? NN_LANES : 0)};
    c->from = (struct row_source){.dy_step = apart ? terms / 3 + 1 : nn_stride(terms),
                                  .w_row = apart ? nn_stride(inputs) : inputs,
                                  .terms = terms};
    c->dy = random_floats(n * c->from.dy_step + terms);
    c->w = random_floats(terms * c->from.w_row + NN_LANES);
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
        for (size_t t = 0; t < from->terms; t++) {
            const double product = (double)c->dy[i * from->dy_step + t] * c->w[t * from->w_row + k];
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
    for (int apart = 0; apart <= 1; apart++)
        for (int accumulate = 0; accumulate <= 1; accumulate++) {
            struct row_case c;
            make_row_case(&c, n, outputs, inputs, apart);
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
    size_t n, outputs, inputs, dy_step, x_step;
    struct outer_group group[GROUPS];
    float *dy, *x;
};

/* Shards of n samples, some of them empty, in another order than memory's. */
static void make_outer_case(struct outer_case *c, size_t n, size_t outputs, size_t inputs)
{
    *c = (struct outer_case){.n = n,
                             .outputs = outputs,
                             .inputs = inputs,
                             .dy_step = nn_stride(outputs),
                             .x_step = nn_stride(inputs)};
    for (size_t g = 0; g < GROUPS; g++) {
        const size_t part = g * 2 % GROUPS, first = part * n / GROUPS;
        c->group[g] = (struct outer_group){first, (part + 1) * n / GROUPS - first};
    }
    c->dy = random_matrix(n, outputs);
    c->x = random_matrix(n, inputs);
}

static void free_outer_case(struct outer_case *c)
{
    mem_free(c->dy);
    mem_free(c->x);
}

static int run_groups(const struct nn_kernels *kernels, const struct outer_case *c, int64_t *sum,
                      size_t first, size_t groups)
{
    return kernels->outer_sum(sum, c->dy, c->dy_step, c->outputs, c->x, c->x_step, c->inputs,
                              c->group + first, groups);
}

static void compare_outer(const struct outer_case *c, const int64_t *sum)
{
    for (size_t at = 0; at < c->outputs * c->inputs; at++) {
        double exact = 0.0, magnitude = 0.0;
        for (size_t i = 0; i < c->n; i++) {
            const double term = (double)c->dy[i * c->dy_step + at / c->inputs] *
                                (double)c->x[i * c->x_step + at % c->inputs];
            exact += term;
            magnitude += fabs(term);
        }
        assert_true(fabs((double)sum[at] * 0x1p-40 - exact) <= 1e-6 * magnitude + GROUPS * 0x1p-41);
    }
}

/* One call for all groups and one call a group (as another rank would): the same integers. */
static void check_outer_sum(const struct nn_kernels *kernels, size_t n, size_t outputs,
                            size_t inputs)
{
    struct outer_case c;
    make_outer_case(&c, n, outputs, inputs);
    const size_t size = outputs * inputs;
    int64_t *sum = MEM_NEW(int64_t, size), *one = MEM_NEW(int64_t, size);
    int64_t *parts = MEM_NEW(int64_t, size);
    memset(sum, 0x11, size * sizeof *sum); /* it is overwritten */
    assert_false(run_groups(kernels, &c, sum, 0, GROUPS));
    for (size_t g = 0; g < GROUPS; g++) {
        assert_false(run_groups(kernels, &c, one, g, 1));
        for (size_t i = 0; i < size; i++)
            parts[i] += one[i];
    }
    assert_memory_equal(sum, parts, size * sizeof *sum);
    compare_outer(&c, sum);
    mem_free(sum);
    mem_free(one);
    mem_free(parts);
    free_outer_case(&c);
}

static void test_outer_sum(void **state)
{
    (void)state;
    for_all(check_outer_sum);
}

/* Without groups the sum is 0. */
static void test_outer_sum_of_nothing(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)simd_level(); level++) {
        int64_t sum[3 * 20], zero[3 * 20] = {0};
        const float dy[NN_LANES] = {0}, x[2 * NN_LANES] = {0};
        if (!nn_kernels_of(level))
            continue;
        memset(sum, 0x11, sizeof sum);
        assert_false(nn_kernels_of(level)->outer_sum(sum, dy, 16, 3, x, 32, 20, NULL, 0));
        assert_memory_equal(sum, zero, sizeof sum);
    }
}

/* Two groups of one such product each at (j, k); tells whether the sum is refused. */
static int refused(const struct nn_kernels *kernels, size_t outputs, size_t inputs, size_t j,
                   size_t k, float value)
{
    const size_t dy_row = nn_stride(outputs), x_row = nn_stride(inputs);
    const struct outer_group group[] = {
        {0, 1},
        {1, 1}
    };
    float *dy = MEM_NEW(float, 2 * dy_row), *x = MEM_NEW(float, 2 * x_row);
    int64_t *sum = MEM_NEW(int64_t, outputs * inputs);
    for (size_t i = 0; i < 2; i++) {
        dy[i * dy_row + j] = value;
        x[i * x_row + k] = 1.0F;
    }
    const int result = kernels->outer_sum(sum, dy, dy_row, outputs, x, x_row, inputs, group, 2);
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
