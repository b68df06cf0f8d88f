/* hw/device: ideal devices are the ideal crossbar, and each deviation has its published size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hw/crossbar.h"
#include "hw/device.h"
#include "unit/support/random_numbers.h"

static const struct crossbar_format FORMAT = {128, 128, 2, 8, 8};

enum { OUTPUTS = 7, INPUTS = 200, VECTORS = 5 };

struct layer {
    int16_t weight[OUTPUTS * INPUTS], input[VECTORS * INPUTS];
};

static struct layer random_layer(int lowest_input)
{
    struct layer layer;
    for (int i = 0; i < OUTPUTS * INPUTS; i++)
        layer.weight[i] = (int16_t)(random_between(0, 3) ? 0 : random_between(-255, 255));
    for (int i = 0; i < VECTORS * INPUTS; i++)
        layer.input[i] = (int16_t)random_between(lowest_input, 255);
    return layer;
}

/* ---- no deviation ---- */

static void test_ideal_devices(void **state)
{
    (void)state;
    const struct device ideal = {.seed = 3}, none = {.variation = DEVICE_LOGNORMAL, .seed = 4};
    for (int c = 0; c < 18; c++) {
        struct layer layer = random_layer(c % 2 ? -255 : 0);
        struct readout readout = {
            (enum readout_signs)(c / 2 % 3), (enum readout_transfer)(c / 6), {{0}}};
        for (int k = 0; k < 5; k++) {
            readout.bits[0][k] = (int8_t)random_between(1, 9);
            readout.bits[1][k] = (int8_t)random_between(1, 9);
        }
        struct crossbar x;
        int64_t expected[VECTORS * OUTPUTS], out[VECTORS * OUTPUTS];
        readout_map(&x, FORMAT, readout.signs, layer.weight, OUTPUTS, INPUTS);
        readout_multiply(&x, &readout, layer.input, VECTORS, INPUTS, 2, expected);
        for (int d = 0; d < 2; d++) {
            struct device_array *array = device_program(&x, d ? &none : &ideal, 1);
            device_multiply(array, &readout, layer.input, VECTORS, INPUTS, 2, 0, out);
            assert_memory_equal(out, expected, sizeof out);
            device_free(array);
        }
        crossbar_free(&x);
    }
}

/* Any cut of the vectors into calls draws the same noise; another seed or layer draws another. */
static void test_same_numbers_in_any_order(void **state)
{
    (void)state;
    struct layer layer = random_layer(-255);
    struct device device = {.variation = DEVICE_WAN,
                            .sigma = 1,
                            .on_off = 20,
                            .stuck_hrs = 0.02,
                            .stuck_lrs = 0.01,
                            .read_noise = 0.1,
                            .wire = 1e-5,
                            .seed = 7};
    struct readout readout = {READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}};
    readout_set_all(&readout, 6);
    struct crossbar x;
    int64_t all[VECTORS * OUTPUTS], out[VECTORS * OUTPUTS];
    readout_map(&x, FORMAT, readout.signs, layer.weight, OUTPUTS, INPUTS);
    struct device_array *array = device_program(&x, &device, 1);
    device_multiply(array, &readout, layer.input, VECTORS, INPUTS, 2, 0, all);
    for (int i = VECTORS - 1; i >= 0; i--)
        device_multiply(array, &readout, layer.input + i * INPUTS, 1, INPUTS, 2, (uint64_t)i,
                        out + i * OUTPUTS);
    assert_memory_equal(out, all, sizeof out);
    device_free(array);
    for (int other = 0; other < 2; other++) {
        device.seed += (uint64_t)other;
        array = device_program(&x, &device, 2);
        device_multiply(array, &readout, layer.input, VECTORS, INPUTS, 2, 0, out);
        assert_memory_not_equal(out, all, sizeof out);
        device_free(array);
    }
    crossbar_free(&x);
}

/* ---- programming ---- */

/* 128 x 64 cells of each level 0..3 in slice 0, positive; a 1 in slice 1 keeps the columns active. */
static void map_levels(struct crossbar *x, int level)
{
    enum { COLUMNS = 64 };
    int16_t *weight = MEM_NEW(int16_t, COLUMNS * 128);
    for (int i = 0; i < COLUMNS * 128; i++)
        weight[i] = (int16_t)level;
    for (int j = 0; j < COLUMNS; j++)
        weight[j * 128] = 3; /* row 0 is left out below */
    crossbar_map(x, FORMAT, weight, COLUMNS, 128);
    mem_free(weight);
}

struct moments {
    double mean, deviation, n;
};

static struct moments moments_of(const struct device *device, int level)
{
    struct crossbar x;
    map_levels(&x, level);
    struct device_array *array = device_program(&x, device, 0);
    double sum = 0, squares = 0, n = 0;
    for (size_t r = 1; r < 128; r++)
        for (size_t a = 0; a < 64; a++, n++) {
            const double g = ldexp(device_cell(array, 0, 0, CROSSBAR_POSITIVE, r, a), -16);
            sum += g;
            squares += g * g;
        }
    device_free(array);
    crossbar_free(&x);
    return (struct moments){sum / n, sqrt(squares / n - sum / n * (sum / n)), n};
}

