/* run: constraints of a run over its steps, by ADMM and with tied weights against twins
 * written out here, and by masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/optimizer.h"
#include "settings/option_value.h"
#include "train/constrain.h"

/* Two matrices of 3 outputs and 5 inputs, on arrays of 3 rows; `a` keeps 7 of its 15 weights, and both 1
 * in a column. */
enum { OUT = 3, IN = 5, N = OUT * IN, ROWS = 3, KEPT = 7, EVERY = 3, STEPS = 10 };

static struct settings settings_by(const char *by)
{
    struct settings settings;
    option_values_default(&settings);
    settings.crossbar.rows = ROWS;
    static const double keep[] = {(double)KEPT / N, 0.0}, nonzeros[] = {1.0};
    settings.sparsity.keep = (struct real_list){keep, 2};
    settings.column_sparsity.nonzeros = (struct real_list){nonzeros, 1};
    settings.impose.every = EVERY;
    settings.impose.rho = 0.5;
    settings.impose.growth = 1.5;
    strcpy(settings.impose.by, by);
    return settings;
}

static void create(struct parameters *params)
{
    const struct rng_key key = {51, RNG_TEST, 0};
    parameters_create(params);
    parameters_add(params, "a.weight", 2, (size_t[]){OUT, IN}, PARAMETER_QUANTISED, INIT_CONSTANT,
                   0.0);
    parameters_add(params, "a.bias", 1, (size_t[]){OUT}, PARAMETER_QUANTISED, INIT_CONSTANT, 0.0);
    parameters_add(params, "b.weight", 2, (size_t[]){OUT, IN}, PARAMETER_QUANTISED, INIT_CONSTANT,
                   0.0);
    parameters_allocate(params);
    for (size_t i = 0; i < params->size; i++)
        params->value[i] = (float)rng_normal(key, i);
}

/* ---- the twin ---- */

/* 0 for all but the `count` largest of w [n]; of equal ones the first stay. */
static void keep(float *w, int n, int count)
{
    float kept[N];
    for (int i = 0; i < n; i++) {
        int before = 0;
        for (int j = 0; j < n; j++)
            before += fabsf(w[j]) > fabsf(w[i]) || (j < i && fabsf(w[j]) == fabsf(w[i]));
        kept[i] = before < count ? w[i] : 0.0F;
    }
    memcpy(w, kept, (size_t)n * sizeof *w);
}

enum { SPARSE_A, COLUMNS_A, COLUMNS_B, SETS }; /* a constraint and a matrix */

static void project(int set, float *w)
{
    if (set == SPARSE_A)
        keep(w, N, KEPT);
    for (int o = 0; o < OUT && set != SPARSE_A; o++) {
        keep(w + o * IN, ROWS, 1);
        keep(w + o * IN + ROWS, IN - ROWS, 1);
    }
}

struct twin {
    float w[2][N], z[SETS][N], u[SETS][N];
    double rho;
};

static const float *of(const struct twin *twin, int set)
{
    return twin->w[set == COLUMNS_B];
}

static void update(struct twin *twin)
{
    for (int s = 0; s < SETS; s++) {
        for (int i = 0; i < N; i++)
            twin->z[s][i] = of(twin, s)[i] + twin->u[s][i];
        project(s, twin->z[s]);
        for (int i = 0; i < N; i++)
            twin->u[s][i] = (twin->u[s][i] + of(twin, s)[i] - twin->z[s][i]) / 1.5F;
    }
    twin->rho *= 1.5;
}

static double residual(const struct twin *twin)
{
    double distance = 0.0, norm = 0.0;
    for (int s = 0; s < SETS; s++)
        for (int i = 0; i < N; i++) {
            distance += pow((double)of(twin, s)[i] - (double)twin->z[s][i], 2.0);
            norm += pow((double)of(twin, s)[i], 2.0);
        }
    return sqrt(distance / norm);
}

/* ---- the tests ---- */

static float *matrix(const struct parameters *params, float *array, int which)
{
    return array + params->tensor[2 * which].offset;
}

