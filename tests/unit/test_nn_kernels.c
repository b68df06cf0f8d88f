/* nn/kernels: those of every instruction set of this machine against plain loops in double. */
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

static void check_code_product(const struct nn_kernels *kernels, size_t n, size_t outputs,
                               size_t inputs)
{
    const size_t x_row = nn_stride(inputs), y_row = nn_stride(outputs);
    int16_t *x = MEM_NEW(int16_t, n * x_row), *w = MEM_NEW(int16_t, outputs * inputs);
    int16_t *packed = MEM_NEW(int16_t, (inputs + 1) / 2 * y_row * 2);
    float *y = MEM_NEW(float, n *y_row), *bias = MEM_NEW(float, y_row);
    for (size_t i = 0; i < n * inputs; i++)
        x[i / inputs * x_row + i % inputs] = random_code();
    for (size_t i = 0; i < outputs * inputs; i++)
        w[i] = i % 7 ? random_code() : 255; /* the extremes too */
    for (size_t j = 0; j < outputs; j++)
        bias[j] = (float)lrint(1000.0 * random_real()) * 0x1p-10F;
    kernels->pack_codes(packed, w, outputs, inputs);
    const int32_t own =
        kernels->code_product(y, x, n, x_row, packed, outputs, inputs, 0x1p-10F, bias);

    int32_t max = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < y_row; j++) {
            int64_t sum = 0;
            for (size_t k = 0; j < outputs && k < inputs; k++)
                sum += x[i * x_row + k] * w[j * inputs + k];
            /* sum + 1024 bias is an integer below 2^24 here: all of it is exact */
            const float expected = (float)sum * 0x1p-10F + bias[j];
            assert_true(y[i * y_row + j] == expected);
            max = bits_of(expected) > max ? bits_of(expected) : max;
        }
    assert_int_equal(own, max);
    mem_free(x);
    mem_free(w);
    mem_free(packed);
    mem_free(y);
    mem_free(bias);
}

static void test_code_product(void **state)
{
    (void)state;
    for_all(check_code_product);
}

/* ---- gradient of the inputs ---- */

static void check_row_product(const struct nn_kernels *kernels, size_t n, size_t outputs,
                              size_t inputs)
{
    const size_t dx_row = nn_stride(inputs), dy_row = nn_stride(outputs);
    float *dy = random_matrix(n, outputs), *dx = MEM_NEW(float, n *dx_row);
    float *w = MEM_NEW(float, outputs *inputs + NN_LANES), *alone = MEM_NEW(float, dx_row);
    for (size_t i = 0; i < outputs * inputs; i++)
        w[i] = (float)random_real();
    kernels->row_product(dx, dy, n, w, outputs, inputs);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < dx_row; k++) {
            double sum = 0.0, size = 0.0;
            for (size_t j = 0; k < inputs && j < outputs; j++) {
                const double term = (double)dy[i * dy_row + j] * w[j * inputs + k];
                sum += term;
                size += fabs(term);
            }
            assert_true(fabs(dx[i * dx_row + k] - sum) <= 1e-5 * size); /* the padding stays 0 */
        }
        kernels->row_product(alone, dy + i * dy_row, 1, w, outputs, inputs);
        assert_memory_equal(alone, dx + i * dx_row, dx_row * sizeof *dx);
    }
    mem_free(dy);
    mem_free(dx);
    mem_free(w);
    mem_free(alone);
}

static void test_row_product(void **state)
{
    (void)state;
    for_all(check_row_product);
}

/* ---- gradient of the weights: exact over shards ---- */

/* Bounds of `shards` parts of n rows, some of them empty. */
static void cut(size_t n, size_t shards, size_t *begin)
{
    for (size_t s = 0; s <= shards; s++)
        begin[s] = s * n / shards;
}

static void check_outer_sum(const struct nn_kernels *kernels, size_t n, size_t outputs,
                            size_t inputs)
{
    enum { SHARDS = 5 };
    const size_t size = outputs * inputs, dy_row = nn_stride(outputs), x_row = nn_stride(inputs);
    float *dy = random_matrix(n, outputs), *x = random_matrix(n, inputs);
    int64_t *sum = MEM_NEW(int64_t, size), *one = MEM_NEW(int64_t, size);
    int64_t *parts = MEM_NEW(int64_t, size);
    size_t begin[SHARDS + 1];
    cut(n, SHARDS, begin);
    memset(sum, 0x11, size * sizeof *sum); /* it is overwritten */
    assert_false(kernels->outer_sum(sum, dy, outputs, x, inputs, begin, SHARDS));
    for (size_t s = 0; s < SHARDS; s++) { /* as another rank would: its own rows from 0 */
        const size_t rows[2] = {0, begin[s + 1] - begin[s]};
        assert_false(kernels->outer_sum(one, dy + begin[s] * dy_row, outputs, x + begin[s] * x_row,
                                        inputs, rows, 1));
        for (size_t i = 0; i < size; i++)
            parts[i] += one[i];
    }
    assert_memory_equal(sum, parts, size * sizeof *sum);

    for (size_t j = 0; j < outputs; j++)
        for (size_t k = 0; k < inputs; k++) {
            double exact = 0.0, magnitude = 0.0;
            for (size_t i = 0; i < n; i++) {
                const double term = (double)dy[i * dy_row + j] * x[i * x_row + k];
                exact += term;
                magnitude += fabs(term);
            }
            const double own = (double)sum[j * inputs + k] * 0x1p-40;
            assert_true(fabs(own - exact) <= 1e-6 * magnitude + SHARDS * 0x1p-41);
        }
    mem_free(dy);
    mem_free(x);
    mem_free(sum);
    mem_free(one);
    mem_free(parts);
}

