/* method: group lasso with clipping against finite differences, and what the methods count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "method/group_lasso.h"
#include "method/metrics.h"

enum { OUT = 4, IN = 7, TAPS = 3, N = OUT * IN * TAPS, GROUP = 3, GROUPS = OUT * 3 };

/* R by its definition, group by group in double; `limit` >= 0 holds a fast. */
static double reference(struct group_lasso spec, const double *w, double limit, double *limit_out)
{
    double norm[GROUPS], sum = 0.0, value = 0.0;
    int groups = 0;
    for (int o = 0; o < OUT; o++)
        for (int first = 0; first < IN; first += GROUP) {
            double squares = 0.0;
            for (int c = first; c < first + GROUP && c < IN; c++)
                for (int t = 0; t < TAPS; t++)
                    squares += pow(w[(o * IN + c) * TAPS + t], 2.0);
            norm[groups] = sqrt(squares);
            sum += norm[groups++];
        }
    assert_int_equal(groups, GROUPS);
    if (limit < 0.0)
        limit = spec.ratio > 0.0 ? spec.ratio * sum / groups : INFINITY;
    for (int g = 0; g < groups; g++)
        value += fmin(norm[g], limit);
    if (limit_out)
        *limit_out = limit;
    return spec.alpha * value;
}

static const float BEFORE = 0.25F; /* gradients are added to what is there */

static void check_gradient(struct group_lasso spec)
{
    const struct rng_key key = {31, RNG_TEST, 0};
    float w[N], gradient[N];
    double exact[N], norm[GROUPS], limit;
    for (int i = 0; i < N; i++) {
        const double size = 0.2 + (double)(i / (GROUP * TAPS) % 5); /* groups of several sizes */
        w[i] = i < GROUP * TAPS ? 0.0F : (float)(size * rng_normal(key, (uint64_t)i));
        exact[i] = (double)w[i];
        gradient[i] = BEFORE;
    }
    const struct group_lasso_layer layer = {OUT, IN, TAPS, GROUP, w, gradient, norm};
    assert_int_equal(group_lasso_groups(&layer), GROUPS);
    const double value = reference(spec, exact, -1.0, &limit);
    assert_true(fabs(group_lasso_value(spec, &layer, 1) - value) < 1e-12 * value);
    group_lasso_add_gradient(spec, &layer, 1);
    for (int i = 0; i < N; i++) {
        const double h = 1e-6, there = exact[i], held = spec.detach ? limit : -1.0;
        exact[i] = there + h;
        const double above = reference(spec, exact, held, NULL);
        exact[i] = there - h;
        const double slope = (above - reference(spec, exact, held, NULL)) / (2.0 * h);
        exact[i] = there;
        /* the group of zeros has no slope; both sides differ by the same there */
        assert_true(fabs((double)gradient[i] - (double)BEFORE - slope) < 1e-6);
    }
}

static void test_gradients(void **state)
{
    (void)state;
    check_gradient((struct group_lasso){0.7, 0.0, false}); /* plain */
    check_gradient((struct group_lasso){0.7, 0.7, false});
    check_gradient((struct group_lasso){0.7, 0.7, true});
    check_gradient((struct group_lasso){0.3, 1.5, false});
    check_gradient((struct group_lasso){0.3, 1.5, true});
}

/* Every layer has a limit of its own, and layers add up. */
static void test_layers(void **state)
{
    (void)state;
    const float a[4] = {3, 4, 0, 0}, b[2] = {10, 1};
    float gradient_a[4] = {0}, gradient_b[2] = {0};
    double norm_a[2], norm_b[2];
    const struct group_lasso_layer layers[2] = {
        {1, 4, 1, 2, a, gradient_a, norm_a},
        {2, 1, 1, 1, b, gradient_b, norm_b},
    };
    const struct group_lasso spec = {2.0, 1.0, true};
    /* norms 5, 0 and limit 2.5; norms 10, 1 and limit 5.5 */
    assert_true(group_lasso_value(spec, layers, 2) == 2.0 * (2.5 + 0.0 + 5.5 + 1.0));
    group_lasso_add_gradient(spec, layers, 2);
    assert_true(gradient_a[0] == 0.0F && gradient_a[2] == 0.0F); /* clipped; zero */
    assert_true(gradient_b[0] == 0.0F && gradient_b[1] == 2.0F);
}

/* ---- metrics ---- */

