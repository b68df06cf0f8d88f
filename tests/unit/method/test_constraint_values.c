/* method: constraints that say which values weights may have (grid, circulant, ternary). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "hw/bit_slice.h"
#include "hw/fixed_point.h"
#include "method/constraint.h"

enum { MANY = 2400, DIGITS = 4 };

static void draw_normal(float *w, size_t n, uint32_t round, double deviation)
{
    const struct rng_key key = {11, RNG_TEST, round};
    for (size_t i = 0; i < n; i++)
        w[i] = (float)(deviation * rng_normal(key, i));
}

static double distance(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

/* Projects a copy of w [n], and that copy again: the second time nothing may change. */
static void project(const struct constraint_class *class, const struct constraint_layer *layer,
                    const float *w, float *projected)
{
    const size_t n = layer->out * layer->in * layer->taps;
    float *scratch = malloc(1 + (class->scratch_size ? class->scratch_size(layer, layer->out) : 0));
    float *again = malloc(n * sizeof *again);
    memcpy(projected, w, n * sizeof *w);
    class->project(layer, projected, layer->out, scratch);
    memcpy(again, projected, n * sizeof *w);
    class->project(layer, again, layer->out, scratch);
    assert_memory_equal(again, projected, n * sizeof *w);
    free(again);
    free(scratch);
}

/* ---- grid ---- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* |a|^2 - <a,c>^2 / <c,c>, of the best interval for the codes that q gives the weights. */
static double best_for_codes(const float *w, size_t n, double q, int top)
{
    double aa = 0.0, ac = 0.0, cc = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double a = fabs((double)w[i]), c = fmin(fmax(floor(a / q + 0.5), 1.0), top);
        aa += a * a;
        ac += a * (w[i] != 0.0F ? c : 0.0);
        cc += w[i] != 0.0F ? c * c : 0.0;
    }
    return cc > 0.0 ? aa - ac * ac / cc : 0.0;
}

/* The exact minimum: codes change only where |w| / q is between two of them, so there are no more sets
 * of codes than intervals between these places; each is tried. */
static double best_of_all(const float *w, size_t n, int top)
{
    double best = INFINITY, *place = malloc((n * (size_t)top + 2) * sizeof *place);
    size_t places = 0;
    for (size_t i = 0; i < n; i++)
        for (int c = 1; c < top && w[i] != 0.0F; c++)
            place[places++] = fabs((double)w[i]) / (c + 0.5);
    qsort(place, places, sizeof *place, compare);
    for (size_t p = 0; p <= places; p++) {
        const double low = p > 0 ? place[p - 1] : 0.0, high = p < places ? place[p] : low + 1.0;
        best = fmin(best, best_for_codes(w, n, (low + high) / 2.0, top));
    }
    free(place);
    return best;
}

/* Normal weights, half of them zero, in every second round with a few far ones. */
static void draw_pruned(float *w, size_t n, uint32_t round)
{
    draw_normal(w, n, round, 0.1);
    for (size_t i = 0; i < n; i++) {
        w[i] = fabsf(w[i]) < 0.05F ? 0.0F : w[i];
        if (round % 2 == 1 && i % 37 == 0)
            w[i] *= 4.0F;
    }
}

static void test_grid(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 5, 40, 300};
    float w[300], own[300];
    const float zero[300] = {0};
    for (int bits = 1; bits <= 8; bits++)
        for (size_t s = 0; s < 5; s++)
            for (uint32_t round = 0; round < (sizes[s] < 300 ? 60 : 10); round++) { /* seconds */
                const struct constraint_layer layer = {
                    .out = 1, .in = sizes[s], .taps = 1, .amount = bits};
                draw_pruned(w, sizes[s], round);
                project(&constraint_grid, &layer, w, own);
                const double best = best_of_all(w, sizes[s], 1 << (bits - 1));
                /* the interval is rounded to 16 bits; many levels for many weights have minima that
                 * lie close beside each other */
                const double rounded = 3e-10 * distance(w, zero, sizes[s]);
                const double allowed = best * (bits <= 4 ? 1.0001 : 1.01) + rounded;
                assert_true(distance(w, own, sizes[s]) <= allowed);
            }
}