static void test_outer_sum(void **state)
{
    (void)state;
    for_all(check_outer_sum);
}

/* Two shards of one such product each at (j, k); tells whether the sum is refused. */
static int refused(const struct nn_kernels *kernels, size_t outputs, size_t inputs, size_t j,
                   size_t k, float value)
{
    const size_t begin[] = {0, 1, 2};
    float *dy = MEM_NEW(float, 2 * nn_stride(outputs)), *x = MEM_NEW(float, 2 * nn_stride(inputs));
    int64_t *sum = MEM_NEW(int64_t, outputs * inputs);
    for (size_t i = 0; i < 2; i++) {
        dy[i * nn_stride(outputs) + j] = value;
        x[i * nn_stride(inputs) + k] = 1.0F;
    }
    const int result = kernels->outer_sum(sum, dy, outputs, x, inputs, begin, 2);
    if (!result)
        assert_true(sum[j * inputs + k] == (int64_t)ldexp((double)value, NN_SUM_EXPONENT + 1));
    mem_free(dy);
    mem_free(x);
    mem_free(sum);
    return result;
}

static void test_outer_sum_refuses(void **state)
{
    (void)state;
    const size_t outputs = 9, inputs = 37;
    for (int level = 0; level <= (int)simd_level(); level++) {
        const struct nn_kernels *kernels = nn_kernels_of(level);
        for (size_t j = 0; kernels && j < outputs; j++)
            for (size_t k = 0; k < inputs; k++) {
                assert_false(refused(kernels, outputs, inputs, j, k, 2047.75F));
                assert_false(refused(kernels, outputs, inputs, j, k, -2047.75F));
                assert_true(refused(kernels, outputs, inputs, j, k, 2048.0F));
                assert_true(refused(kernels, outputs, inputs, j, k, -2049.0F));
                assert_true(refused(kernels, outputs, inputs, j, k, 1e30F));
                assert_true(refused(kernels, outputs, inputs, j, k, -1e30F));
                assert_true(refused(kernels, outputs, inputs, j, k, NAN));
                assert_true(refused(kernels, outputs, inputs, j, k, INFINITY));
                assert_true(refused(kernels, outputs, inputs, j, k, -INFINITY));
            }
    }
}

static void test_sum_to_gradient(void **state)
{
    (void)state;
    enum { N = 67 };
    int64_t sum[N];
    float gradient[N];
    for (int i = 0; i < N; i++)
        sum[i] = (int64_t)ldexp(random_real(), i);
    for (int level = 0; level <= (int)simd_level(); level++)
        for (size_t n = 0; nn_kernels_of(level) && n <= N; n++) {
            memset(gradient, 0, sizeof gradient);
            nn_kernels_of(level)->sum_to_gradient(gradient, sum, n);
            for (size_t i = 0; i < N; i++)
                assert_true(gradient[i] == (i < n ? (float)((double)sum[i] * 0x1p-40) : 0.0F));
        }
}

/* ---- update ---- */

struct twin {
    double value, momentum;
};

static void sgd_twin(struct twin *twin, double gradient, int mask, struct sgd_spec spec)
{
    const double g = mask ? gradient + (double)spec.weight_decay * twin->value : 0.0;
    twin->momentum = (double)spec.momentum * twin->momentum + g;
    twin->value -= (double)spec.rate *
                   (spec.nesterov ? g + (double)spec.momentum * twin->momentum : twin->momentum);
}

static void check_sgd(const struct nn_kernels *kernels, struct sgd_spec spec, size_t n)
{
    enum { MAX = 70 };
    float value[MAX], momentum[MAX] = {0}, gradient[MAX];
    uint8_t mask[MAX];
    struct twin twin[MAX] = {{0}};
    for (size_t i = 0; i < MAX; i++) {
        mask[i] = i % 3 != 0;
        value[i] = mask[i] ? (float)random_real() : 0.0F;
        twin[i].value = (double)value[i];
    }
    for (int step = 0; step < 5; step++) {
        for (size_t i = 0; i < MAX; i++)
            gradient[i] = (float)random_real();
        kernels->sgd(value, momentum, gradient, mask, n, spec);
        for (size_t i = 0; i < n; i++)
            sgd_twin(&twin[i], (double)gradient[i], mask[i], spec);
    }
    for (size_t i = 0; i < MAX; i++) {
        assert_true(fabs((double)value[i] - twin[i].value) < 2e-6);
        assert_true(fabs((double)momentum[i] - twin[i].momentum) < 2e-6);
        assert_true(mask[i] || value[i] == 0.0F);
    }
}

static void test_sgd(void **state)
{
    (void)state;
    static const struct sgd_spec specs[] = {
        {0.1F, 0.0F, 0.0F,  0},
        {0.1F, 0.9F, 0.0F,  0},
        {0.1F, 0.9F, 0.01F, 0},
        {0.1F, 0.5F, 0.01F, 1}
    };
    for (int level = 0; level <= (int)simd_level(); level++)
        for (int s = 0; nn_kernels_of(level) && s < 4; s++)
            for (size_t n = 0; n <= 70; n += 7)
                check_sgd(nn_kernels_of(level), specs[s], n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_product),    cmocka_unit_test(test_row_product),
        cmocka_unit_test(test_outer_sum),       cmocka_unit_test(test_outer_sum_refuses),
        cmocka_unit_test(test_sum_to_gradient), cmocka_unit_test(test_sgd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
