/* method: the projections of the constraints against brute force on small cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "method/constraint.h"
#include "method/largest.h"

enum { SMALL = 12 };

/* A few levels only, so that magnitudes tie often. */
static void draw(float *w, size_t n, uint32_t round)
{
    const struct rng_key key = {7, RNG_TEST, round};
    for (size_t i = 0; i < n; i++)
        w[i] = (float)(int)(rng_uniform(key, i) * 9.0 - 4.5) / 4.0f;
}

static double distance(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum;
}

/* Smallest squared distance to a vector with at most `keep` entries of w: all subsets are tried. */
static double nearest_by_brute_force(const float *w, size_t n, size_t keep)
{
    double best = INFINITY;
    for (unsigned set = 0; set < 1u << n; set++) {
        if ((size_t)__builtin_popcount(set) > keep)
            continue;
        double sum = 0.0;
        for (size_t i = 0; i < n; i++)
            sum += set >> i & 1 ? 0.0 : (double)w[i] * w[i];
        best = fmin(best, sum);
    }
    return best;
}

static void test_largest(void **state)
{
    (void)state;
    float w[SMALL], kept[SMALL], again[SMALL], scratch[SMALL];
    for (uint32_t round = 0; round < 200; round++) {
        const size_t n = 1 + round % SMALL, keep = (round / SMALL) % (n + 1);
        draw(w, n, round);
        memcpy(kept, w, sizeof w);
        largest_keep(kept, n, keep, scratch);
        size_t nonzero = 0;
        for (size_t i = 0; i < n; i++) {
            assert_true(kept[i] == 0.0f || kept[i] == w[i]);
            nonzero += kept[i] != 0.0f;
        }
        assert_true(nonzero <= keep);
        assert_true(fabs(distance(w, kept, n) - nearest_by_brute_force(w, n, keep)) < 1e-12);
        memcpy(again, kept, sizeof kept);
        largest_keep(again, n, keep, scratch);
        assert_memory_equal(again, kept, n * sizeof *kept);
    }
}

static void test_largest_ties(void **state)
{
    (void)state;
    float w[6] = {1, -1, 2, 1, -1, 1}, scratch[6];
    const float expected[6] = {1, -1, 2, 0, 0, 0};
    largest_keep(w, 6, 3, scratch);
    assert_memory_equal(w, expected, sizeof w);
}

static void test_sparsity(void **state)
{
    (void)state;
    const struct constraint_class *class = constraint_of_path("sparsity.keep");
    const struct constraint_layer layer = {.out = 3, .in = 2, .taps = 2, .amount = 0.25};
    float w[12], kept[12], scratch[12];
    assert_int_equal(class->unit(&layer), 3);
    assert_true(class->scratch_size(&layer, 3) <= sizeof scratch);
    draw(w, 12, 1);
    memcpy(kept, w, sizeof w);
    class->project(&layer, kept, 3, scratch);
    assert_true(fabs(distance(w, kept, 12) - nearest_by_brute_force(w, 12, 3)) < 1e-12);
    assert_null(constraint_of_path("spars"));
    assert_null(constraint_of_path("sparsity2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_largest_ties),
        cmocka_unit_test(test_sparsity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
