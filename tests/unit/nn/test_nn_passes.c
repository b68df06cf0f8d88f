/* nn/kernels, passes over floats: those of every instruction set of this machine against plain loops
 * in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/simd.h"
#include "unit/nn/span_case.h"
#include "unit/support/random_numbers.h"

/* ---- images: batch norm and ReLU ---- */

static void check_affine(const struct nn_kernels *kernels, struct span_case *c)
{
    const float *scale = c->per_channel[0], *shift = c->per_channel[1];
    kernels->affine(c->own + c->first, c->x + c->first, scale, shift, c->span);
    for (size_t i = 0; i < c->size; i++) {
        const size_t k = i % c->span.channels;
        const double product = (double)scale[k] * c->x[i];
        if (inside(c, i))
            assert_true(fabs(c->own[i] - (product + shift[k])) <=
                        3e-7 * (fabs(product) + fabs((double)shift[k])));
        else
            assert_true(c->own[i] == c->start[i]);
    }
}

static void check_gradient_moments(const struct nn_kernels *kernels, struct span_case *c)
{
    const size_t channels = c->span.channels;
    const float *mean = c->per_channel[0], *inverse = c->per_channel[1];
    float *part = c->per_channel[2]; /* random: it is overwritten */
    double sum[2 * 64] = {0}, size[2 * 64] = {0};
    kernels->gradient_moments(part, c->dy + c->first, c->x + c->first, mean, inverse, c->span);
    for (size_t i = 0; i < c->size; i++)
        if (inside(c, i)) {
            const size_t k = i % channels;
            const double dy = (double)c->dy[i];
            const double product = dy * ((double)c->x[i] - (double)mean[k]) * (double)inverse[k];
            sum[k] += dy;
            size[k] += fabs(dy);
            sum[channels + k] += product;
            size[channels + k] += fabs(product);
        }
    for (size_t k = 0; k < 2 * channels; k++)
        assert_true(fabs((double)part[k] - sum[k]) <= 2e-6 * size[k]);
}

static void compare_affine_gradient(const struct span_case *c, int accumulate)
{
    for (size_t i = 0; i < c->size; i++) {
        const size_t k = i % c->span.channels;
        const double a = (double)c->per_channel[0][k] * c->dy[i];
        const double b = (double)c->per_channel[1][k] * c->x[i];
        const double constant = (double)c->per_channel[2][k];
        const double old = accumulate ? (double)c->start[i] : 0.0;
        if (inside(c, i))
            assert_true(fabs(c->own[i] - (old + a + b + constant)) <=
                        5e-7 * (fabs(old) + fabs(a) + fabs(b) + fabs(constant)));
        else
            assert_true(c->own[i] == c->start[i]);
    }
}

static void check_affine_gradient(const struct nn_kernels *kernels, struct span_case *c)
{
    const float *const abc[3] = {c->per_channel[0], c->per_channel[1], c->per_channel[2]};
    for (int accumulate = 0; accumulate <= 1; accumulate++) {
        memcpy(c->own, c->start, c->size * sizeof *c->own);
        kernels->affine_gradient(c->own + c->first, c->dy + c->first, c->x + c->first, abc, c->span,
                                 accumulate);
        compare_affine_gradient(c, accumulate);
    }
    memcpy(c->start, c->dy, c->size * sizeof *c->start); /* in place */
    memcpy(c->own, c->dy, c->size * sizeof *c->own);
    kernels->affine_gradient(c->own + c->first, c->own + c->first, c->x + c->first, abc, c->span,
                             0);
    compare_affine_gradient(c, 0);
}

static void test_affine(void **state)
{
    (void)state;
    for_all_spans(check_affine);
}

static void test_gradient_moments(void **state)
{
    (void)state;
    for_all_spans(check_gradient_moments);
}

static void test_affine_gradient(void **state)
{
    (void)state;
    for_all_spans(check_affine_gradient);
}