/* Within four standard errors. */
static void assert_moments(struct moments own, double mean, double deviation)
{
    assert_true(fabs(own.mean - mean) <= 4 * deviation / sqrt(own.n) + 1e-4);
    assert_true(fabs(own.deviation - deviation) <= 4 * deviation / sqrt(2 * own.n) + 1e-4);
}

static void test_variation(void **state)
{
    (void)state;
    const struct device milo = {.variation = DEVICE_MILO, .sigma = 1, .on_off = 4.5, .seed = 1};
    const struct device relative = {.variation = DEVICE_RELATIVE, .sigma = 0.1, .seed = 2};
    const struct device lognormal = {.variation = DEVICE_LOGNORMAL, .sigma = 0.1, .seed = 3};
    for (int level = 0; level <= 3; level++) {
        /* 50..225 uS in three levels; 50 uS leak, 3 / 3.5 levels */
        const double g = 50 + level * 175 / 3.0, sigma = 4.782 - 0.009107 * g;
        assert_moments(moments_of(&milo, level), level + 3 / 3.5, sigma * 3 / 175);
        assert_moments(moments_of(&relative, level), level, 0.1 * level);
        const double mean = exp(0.005), spread = mean * sqrt(exp(0.01) - 1);
        assert_moments(moments_of(&lognormal, level), level * mean, level * spread);
    }
    /* 1.05, 2.4 and 1.7 uS at 0, about 13..26 and 39 uS; none falls below 0 at the upper levels */
    const struct device wan = {.variation = DEVICE_WAN, .sigma = 1, .seed = 4};
    for (int level = 1; level <= 3; level++) {
        const double g = 13.0 * level;
        const double sigma = 1.536e-4 * g * g * g - 1.167e-2 * g * g + 0.2374 * g + 1.053;
        assert_moments(moments_of(&wan, level), level, sigma / 13);
    }
    assert_true(fabs(moments_of(&wan, 3).deviation * 13 - 1.7) < 0.1);
}

static void test_stuck_cells(void **state)
{
    (void)state;
    const struct device device = {.stuck_hrs = 0.0175, .stuck_lrs = 0.0904, .seed = 5};
    struct crossbar x;
    map_levels(&x, 2);
    struct device_array *array = device_program(&x, &device, 0);
    double hrs = 0, lrs = 0, n = 0;
    for (size_t r = 1; r < 128; r++)
        for (size_t a = 0; a < 64; a++, n++) {
            const int32_t g = device_cell(array, 0, 0, CROSSBAR_POSITIVE, r, a);
            hrs += g == 0;
            lrs += g == 3 << READOUT_FRACTION;
            assert_true(g == 0 || g == 3 << READOUT_FRACTION || g == 2 << READOUT_FRACTION);
        }
    assert_true(fabs(hrs - 0.0175 * n) <= 4 * sqrt(n * 0.0175 * (1 - 0.0175)));
    assert_true(fabs(lrs - 0.0904 * n) <= 4 * sqrt(n * 0.0904 * (1 - 0.0904)));
    device_free(array);
    crossbar_free(&x);
}

/* ---- reading: one column of `rows` cells in slice 3, driven by input bit 7, so that an output of
 * 2^13 is one level ---- */

enum { UNIT = 1 << 13, FINE = 18 };

static double read_column(const struct device *device, const int *level, size_t rows,
                          enum readout_signs signs, int bits, uint64_t vector)
{
    int16_t weight[128] = {0}, input[128] = {0};
    for (size_t r = 0; r < rows; r++) {
        weight[r] = (int16_t)(64 * level[r]);
        input[r] = 128;
    }
    struct crossbar x;
    readout_map(&x, FORMAT, signs, weight, 1, 128);
    struct readout readout = {signs, bits == FINE ? READOUT_LINEAR : READOUT_CLIP, {{0}}};
    readout_set_all(&readout, bits);
    struct device_array *array = device_program(&x, device, 0);
    int64_t out;
    device_multiply(array, &readout, input, 1, 128, 1, vector, &out);
    device_free(array);
    crossbar_free(&x);
    return (double)out / UNIT;
}

static void test_leakage(void **state)
{
    (void)state;
    const int level[128] = {2, 0, 1}; /* S = 3 of 128 active rows */
    struct device device = {.on_off = 17};
    const double leak = 128 * 3 / 16.0; /* 24 levels */
    assert_true(fabs(read_column(&device, level, 128, READOUT_DIFFERENTIAL, FINE, 0) - 3 - leak) <
                0.01);
    assert_true(read_column(&device, level, 128, READOUT_DIFFERENTIAL, 3, 0) == 7);
    assert_true(fabs(read_column(&device, level, 128, READOUT_ANALOG, FINE, 0) - 3 - leak) < 0.01);
    device.leakage = LEAKAGE_DIGITAL; /* right with a wide converter, too late for a narrow one */
    assert_true(fabs(read_column(&device, level, 128, READOUT_DIFFERENTIAL, FINE, 0) - 3) < 0.01);
    assert_true(read_column(&device, level, 128, READOUT_DIFFERENTIAL, 3, 0) == 7 - leak);
    device.leakage = LEAKAGE_REFERENCE;
    assert_true(read_column(&device, level, 128, READOUT_DIFFERENTIAL, 3, 0) == 3);
    /* an on/off ratio above 6 R + 1 = 769 leaks less than half a level */
    device = (struct device){.on_off = 780}; /* 16 bits of fraction: not to the last digit */
    assert_true(read_column(&device, level, 128, READOUT_DIFFERENTIAL, 3, 0) == 3);
    device.on_off = 760;
    assert_true(read_column(&device, level, 128, READOUT_DIFFERENTIAL, 3, 0) == 4);
}