static void assert_near(const float *own, const float *expected)
{
    for (int i = 0; i < N; i++)
        assert_true(fabs((double)own[i] - (double)expected[i]) < 1e-5);
}

/* The pull of every set on both matrices; a bias gets none. */
static void check_pull(struct constrain *constrain, const struct parameters *params,
                       const struct twin *twin)
{
    float pull[2][N] = {{0}};
    for (int s = 0; s < SETS; s++)
        for (int i = 0; i < N; i++)
            pull[s == COLUMNS_B][i] +=
                (float)twin->rho * (of(twin, s)[i] - twin->z[s][i] + twin->u[s][i]);
    memset(params->gradient, 0, params->size * sizeof *params->gradient);
    constrain_add_gradient(constrain);
    for (int m = 0; m < 2; m++)
        assert_near(matrix(params, params->gradient, m), pull[m]);
    for (int o = 0; o < OUT; o++)
        assert_true(params->gradient[params->tensor[1].offset + (size_t)o] == 0.0F);
}

/* The network gets both projections, one after the other, and its own weights back. */
static void check_shown(struct constrain *constrain, const struct parameters *params,
                        const struct twin *twin)
{
    float shown[2][N];
    memcpy(shown, twin->w, sizeof shown);
    project(SPARSE_A, shown[0]);
    project(COLUMNS_A, shown[0]);
    project(COLUMNS_B, shown[1]);
    constrain_show(constrain);
    for (int m = 0; m < 2; m++)
        assert_memory_equal(matrix(params, params->value, m), shown[m], sizeof shown[m]);
    assert_true(fabs(constrain_residual(constrain) - residual(twin)) < 1e-6);
    constrain_hide(constrain);
    for (int m = 0; m < 2; m++)
        assert_memory_equal(matrix(params, params->value, m), twin->w[m], sizeof twin->w[m]);
}