/* Zeros stay, signs stay, and what is left are whole multiples of one interval. */
static void test_grid_values(void **state)
{
    (void)state;
    const struct constraint_layer layer = {.out = 3, .in = 20, .taps = 5, .amount = 3};
    float w[300], own[300];
    draw_pruned(w, 300, 1);
    project(&constraint_grid, &layer, w, own);
    float levels[8], unit = INFINITY;
    int count = 0;
    for (size_t i = 0; i < 300; i++) {
        assert_true((w[i] == 0.0F) == (own[i] == 0.0F) && w[i] * own[i] >= 0.0F);
        unit = own[i] != 0.0F ? fminf(unit, fabsf(own[i])) : unit;
        int l = 0;
        while (l < count && levels[l] != fabsf(own[i]))
            l++;
        if (l == count && own[i] != 0.0F) {
            assert_true(count < 4);
            levels[count++] = fabsf(own[i]);
        }
    }
    for (int l = 0; l < count; l++)
        assert_true(levels[l] == rintf(levels[l] / unit) * unit);
    memset(w, 0, sizeof w);
    project(&constraint_grid, &layer, w, own);
    assert_memory_equal(w, own, sizeof w);
}

/* ---- circulant ---- */

/* Every entry is the mean of those of w that stand in the same block, tap and diagonal. */
static void check_circulant(struct constraint_layer layer)
{
    const size_t k = (size_t)layer.amount, taps = layer.taps, in = layer.in;
    float w[MANY], own[MANY];
    draw_normal(w, layer.out * in * taps, (uint32_t)(k + in), 1.0);
    project(&constraint_circulant, &layer, w, own);
    for (size_t r = 0; r < layer.out; r++)
        for (size_t c = 0; c < in; c++)
            for (size_t t = 0; t < taps; t++) {
                double sum = 0.0, count = 0.0;
                for (size_t y = 0; y < layer.out; y++)
                    for (size_t x = 0; x < in; x++)
                        if (y / k == r / k && x / k == c / k &&
                            (x % k + k - y % k) % k == (c % k + k - r % k) % k) {
                            sum += (double)w[(y * in + x) * taps + t];
                            count += 1.0;
                        }
                assert_true(own[(r * in + c) * taps + t] == (float)(sum / count));
            }
}

static void test_circulant(void **state)
{
    (void)state;
    check_circulant((struct constraint_layer){.out = 8, .in = 12, .taps = 1, .amount = 4});
    check_circulant((struct constraint_layer){.out = 8, .in = 8, .taps = 9, .amount = 4});
    check_circulant((struct constraint_layer){.out = 7, .in = 10, .taps = 2, .amount = 4});
    check_circulant((struct constraint_layer){.out = 2, .in = 3, .taps = 25, .amount = 5});
    check_circulant((struct constraint_layer){.out = 3, .in = 3, .taps = 1, .amount = 1});
}

/* Ranks project whole block rows by themselves. */
static void test_circulant_parts(void **state)
{
    (void)state;
    const struct constraint_layer layer = {.out = 10, .in = 9, .taps = 2, .amount = 4};
    float whole[180], parts[180];
    assert_int_equal(constraint_circulant.unit(&layer), 4);
    draw_normal(whole, 180, 3, 1.0);
    memcpy(parts, whole, sizeof whole);
    constraint_circulant.project(&layer, whole, 10, NULL);
    constraint_circulant.project(&layer, parts + 4UL * 18, 6, NULL);
    constraint_circulant.project(&layer, parts, 4, NULL);
    assert_memory_equal(whole, parts, sizeof whole);
}

enum { K = 4, BLOCKS_OUT = 2, BLOCKS_IN = 3, OUT = K * BLOCKS_OUT, IN = K * BLOCKS_IN };

/* Loss of the tied layer by its own formula: 1/2 |a - y|^2, a_i[r] = sum_j sum_t v_ij[t] x_j[(r+t) mod k]. */
static double tied_loss(const double v[BLOCKS_OUT][BLOCKS_IN][K], const double *x, const double *y)
{
    double loss = 0.0;
    for (int i = 0; i < BLOCKS_OUT; i++)
        for (int r = 0; r < K; r++) {
            double a = 0.0;
            for (int j = 0; j < BLOCKS_IN; j++)
                for (int t = 0; t < K; t++)
                    a += v[i][j][t] * x[j * K + (r + t) % K];
            loss += 0.5 * (a - y[i * K + r]) * (a - y[i * K + r]);
        }
    return loss;
}