static void check_relu(const struct nn_kernels *kernels, size_t n, int accumulate, int in_place)
{
    enum { MAX = 150 };
    static const float edges[] = {0.0F, -0.0F, 1e-40F, -1e-40F, 255.0F, NAN};
    float y[MAX], dy[MAX], dx[MAX], start[MAX];
    for (size_t i = 0; i < MAX; i++) {
        y[i] = i % 3 ? (float)random_real() : edges[i / 3 % 6];
        dy[i] = (float)random_real();
        start[i] = in_place ? dy[i] : (float)random_real();
    }
    memcpy(dx, start, sizeof dx);
    kernels->relu_gradient(dx, in_place ? dx : dy, y, n, accumulate);
    for (size_t i = 0; i < MAX; i++) {
        const float passed = y[i] > 0.0F ? dy[i] : 0.0F;
        assert_true(dx[i] == (i >= n ? start[i] : accumulate ? start[i] + passed : passed));
    }
}

static void test_relu_gradient(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)simd_level(); level++)
        for (size_t n = 0; nn_kernels_of(level) && n <= 150; n += n < 20 ? 1 : 13) {
            check_relu(nn_kernels_of(level), n, 0, 0);
            check_relu(nn_kernels_of(level), n, 1, 0);
            check_relu(nn_kernels_of(level), n, 0, 1);
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

/* ---- gradients of biases ---- */

/* Sums of floats of few bits are exact, and so is what is cut off them; some are whole units. */
static void check_pixel_sums(const struct nn_kernels *kernels, struct span_case *c)
{
    int64_t own[64], expected[64];
    double sum[64] = {0};
    for (size_t i = 0; i < c->size; i++) {
        const int code = random_between(-255, 255);
        c->dy[i] = (float)ldexp((double)code, i % 3 ? -43 : -10);
        sum[i % c->span.channels] += inside(c, i) ? (double)c->dy[i] : 0.0;
    }
    for (size_t k = 0; k < c->span.channels; k++) {
        own[k] = (int64_t)k * 1000 - 7;
        expected[k] = own[k] + (int64_t)((double)(float)sum[k] * 0x1p40);
    }
    assert_int_equal(kernels->add_pixel_sums(own, c->dy + c->first, c->span), 0);
    for (size_t k = 0; k < c->span.channels; k++)
        assert_true(c->span.rows * c->span.pixels > 1 ? llabs(own[k] - expected[k]) <= 1 << 20
                                                      : own[k] == expected[k]);
}

static void test_pixel_sums(void **state)
{
    (void)state;
    for_all_spans(check_pixel_sums);
}

/* One pixel whose last channel is too large, or no number. */
static void test_pixel_sums_refuse(void **state)
{
    (void)state;
    const float values[] = {2047.9F, 2048.0F, -2048.0F, 1e30F, INFINITY, NAN};
    const struct image_span span = {1, 1, 32, 32};
    for (int level = 0; level <= (int)simd_level(); level++)
        for (size_t i = 0; nn_kernels_of(level) && i < sizeof values / sizeof *values; i++) {
            int64_t sum[32] = {0};
            float dy[32] = {0};
            dy[31] = values[i];
            const int refused = nn_kernels_of(level)->add_pixel_sums(sum, dy, span) != 0;
            assert_int_equal(refused, i > 0);
        }
}

static void test_sum_to_gradient(void **state)
{
    (void)state;
    enum { N = 67 };
    int64_t sum[N];
    float gradient[N];
    for (int i = 0; i < N; i++)
        sum[i] = (int64_t)ldexp(random_real(), i % 60);
    for (int level = 0; level <= (int)simd_level(); level++)
        for (size_t n = 0; nn_kernels_of(level) && n <= N; n++) {
            memset(gradient, 0, sizeof gradient);
            nn_kernels_of(level)->sum_to_gradient(gradient, sum, n);
            for (size_t i = 0; i < N; i++)
                assert_true(gradient[i] == (i < n ? (float)((double)sum[i] * 0x1p-40) : 0.0F));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine),
        cmocka_unit_test(test_gradient_moments),
        cmocka_unit_test(test_affine_gradient),
        cmocka_unit_test(test_relu_gradient),
        cmocka_unit_test(test_sgd),
        cmocka_unit_test(test_pixel_sums),
        cmocka_unit_test(test_pixel_sums_refuse),
        cmocka_unit_test(test_sum_to_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
