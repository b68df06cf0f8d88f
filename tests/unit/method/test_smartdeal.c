/* method: SmartDeal's decomposition against known errors on normal weights and a twin in place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "method/smartdeal.h"

enum { ROWS = 192, K = SMARTDEAL_COLUMNS, N = ROWS * K, ITERATIONS = 30, DRAWS = 40 };

static void draw(double *w, size_t n, uint32_t round, double deviation)
{
    const struct rng_key key = {21, RNG_TEST, round};
    for (size_t i = 0; i < n; i++)
        w[i] = deviation * rng_normal(key, i);
}

static double relative_distance(const double *a, const double *b, size_t n)
{
    double sum = 0.0, norm = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return sqrt(sum / norm);
}

/* Relative errors and zeros (percent) of 192 x 3 normal weights: of one draw by another
 * implementation of the published algorithm, and the mean of 60 draws by a numpy twin. */
static const struct {
    double deviation, threshold, error, zeros, mean;
} table[] = {
    {0.05, 0,     0.189, 0,  0.179},
    {0.05, 0.004, 0.181, 6,  0.180},
    {0.05, 0.01,  0.187, 15, 0.185},
    {0.05, 0.02,  0.207, 30, 0.220},
    {0.05, 0.04,  0.406, 62, 0.370},
    {0.02, 0.004, 0.192, 16, 0.188},
    {0.02, 0.01,  0.252, 40, 0.254},
    {0.02, 0.02,  0.467, 69, 0.469},
};

static void test_normal_weights(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
        double error = 0.0, zeros = 0.0;
        for (uint32_t d = 0; d < DRAWS; d++) {
            double w[N], fit[N];
            struct smartdeal_count count = {0};
            draw(w, N, d, table[t].deviation);
            memcpy(fit, w, sizeof w);
            smartdeal_fit(fit, ROWS, table[t].threshold, ITERATIONS, &count);
            error += relative_distance(fit, w, N) / DRAWS;
            zeros += 100.0 * (1.0 - (double)count.nonzero / (double)count.coefficients) / DRAWS;
        }
        print_message("deviation %.2f threshold %.3f: error %.3f (%.3f), zeros %.0f %% (%.0f)\n",
                      table[t].deviation, table[t].threshold, error, table[t].error, zeros,
                      table[t].zeros);
        assert_true(fabs(error - table[t].mean) < 0.01);
        /* single draws scatter by 0.026 where many coefficients are lost */
        assert_true(fabs(error - table[t].error) < (table[t].zeros > 60 ? 0.05 : 0.03));
        assert_true(fabs(zeros - table[t].zeros) < 5.5);
    }
}

/* What the fit has made stays, as float weights too, unless the threshold is about as large as the
 * weights: then few coefficients are left, and some pieces find other ones. */
static void test_again(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
        uint32_t moved = 0;
        for (uint32_t d = 0; d < DRAWS; d++) {
            double w[N], once[N];
            float stored[N];
            struct smartdeal_count count = {0};
            draw(w, N, d, table[t].deviation);
            smartdeal_fit(w, ROWS, table[t].threshold, ITERATIONS, &count);
            for (size_t i = 0; i < N; i++)
                stored[i] = (float)w[i];
            for (size_t i = 0; i < N; i++)
                w[i] = once[i] = (double)stored[i];
            smartdeal_fit(w, ROWS, table[t].threshold, ITERATIONS, &count);
            moved += relative_distance(w, once, N) > 1e-2;
        }
        const double share = table[t].threshold / table[t].deviation;
        print_message("deviation %.2f threshold %.3f: %u of %d pieces move\n", table[t].deviation,
                      table[t].threshold, moved, DRAWS);
        assert_true(share > 0.3 || moved == 0);
        assert_true(share > 0.5 || moved <= DRAWS / 10);
    }
}