/* Training by projection after each step is training of the tied vectors: the projected gradient of the
 * dense layer, times k, is the gradient with respect to v, here by central differences. */
static void test_circulant_gradient(void **state)
{
    (void)state;
    const struct constraint_layer layer = {.out = OUT, .in = IN, .taps = 1, .amount = K};
    const struct rng_key key = {5, RNG_TEST, 0};
    float w[OUT * IN], gradient[OUT * IN];
    double v[BLOCKS_OUT][BLOCKS_IN][K], x[IN], y[OUT];
    draw_normal(w, OUT * IN, 9, 1.0);
    constraint_circulant.project(&layer, w, OUT, NULL);
    for (int i = 0; i < IN; i++)
        x[i] = rng_normal(key, (uint64_t)i);
    for (int i = 0; i < OUT; i++)
        y[i] = rng_normal(key, (uint64_t)(100 + i));
    for (int i = 0; i < BLOCKS_OUT; i++)
        for (int j = 0; j < BLOCKS_IN; j++)
            for (int t = 0; t < K; t++) /* first row of the block */
                v[i][j][t] = (double)w[(i * K) * IN + j * K + t];
    for (int r = 0; r < OUT; r++) {
        double a = -y[r];
        for (int c = 0; c < IN; c++)
            a += (double)w[r * IN + c] * x[c];
        for (int c = 0; c < IN; c++)
            gradient[r * IN + c] = (float)(a * x[c]);
    }
    constraint_circulant.project(&layer, gradient, OUT, NULL);
    for (int i = 0; i < BLOCKS_OUT; i++)
        for (int j = 0; j < BLOCKS_IN; j++)
            for (int t = 0; t < K; t++) {
                const double there = v[i][j][t], h = 1e-4;
                v[i][j][t] = there + h;
                const double above = tied_loss(v, x, y);
                v[i][j][t] = there - h;
                const double slope = (above - tied_loss(v, x, y)) / (2.0 * h);
                v[i][j][t] = there;
                const double own = K * (double)gradient[(i * K) * IN + j * K + t];
                assert_true(fabs(own - slope) <= 1e-5 * fmax(1.0, fabs(slope)));
            }
}

/* Tied weights have equal codes, and so all columns of a block hold the same digits. */
static void test_circulant_digits(void **state)
{
    (void)state;
    const struct constraint_layer layer = {.out = OUT, .in = IN, .taps = 1, .amount = K};
    const struct bit_slice_format format = {8, 2};
    float w[OUT * IN];
    int16_t code[OUT * IN];
    draw_normal(w, OUT * IN, 4, 0.3);
    constraint_circulant.project(&layer, w, OUT, NULL);
    const float max = fixed_point_from_bits(fixed_point_max_bits(w, OUT * IN));
    fixed_point_quantise(code, NULL, w, OUT * IN, fixed_point_exponent(max), 8);
    for (int r = 0; r < OUT; r++)
        for (int j = 0; j < BLOCKS_IN; j++) {
            uint64_t first[DIGITS * DIGITS] = {0}, own[DIGITS * DIGITS] = {0};
            bit_slice_histogram(format, &code[(r / K * K) * IN + j * K], K, first);
            bit_slice_histogram(format, &code[r * IN + j * K], K, own);
            assert_memory_equal(own, first, sizeof own);
            for (int c = 0; c < K; c++)
                assert_int_equal(code[r * IN + j * K + c],
                                 code[(r / K * K) * IN + j * K + (c + K - r % K) % K]);
        }
}

/* ---- ternary ---- */

