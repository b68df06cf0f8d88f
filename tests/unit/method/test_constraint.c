/* method: the projections of the constraints against brute force on small cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "method/adc_column.h"
#include "method/admm.h"
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

/* ---- column sparsity ---- */

static void test_column_sparsity(void **state)
{
    (void)state;
    enum { OUT = 3, INPUTS = 20, ROWS = 8 }; /* the last array of a column has 4 rows */
    const struct constraint_class *class = constraint_of_path("column-sparsity");
    for (uint32_t round = 0; round < 100; round++) {
        const struct constraint_layer layer = {
            .out = OUT, .in = 5, .taps = 4, .amount = 1 + round % ROWS, .rows = ROWS};
        float w[OUT * INPUTS], kept[OUT * INPUTS], scratch[ROWS];
        draw(w, OUT * INPUTS, 1000 + round);
        memcpy(kept, w, sizeof w);
        assert_int_equal(class->unit(&layer), 1);
        assert_true(class->scratch_size(&layer, OUT) <= sizeof scratch);
        class->project(&layer, kept, OUT, scratch);
        for (size_t o = 0; o < OUT; o++)
            for (size_t first = 0; first < INPUTS; first += ROWS) {
                const size_t n = INPUTS - first < ROWS ? INPUTS - first : ROWS;
                const float *a = w + o * INPUTS + first, *b = kept + o * INPUTS + first;
                const double best = nearest_by_brute_force(a, n, (size_t)layer.amount);
                assert_true(fabs(distance(a, b, n) - best) < 1e-12);
            }
    }
}

/* ---- adc-limit ---- */

/* Smallest squared distance of codes c < 2^bits to x with every digit sum within its limit: all
 * choices are tried. */
static double best_codes(const struct adc_column *column, const float *x, size_t n, const int *sum)
{
    const int slices = bit_slice_count(column->candidates.format);
    if (n == 0)
        return 0.0;
    double best = INFINITY;
    for (int c = 0; c < 1 << column->candidates.format.bits; c++) {
        int then[BIT_SLICE_MAX], fits = 1;
        for (int k = 0; k < slices; k++) {
            then[k] = sum[k] + bit_slice_digit(column->candidates.format, c, k);
            fits = fits && then[k] <= column->limit[k];
        }
        if (fits) {
            const double rest = best_codes(column, x + 1, n - 1, then);
            best = fmin(best, rest + ((double)x[0] - c) * ((double)x[0] - c));
        }
    }
    return best;
}

static void assert_best(struct adc_column *column, const float *x, size_t n, void *scratch)
{
    const int none[BIT_SLICE_MAX] = {0};
    int sum[BIT_SLICE_MAX] = {0};
    uint8_t code[SMALL];
    double found = 0.0;
    adc_column_fit(column, x, code, n, scratch);
    for (size_t i = 0; i < n; i++) {
        found += ((double)x[i] - code[i]) * ((double)x[i] - code[i]);
        for (int k = 0; k < bit_slice_count(column->candidates.format); k++)
            sum[k] += bit_slice_digit(column->candidates.format, code[i], k);
    }
    for (int k = 0; k < bit_slice_count(column->candidates.format); k++)
        assert_true(sum[k] <= column->limit[k]);
    assert_true(fabs(found - best_codes(column, x, n, none)) < 1e-3);
}

static void test_column_codes(void **state)
{
    (void)state;
    static const struct bit_slice_format formats[] = {
        {4, 2},
        {4, 1},
        {4, 4},
        {3, 1}
    };
    char *scratch = mem_alloc(adc_column_scratch(SMALL), 1, "scratch");
    for (uint32_t round = 0; round < 400; round++) {
        static struct adc_column column;
        adc_column_start(&column, formats[round % 4]);
        const struct rng_key key = {11, RNG_TEST, round};
        const size_t n = 1 + round / 4 % 4;
        float x[4];
        for (size_t i = 0; i < n; i++) /* some larger than every code */
            x[i] = (float)(rng_uniform(key, i) * 1.2 * (1 << column.candidates.format.bits));
        for (int k = 0; k < bit_slice_count(column.candidates.format); k++)
            column.limit[k] = (int)(rng_uniform(key, 10 + (uint64_t)k) * 5.0);
        assert_best(&column, x, n, scratch);
    }
    /* of eight bits: two weights and three, all 65,536 and 16,777,216 choices */
    static struct adc_column two = {
        .limit = {3, 3, 3, 1}
    };
    adc_column_start(&two, (struct bit_slice_format){8, 2});
    const float x[3] = {200.3f, 63.6f, 100.5f};
    assert_best(&two, x, 2, scratch);
    assert_best(&two, x, 3, scratch);
    mem_free(scratch);
}

/* Smallest squared distance under one limit on the sum of codes: dynamic programming over the sum, in
 * double, row by row. */
static double best_of_one_slice(const float *x, size_t n, int limit)
{
    static double cost[256], next[256];
    memset(cost, 0, sizeof cost);
    for (size_t i = 0; i < n; i++) {
        for (int s = 0; s <= limit; s++) {
            next[s] = INFINITY;
            for (int c = 0; c <= s; c++)
                next[s] = fmin(next[s], cost[s - c] + ((double)x[i] - c) * ((double)x[i] - c));
        }
        memcpy(cost, next, sizeof cost);
    }
    return cost[limit];
}

/* Cells of all eight bits on the largest array: digit sums of 2^18, the squares of which 32 bits do not
 * hold. */