static void test_column(void **state)
{
    (void)state;
    /* two outputs of five inputs, on arrays of three rows */
    const float w[10] = {1, 0, -1, 2, 2, 0, 0, 1, 0, -1};
    assert_int_equal(metrics_nonzero(w, 10), 6);
    assert_int_equal(metrics_column_nonzero(w, 2, 5, 3, 0), 2);
    assert_int_equal(metrics_column_nonzero(w, 2, 5, 5, 0), 4);
    assert_int_equal(metrics_column_nonzero(w, 2, 5, 5, 1), 3);
    assert_int_equal(metrics_column_nonzero(w, 2, 5, 5, -1), 1);
    static const int bits_of_2[8] = {9, 8, 7, 6, 5, 4, 3, 2},
                     bits_of_1[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    for (int i = 0; i < 8; i++) {
        assert_int_equal(metrics_lossless_bits((size_t)128 >> i, 2), bits_of_2[i]);
        assert_int_equal(metrics_lossless_bits((size_t)128 >> i, 1), bits_of_1[i]);
    }
    assert_int_equal(metrics_lossless_bits(0, 2), 0);
}

/* Decodes what a width needs: walks the weights and emits entries. */
static uint64_t index_bits_by_hand(const float *w, size_t n, int b, int value_bits)
{
    uint64_t bits = 0;
    size_t last = 0, gap = 0;
    for (size_t i = 0; i < n; i++)
        last = w[i] != 0.0F ? i + 1 : last;
    for (size_t i = 0; i < last; i++) {
        if (w[i] != 0.0F) {
            bits += (uint64_t)b;
            gap = 0;
        } else if (++gap == (size_t)1 << b) {
            bits += (uint64_t)(b + value_bits);
            gap = 0;
        }
    }
    return bits;
}

static void test_index_bits(void **state)
{
    (void)state;
    float w[500];
    for (uint32_t round = 0; round < 20; round++) {
        const struct rng_key key = {41, RNG_TEST, round};
        uint64_t best = UINT64_MAX;
        for (size_t i = 0; i < 500; i++)
            w[i] = rng_uniform(key, i) < 0.3 / (1 + round) ? 1.0F : 0.0F;
        for (int b = 1; b <= 16; b++) {
            const uint64_t bits = index_bits_by_hand(w, 500, b, 3);
            best = bits < best ? bits : best;
        }
        assert_int_equal(metrics_index_bits(w, 500, 3), best);
    }
    memset(w, 0, sizeof w);
    assert_int_equal(metrics_index_bits(w, 500, 3), 0);
}

static void test_circulant(void **state)
{
    (void)state;
    /* 500 x 800 in blocks of 16: 7 x 16 arrays a sign dense; 32 vectors x 4 slices fill 128 columns */
    struct metrics_arrays x = metrics_circulant(500, 800, 16, 128, 128, 4);
    assert_int_equal(x.dense, 2 * 7 * 16);
    assert_int_equal(x.arrays, 2 * 7);
    assert_int_equal(x.copies, 1);
    assert_int_equal(x.passes, 16);
    /* 8 vectors x 4 slices leave room for 4 copies */
    x = metrics_circulant(128, 128, 16, 128, 128, 4);
    assert_int_equal(x.dense, 2 * 4);
    assert_int_equal(x.arrays, 2);
    assert_int_equal(x.copies, 4);
    assert_int_equal(x.passes, 4);
    x = metrics_circulant(10, 500, 1, 128, 128, 4);
    assert_int_equal(x.dense, x.arrays);
    assert_int_equal(x.passes, 1);
    assert_int_equal(metrics_circulant_values(500, 800, 1, 16), 31 * 50 * 16 + 50 * 16);
    assert_int_equal(metrics_circulant_values(1, 3, 2, 4), 2 * 3);
    assert_int_equal(metrics_circulant_values(2, 2, 1, 4), 3); /* diagonals 0, 1 and 3 */
}

static void test_groups(void **state)
{
    (void)state;
    const float w[12] = {0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1}; /* [2, 3, 2], groups of two inputs */
    const struct metrics_groups x = metrics_count_groups(w, 2, 3, 2, 2);
    assert_int_equal(x.groups, 4);
    assert_int_equal(x.alive, 3); /* 0010, 11, 01 */
    assert_true(x.least_zeros == 0.0);
    assert_true(fabs(metrics_group_compression(x, 2) - 16.0 / 0.75) < 1e-12);
    const struct metrics_groups sparse = {100, 76, 0.5}, dead = {4, 0, 0.0};
    assert_true(fabs(metrics_group_compression(sparse, 2) - 16.0 / 0.38) < 1e-9);
    assert_true(metrics_group_compression(dead, 2) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients), cmocka_unit_test(test_layers),
        cmocka_unit_test(test_column),    cmocka_unit_test(test_index_bits),
        cmocka_unit_test(test_circulant), cmocka_unit_test(test_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