static void test_ternary(void **state)
{
    (void)state;
    const struct constraint_layer layer = {.out = 1, .in = 8, .taps = 1, .amount = 0.25};
    /* Delta = 1: +Delta is kept, -Delta is not, but both count for the scale (4 + 1 + 1 + 2) / 4 */
    const float w[8] = {4, 1, -1, -2, 0.5F, -0.5F, 0, 0.99F};
    const float expected[8] = {2, 2, 0, -2, 0, 0, 0, 0};
    float own[8];
    project(&constraint_ternary, &layer, w, own);
    assert_memory_equal(own, expected, sizeof own);
    const float zeros[8] = {0};
    project(&constraint_ternary, &layer, zeros, own);
    assert_memory_equal(own, zeros, sizeof own);
    assert_true(constraint_ternary.clip == 1.0F);
}

static void test_ternary_values(void **state)
{
    (void)state;
    const struct constraint_layer layer = {.out = 40, .in = 60, .taps = 1, .amount = 0.05};
    static float w[MANY], own[MANY];
    draw_normal(w, MANY, 1, 0.02);
    project(&constraint_ternary, &layer, w, own);
    double max = 0.0, sum = 0.0, kept = 0.0;
    for (size_t i = 0; i < MANY; i++)
        max = fmax(max, fabs((double)w[i]));
    for (size_t i = 0; i < MANY; i++)
        if (fabs((double)w[i]) >= 0.05 * max) {
            sum += fabs((double)w[i]);
            kept += 1.0;
        }
    for (size_t i = 0; i < MANY; i++) {
        const double sign = (w[i] > 0.0F) - (w[i] < 0.0F);
        const double t = fabs((double)w[i]) >= 0.05 * max ? sign * sum / kept : 0.0;
        assert_true(fabs((double)own[i] - t) <= 1e-7 * sum / kept);
    }
}

/* ---- one after the other ---- */

/* Projects on `a`, then on `b`, then on `a` once more: squared relative distance of the last two. */
static double moved_again(const struct constraint_class *a, const struct constraint_class *b)
{
    static const struct {
        const struct constraint_class *class;
        double amount;
    } amounts[] = {
        {&constraint_sparsity,        0.3},
        {&constraint_column_sparsity, 9  },
        {&constraint_grid,            3  },
        {&constraint_ternary,         0.2}
    };
    const float zero[200] = {0};
    float w[200], first[200], both[200], again[200];
    struct constraint_layer layer[2];
    for (int i = 0; i < 2; i++) {
        layer[i] = (struct constraint_layer){
            .out = 4, .in = 50, .taps = 1, .rows = 32, .step = 0.01F, .format = {8, 2}
        };
        for (int k = 0; k < DIGITS; k++)
            layer[i].adc_bits[k] = 3;
        for (size_t c = 0; c < sizeof amounts / sizeof *amounts; c++)
            if (amounts[c].class == (i == 0 ? a : b))
                layer[i].amount = amounts[c].amount;
    }
    draw_normal(w, 200, 1, 0.3);
    project(a, &layer[0], w, first);
    project(b, &layer[1], first, both);
    assert_true(distance(first, both, 200) > 0.0);
    project(a, &layer[0], both, again);
    return distance(again, both, 200) / distance(both, zero, 200);
}

/* The pairs that may be on one layer, in the order in which they are applied: the second keeps what
 * the first has made (but the last bits of an interval). Those that are refused would not. */
static void test_pairs(void **state)
{
    (void)state;
    static const struct constraint_class *const zeros[] = {&constraint_sparsity,
                                                           &constraint_column_sparsity},
                                                *const values[] = {&constraint_grid,
                                                                   &constraint_ternary};
    assert_true(moved_again(zeros[0], zeros[1]) == 0.0);
    assert_true(moved_again(values[0], values[1]) < 1e-8);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++)
            assert_true(moved_again(zeros[i], values[j]) == 0.0);
        assert_true(moved_again(zeros[i], &constraint_adc_limit) == 0.0);
        assert_true(moved_again(values[i], &constraint_adc_limit) > 1e-3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid),
        cmocka_unit_test(test_grid_values),
        cmocka_unit_test(test_circulant),
        cmocka_unit_test(test_circulant_parts),
        cmocka_unit_test(test_circulant_gradient),
        cmocka_unit_test(test_circulant_digits),
        cmocka_unit_test(test_ternary),
        cmocka_unit_test(test_ternary_values),
        cmocka_unit_test(test_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