static void test_largest_sums(void **state)
{
    enum { ROWS = 1024, LIMIT = 255 };
    (void)state;
    static struct adc_column column = {.limit = {LIMIT}};
    static float x[ROWS];
    static uint8_t code[ROWS];
    adc_column_start(&column, (struct bit_slice_format){8, 8});
    char *scratch = mem_alloc(adc_column_scratch(ROWS), 1, "scratch");
    for (int rows = 128; rows <= ROWS; rows *= 2) {
        double found = 0.0;
        int sum = 0;
        for (int i = 0; i < rows; i++)
            x[i] =
                200.0F + 55.0F * (float)rng_uniform((struct rng_key){17, RNG_TEST, 0}, (uint64_t)i);
        assert_true(adc_column_fit(&column, x, code, (size_t)rows, scratch) == ADC_COLUMN_EXACT);
        for (int i = 0; i < rows; i++) {
            sum += code[i];
            found += ((double)x[i] - code[i]) * ((double)x[i] - code[i]);
        }
        const double best = best_of_one_slice(x, (size_t)rows, LIMIT);
        assert_in_range(sum, 0, LIMIT);
        if (!(fabs(found - best) <= 1e-6 * best)) /* the sums of the fit are floats */
            fail_msg("%d rows: distance %.9g instead of %.9g", rows, found, best);
    }
    mem_free(scratch);
}

/* Columns counted once more, from the weights alone. */
static void assert_columns(const struct constraint_layer *layer, const float *w)
{
    const size_t inputs = layer->in * layer->taps;
    for (size_t o = 0; o < layer->out; o++)
        for (size_t first = 0; first < inputs; first += layer->rows)
            for (int k = 0; k < bit_slice_count(layer->format); k++) {
                int sum[2] = {0};
                for (size_t r = first; r < first + layer->rows && r < inputs; r++) {
                    const float x = w[o * inputs + r] / layer->step;
                    assert_true(x == rintf(x) && fabsf(x) < (float)(1 << layer->format.bits));
                    sum[x < 0] +=
                        (int)fabsf(x) / (1 << k * layer->format.width) % (1 << layer->format.width);
                }
                assert_true(sum[0] < 1 << layer->adc_bits[k] && sum[1] < 1 << layer->adc_bits[k]);
            }
}

/* Greedy alone, where a column has too many states (five bits for every slice), is in the set too. */
static void test_adc_limit(void **state)
{
    (void)state;
    static const int bits[4][4] = {
        {3, 3, 3, 1},
        {1, 2, 0, 3},
        {5, 5, 5, 5},
        {4, 4, 4, 2}
    };
    const struct constraint_class *class = constraint_of_path("adc-limit.bits");
    struct constraint_layer layer = {
        .out = 4, .in = 30, .taps = 3, .format = {8, 2},
                   .step = 0.03125f, .rows = 64
    };
    enum { N = 4 * 90 };
    float w[N], fixed[N], again[N];
    for (uint32_t round = 0; round < 12; round++) {
        memcpy(layer.adc_bits, bits[round % 4], sizeof bits[0]);
        assert_false(class->is_idle(&layer));
        char *scratch = mem_alloc(class->scratch_size(&layer, 1), 1, "scratch");
        for (size_t i = 0; i < N; i++) { /* a tenth of the weights is large, some saturate */
            const struct rng_key key = {13, RNG_TEST, round};
            w[i] = (float)(rng_normal(key, i) * (i % 10 ? 0.5 : 5.0));
        }
        memcpy(fixed, w, sizeof w);
        for (size_t o = 0; o < layer.out; o++)
            class->project(&layer, fixed + o * 90, 1, scratch);
        assert_columns(&layer, fixed);
        for (size_t i = 0; i < N; i++)
            assert_true(fixed[i] == 0.0f ? !signbit(fixed[i]) : fixed[i] * w[i] > 0.0f);
        memcpy(again, fixed, sizeof fixed);
        class->project(&layer, again, layer.out, scratch);
        assert_memory_equal(again, fixed, sizeof fixed);
        mem_free(scratch);
    }
    for (int k = 0; k < 4; k++)
        layer.adc_bits[k] = 8; /* 64 rows of 3 make 192 */
    assert_true(class->is_idle(&layer));
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- ADMM ---- */

/* By hand: w = 1, z = 0.25, u = 0.5; the pull is rho (1 - 0.25 + 0.5), and u becomes 1.25 / 2. */
static void test_admm(void **state)
{
    (void)state;
    const float w[2] = {1.0f, -2.0f};
    float z[2] = {0.25f, 0.0f}, u[2] = {0.5f, 0.0f}, gradient[2] = {3.0f, 0.0f};
    double residual = 0.0, norm = 0.0;
    admm_add_gradient(gradient, w, z, u, 2, 0.5);
    assert_true(gradient[0] == 3.625f && gradient[1] == -1.0f);
    admm_residual(w, z, 2, &residual, &norm);
    assert_true(residual == 0.5625 + 4.0 && norm == 5.0);
    admm_dual(u, w, z, 2, 2.0);
    assert_true(u[0] == 0.625f && u[1] == -1.0f);
    admm_target(z, w, u, 2);
    assert_true(z[0] == 1.625f && z[1] == -3.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest),      cmocka_unit_test(test_largest_ties),
        cmocka_unit_test(test_sparsity),     cmocka_unit_test(test_column_sparsity),
        cmocka_unit_test(test_column_codes), cmocka_unit_test(test_largest_sums),
        cmocka_unit_test(test_adc_limit),    cmocka_unit_test(test_admm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