/* Both signs leak alike, so their difference does not. */
static void test_analog_subtraction_cancels_leakage(void **state)
{
    (void)state;
    int16_t weight[128], input[128];
    for (int r = 0; r < 128; r++) {
        weight[r] = (int16_t)(r == 0 ? 3 : r == 1 ? -1 : 0);
        input[r] = 1;
    }
    const struct device device = {.on_off = 10};
    struct readout readout = {
        READOUT_ANALOG, READOUT_CLIP, {{2, 2, 2, 2}, {2, 2, 2, 2}}
    };
    struct crossbar x;
    readout_map(&x, FORMAT, readout.signs, weight, 1, 128);
    struct device_array *array = device_program(&x, &device, 0);
    int64_t out;
    device_multiply(array, &readout, input, 1, 128, 1, 0, &out);
    assert_int_equal(out, 2);
    readout.signs = READOUT_DIFFERENTIAL; /* 3 + 42.7 and 1 + 42.7 both clip at 3 */
    device_multiply(array, &readout, input, 1, 128, 1, 0, &out);
    assert_int_equal(out, 0);
    device_free(array);
    crossbar_free(&x);
}

static void test_read_noise(void **state)
{
    (void)state;
    enum { READS = 4000, ROWS = 64 };
    int level[ROWS];
    for (int r = 0; r < ROWS; r++)
        level[r] = 1;
    const struct device device = {.read_noise = 0.08, .seed = 11};
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < READS; i++) {
        const double s = read_column(&device, level, ROWS, READOUT_DIFFERENTIAL, FINE, i) - ROWS;
        sum += s;
        squares += s * s;
    }
    const double sigma = 0.08 * 8; /* sqrt(64 active rows) */
    assert_true(fabs(sum / READS) <= 4 * sigma / sqrt(READS));
    assert_true(fabs(sqrt(squares / READS) - sigma) <= 4 * sigma / sqrt(2.0 * READS));
}

/* Current into the sense end (0 V) of a bitline with one segment of resistance `wire` a row, word
 * lines at 1 V: nodal analysis, Gaussian elimination of (segments + cells) u = cells. */
static double nodal_current(const int *level, int n, double wire)
{
    double a[16][17] = {{0}};
    for (int i = 0; i < n; i++) {
        a[i][i] = level[i] + 1 / wire + (i + 1 < n ? 1 / wire : 0);
        if (i > 0)
            a[i][i - 1] = a[i - 1][i] = -1 / wire;
        a[i][n] = level[i];
    }
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n; k++) {
            const double factor = a[k][i] / a[i][i];
            for (int c = i; c <= n; c++)
                a[k][c] -= factor * a[i][c];
        }
    double u[16];
    for (int i = n - 1; i >= 0; i--) {
        u[i] = a[i][n];
        for (int c = i + 1; c < n; c++)
            u[i] -= a[i][c] * u[c];
        u[i] /= a[i][i];
    }
    return u[0] / wire;
}

static void test_wire_drop(void **state)
{
    (void)state;
    const int level[16] = {3, 0, 1, 2, 3, 3, 0, 0, 1, 3, 2, 3, 3, 1, 0, 3};
    const double ideal = 28, wires[] = {1e-5, 1e-4, 3e-4};
    for (int i = 0; i < 3; i++) {
        const struct device device = {.wire = wires[i]};
        const double drop = ideal - nodal_current(level, 16, wires[i]);
        const double own = ideal - read_column(&device, level, 16, READOUT_DIFFERENTIAL, FINE, 0);
        assert_true(drop > 0);
        /* first order: the rest is smaller by the relative drop; and the resolution of the ADC */
        assert_true(fabs(own - drop) <= 3 * drop * drop / ideal + 0.002);
    }
}

static int no_blocks_left(void **state)
{
    (void)state;
    return mem_live_blocks() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ideal_devices),
        cmocka_unit_test(test_same_numbers_in_any_order),
        cmocka_unit_test(test_variation),
        cmocka_unit_test(test_stuck_cells),
        cmocka_unit_test(test_leakage),
        cmocka_unit_test(test_analog_subtraction_cancels_leakage),
        cmocka_unit_test(test_read_noise),
        cmocka_unit_test(test_wire_drop),
    };
    return cmocka_run_group_tests(tests, NULL, no_blocks_left);
}