/* Known coefficients and basis are found. */
static void test_product(void **state)
{
    (void)state;
    const double basis[K][K] = {
        {1,   0.1,  -0.2},
        {0,   0.9,  0.1 },
        {0.2, -0.1, 1.1 }
    };
    const struct rng_key key = {3, RNG_TEST, 0};
    double w[N], fit[N];
    uint64_t nonzero = 0;
    for (size_t r = 0; r < ROWS; r++) {
        double c[K];
        for (size_t j = 0; j < K; j++) {
            const double u = rng_uniform(key, r * K + j);
            c[j] = u < 0.5 ? 0.0 : ldexp(u < 0.75 ? 1.0 : -1.0, -(int)(fmod(u * 16.0, 4.0)));
            nonzero += c[j] != 0.0;
        }
        for (size_t j = 0; j < K; j++)
            w[r * K + j] = c[0] * basis[0][j] + c[1] * basis[1][j] + c[2] * basis[2][j];
    }
    memcpy(fit, w, sizeof w);
    struct smartdeal_count count = {0};
    smartdeal_fit(fit, ROWS, 0.1, ITERATIONS, &count);
    assert_true(relative_distance(fit, w, N) < 1e-9);
    assert_int_equal(count.nonzero, nonzero);
    assert_int_equal(count.coefficients, N);
    assert_int_equal(count.pieces, 1);
    assert_int_equal(count.exponents, 0xF << SMARTDEAL_MAX_EXPONENT); /* 1, 1/2, 1/4, 1/8 */
    /* 2 bits for four powers, one for the sign; the map; nine entries of 8 bits */
    assert_int_equal(smartdeal_bits(&count), 3 * nonzero + N + 72);
}

static void test_zeros(void **state)
{
    (void)state;
    double w[6] = {0};
    struct smartdeal_count count = {0};
    smartdeal_fit(w, 2, 0.01, ITERATIONS, &count);
    for (int i = 0; i < 6; i++)
        assert_true(w[i] == 0.0);
    assert_int_equal(count.nonzero, 0);
    assert_int_equal(smartdeal_bits(&count), 6 + 72);
}

/* Pieces: 785 inputs make 262 rows, the last with one input, in two pieces of 131; a 3x3 convolution of
 * 70 channels makes 210 rows, in two pieces of 105; other kernels stay as they are. */
static void check_pieces(size_t in, size_t taps, size_t length)
{
    const struct constraint_layer layer = {
        .out = 1, .in = in, .taps = taps, .amount = 0.004, .iterations = ITERATIONS};
    const size_t n = in * taps;
    double w[800] = {0};
    float own[800];
    struct smartdeal_count count = {0}, expected = {0};
    draw(w, n, 1, 0.05);
    for (size_t i = 0; i < n; i++) {
        w[i] = ldexp(rint(ldexp(w[i], 20)), -20); /* a float */
        own[i] = (float)w[i];
    }
    assert_int_equal(constraint_smartdeal.unit(&layer), 1);
    smartdeal_fit_output(&layer, own, &count);
    for (size_t row = 0; row * K < n; row += length) {
        const size_t left = (n + K - 1) / K - row;
        smartdeal_fit(w + row * K, left < length ? left : length, layer.amount, ITERATIONS,
                      &expected);
    }
    for (size_t i = 0; i < n; i++)
        assert_true(own[i] == (float)w[i]);
    assert_memory_equal(&count, &expected, sizeof count);
}

static void test_pieces(void **state)
{
    (void)state;
    check_pieces(785, 1, 131);
    check_pieces(70, 9, 105);
    check_pieces(10, 1, 4);
    const struct constraint_layer other = {
        .out = 2, .in = 1, .taps = 25, .amount = 1, .iterations = ITERATIONS};
    float w[50], before[50];
    for (int i = 0; i < 50; i++)
        before[i] = w[i] = (float)i;
    assert_false(smartdeal_applies(&other));
    constraint_smartdeal.project(&other, w, 2, NULL);
    assert_memory_equal(w, before, sizeof w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal_weights), cmocka_unit_test(test_again),
        cmocka_unit_test(test_product),        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