/* W moves by its pull and something else; Z, U and rho every third step. */
static void test_admm(void **state)
{
    (void)state;
    const struct settings settings = settings_by("admm");
    const struct rng_key key = {52, RNG_TEST, 0};
    struct parameters params;
    struct twin twin = {.rho = 0.5};
    create(&params);
    struct constrain *constrain = constrain_create(&settings, &params);
    for (int m = 0; m < 2; m++)
        memcpy(twin.w[m], matrix(&params, params.value, m), sizeof twin.w[m]);
    for (int s = 0; s < SETS; s++) {
        memcpy(twin.z[s], of(&twin, s), sizeof twin.z[s]);
        project(s, twin.z[s]);
    }
    constrain_start(constrain);
    for (size_t step = 1; step <= STEPS; step++) {
        check_pull(constrain, &params, &twin);
        for (int m = 0; m < 2; m++)
            for (int i = 0; i < N; i++) {
                float *w = &matrix(&params, params.value, m)[i];
                *w += (float)(0.3 * rng_normal(key, step * 2 * N + (size_t)(m * N + i))) -
                      0.1F * matrix(&params, params.gradient, m)[i];
                twin.w[m][i] = *w;
            }
        constrain_after_step(constrain, step, step == 4); /* ends of epochs do not count */
        if (step % EVERY == 0)
            update(&twin);
        check_shown(constrain, &params, &twin);
    }
    assert_true(fabs(constrain->rho - 0.5 * pow(1.5, 3.0)) < 1e-12);
    constrain_destroy(constrain);
    parameters_destroy(&params);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Zeros are made at the start and kept by masks: nothing is projected again. */
static void test_masks(void **state)
{
    (void)state;
    const struct settings settings = settings_by("hard");
    struct parameters params;
    float projected[2][N];
    create(&params);
    struct constrain *constrain = constrain_create(&settings, &params);
    for (int m = 0; m < 2; m++)
        memcpy(projected[m], matrix(&params, params.value, m), sizeof projected[m]);
    project(SPARSE_A, projected[0]);
    project(COLUMNS_A, projected[0]);
    project(COLUMNS_B, projected[1]);
    constrain_start(constrain);
    for (int m = 0; m < 2; m++) {
        assert_memory_equal(matrix(&params, params.value, m), projected[m], sizeof projected[m]);
        for (int i = 0; i < N; i++) {
            const size_t at = params.tensor[2 * m].offset + (size_t)i;
            assert_int_equal(params.mask[at], projected[m][i] != 0.0F);
            projected[m][i] = params.value[at] = params.mask[at] ? 1.0F : 0.0F;
        }
    }
    for (int o = 0; o < OUT; o++)
        assert_int_equal(params.mask[params.tensor[1].offset + (size_t)o], 1);
    constrain_after_step(constrain, EVERY, true);
    for (int m = 0; m < 2; m++)
        assert_memory_equal(matrix(&params, params.value, m), projected[m], sizeof projected[m]);
    constrain_destroy(constrain);
    parameters_destroy(&params);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- tied weights ---- */

enum { K = 2, ROWS_OF_BLOCKS = 2, BLOCKS = 3, TALL = K * ROWS_OF_BLOCKS, WIDE = K * BLOCKS };

/* Which of the tied values stands in row r and column c. */
static int tied(int r, int c)
{
    return (r / K * BLOCKS + c / K) * K + (c - r + TALL) % K;
}

/* Projection after every step, with the gain of the block, is momentum SGD on the tied values: their
 * gradient is the sum over their entries, here of the loss sum (w - target)^2 / 2. */
static void test_tied(void **state)
{
    (void)state;
    const struct rng_key key = {53, RNG_TEST, 0};
    const struct sgd sgd = {.momentum = 0.8};
    const double rate = 0.05;
    struct settings settings;
    struct parameters params;
    double v[TALL * BLOCKS] = {0}, buffer[TALL * BLOCKS] = {0};
    option_values_default(&settings);
    static const double block[] = {K};
    settings.circulant.block = (struct real_list){block, 1};
    settings.circulant.gain = K;
    settings.impose.every = 1;
    strcpy(settings.impose.by, "hard");
    parameters_create(&params);
    parameters_add(&params, "a.weight", 2, (size_t[]){TALL, WIDE}, PARAMETER_QUANTISED,
                   INIT_CONSTANT, 0.0);
    parameters_allocate(&params);
    for (int i = 0; i < TALL * WIDE; i++) {
        params.value[i] = (float)rng_normal(key, (uint64_t)i);
        v[tied(i / WIDE, i % WIDE)] += (double)params.value[i] / K;
    }
    struct constrain *constrain = constrain_create(&settings, &params);
    constrain_start(constrain);
    for (size_t step = 1; step <= STEPS; step++) {
        double gradient[TALL * BLOCKS] = {0};
        for (int i = 0; i < TALL * WIDE; i++) {
            const double target = rng_normal(key, step * 1000 + (uint64_t)i);
            params.gradient[i] = (float)((double)params.value[i] - target);
            gradient[tied(i / WIDE, i % WIDE)] += v[tied(i / WIDE, i % WIDE)] - target;
        }
        constrain_shape_gradient(constrain);
        sgd_step(&params, sgd, rate);
        constrain_after_step(constrain, step, false);
        for (int t = 0; t < TALL * BLOCKS; t++) {
            buffer[t] = sgd.momentum * buffer[t] + gradient[t];
            v[t] -= rate * buffer[t];
        }
        for (int i = 0; i < TALL * WIDE; i++) {
            const double expected = v[tied(i / WIDE, i % WIDE)];
            assert_true(fabs((double)params.value[i] - expected) <= 1e-5);
            assert_true(params.value[i] == params.value[i / WIDE / K * K * WIDE + i % WIDE / K * K +
                                                        (i % WIDE - i / WIDE + TALL) % K]);
        }
    }
    constrain_destroy(constrain);
    parameters_destroy(&params);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_admm), cmocka_unit_test(test_masks),
                                       cmocka_unit_test(test_tied)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
