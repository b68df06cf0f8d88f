/* hw/readout: converters and signs against the formulas, cell by cell, in floating point. */
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
#include "hw/readout.h"
#include "unit/support/random_numbers.h"

static const struct crossbar_format FORMAT = {128, 128, 2, 8, 8};

struct layer {
    size_t outputs, inputs, n;
    int passes;
    int16_t *weight, *input;
};

static struct layer make_layer(size_t outputs, size_t inputs, int passes)
{
    struct layer layer = {outputs, inputs, 3, passes, NULL, NULL};
    layer.weight = MEM_NEW(int16_t, outputs * inputs);
    layer.input = MEM_NEW(int16_t, layer.n * inputs);
    for (size_t i = 0; i < outputs * inputs; i++)
        layer.weight[i] =
            (int16_t)(random_between(0, 2) ? random_between(-40, 40) : random_between(-255, 255));
    for (size_t i = 0; i < layer.n * inputs; i++)
        layer.input[i] = (int16_t)random_between(passes == 2 ? -255 : 0, 255);
    return layer;
}

static void free_layer(struct layer *layer)
{
    mem_free(layer->weight);
    mem_free(layer->input);
}

static void multiply(const struct layer *layer, const struct readout *readout, int64_t *out)
{
    struct crossbar x;
    readout_map(&x, FORMAT, readout->signs, layer->weight, layer->outputs, layer->inputs);
    readout_multiply(&x, readout, layer->input, layer->n, layer->inputs, layer->passes, out);
    crossbar_free(&x);
}

static int64_t exact(const struct layer *layer, size_t i, size_t j)
{
    int64_t sum = 0;
    for (size_t r = 0; r < layer->inputs; r++)
        sum += (int64_t)layer->input[i * layer->inputs + r] * layer->weight[j * layer->inputs + r];
    return sum;
}

/* ---- the formulas of readout.h, once more ---- */

static double convert(enum readout_transfer transfer, int bits, double s)
{
    const double top = ldexp(1, bits) - 1, largest = 3.0 * FORMAT.rows;
    if (s < 0)
        return -convert(transfer, bits, -s);
    if (bits == 0)
        return 0;
    if (transfer == READOUT_CLIP)
        return fmin(floor(s + 0.5), top);
    if (transfer == READOUT_LINEAR)
        return fmin(floor(s * top / largest + 0.5), top) * largest / top;
    int h = 0;
    while (ldexp(1, bits + h) <= largest)
        h++;
    return ldexp(fmin(floor(ldexp(s, -h) + 0.5), top), h);
}

/* Cell of slice k for weight q on the array of a sign. */
static int cell(enum readout_signs signs, int q, int sign, int k)
{
    if (signs == READOUT_OFFSET)
        return sign == CROSSBAR_POSITIVE ? (q + 256) >> (2 * k) & 3 : 0;
    const int magnitude = sign == CROSSBAR_POSITIVE ? q : -q;
    return magnitude > 0 ? magnitude >> (2 * k) & 3 : 0;
}

static double current(const struct layer *layer, enum readout_signs signs, size_t i, size_t j,
                      size_t tile, int pass, int bit, int sign, int k)
{
    int sum = 0;
    for (size_t r = 128 * tile; r < 128 * (tile + 1) && r < layer->inputs; r++) {
        const int code = layer->input[i * layer->inputs + r], x = pass ? -code : code;
        if (x > 0 && x >> bit & 1)
            sum += cell(signs, layer->weight[j * layer->inputs + r], sign, k);
    }
    return sum;
}

static double brute(const struct layer *layer, const struct readout *readout, size_t i, size_t j)
{
    const enum readout_signs signs = readout->signs;
    double y = 0;
    for (size_t t = 0; 128 * t < layer->inputs; t++)
        for (int pass = 0; pass < layer->passes; pass++)
            for (int b = 0; b < 8; b++)
                for (int k = 0; k < (signs == READOUT_OFFSET ? 5 : 4); k++) {
                    const double plus =
                        current(layer, signs, i, j, t, pass, b, CROSSBAR_POSITIVE, k);
                    const double minus =
                        current(layer, signs, i, j, t, pass, b, CROSSBAR_NEGATIVE, k);
                    const double q =
                        signs == READOUT_ANALOG
                            ? convert(readout->transfer, readout->bits[0][k], plus - minus)
                            : convert(readout->transfer, readout->bits[0][k], plus) -
                                  convert(readout->transfer, readout->bits[1][k], minus);
                    y += ldexp(pass ? -q : q, b + 2 * k);
                }
    for (size_t r = 0; signs == READOUT_OFFSET && r < layer->inputs; r++)
        y -= 256.0 * layer->input[i * layer->inputs + r];
    return y;
}

static void test_every_reading(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {
        {3,  5  },
        {11, 128},
        {9,  300}
    };
    for (int s = 0; s < 3; s++)
        for (int passes = 1; passes <= 2; passes++) {
            struct layer layer = make_layer(sizes[s][0], sizes[s][1], passes);
            int64_t *out = MEM_NEW(int64_t, layer.n * layer.outputs);
            for (int c = 0; c < 9; c++) {
                struct readout readout = {
                    (enum readout_signs)(c / 3), (enum readout_transfer)(c % 3), {{0}}};
                for (int k = 0; k < 5; k++) {
                    readout.bits[0][k] = (int8_t)random_between(0, 9);
                    readout.bits[1][k] = (int8_t)random_between(0, 9);
                }
                multiply(&layer, &readout, out);
                /* the constants of `linear` have 16 bits behind the point, and weigh 255 * 1023 */
                const double tolerance = readout.transfer == READOUT_LINEAR ? 20.0 : 0.0;
                for (size_t i = 0; i < layer.n; i++)
                    for (size_t j = 0; j < layer.outputs; j++)
                        assert_true(fabs((double)out[i * layer.outputs + j] -
                                         brute(&layer, &readout, i, j)) <= tolerance);
            }
            mem_free(out);
            free_layer(&layer);
        }
}

/* ---- full resolution is the product ---- */

static void check_exact(const struct layer *layer, int bits)
{
    int64_t *out = MEM_NEW(int64_t, layer->n * layer->outputs);
    for (int c = 0; c < 6; c++) { /* clip and scaled, all signs */
        struct readout readout = {
            (enum readout_signs)(c / 2), (enum readout_transfer)(c % 2), {{0}}};
        readout_set_all(&readout, readout.signs == READOUT_OFFSET ? 9 : bits);
        if (readout.transfer == READOUT_SCALED)
            readout_set_all(&readout, 9); /* 8 bits would halve the resolution */
        multiply(layer, &readout, out);
        for (size_t i = 0; i < layer->n; i++)
            for (size_t j = 0; j < layer->outputs; j++)
                assert_int_equal(out[i * layer->outputs + j], exact(layer, i, j));
    }
    mem_free(out);
}

static void fill(int16_t *code, size_t n, int value)
{
    for (size_t i = 0; i < n; i++)
        code[i] = (int16_t)value;
}

static void test_full_resolution(void **state)
{
    (void)state;
    static const size_t inputs[] = {1, 127, 128, 129, 1000};
    static const int values[] = {1, 255, -255, 0};
    for (int k = 0; k < 5; k++) {
        struct layer layer = make_layer(10, inputs[k], 1 + k % 2);
        check_exact(&layer, 9);
        for (int v = 0; v < 4; v++) {
            fill(layer.weight, layer.outputs * layer.inputs, values[v]);
            fill(layer.input, layer.n * layer.inputs, abs(values[v]));
            check_exact(&layer, 9);
        }
        free_layer(&layer);
    }
}

/* 85 rows of cells that are all 3 make 255, what 8 bits hold; 86 do not fit. */
static void test_85_rows_need_8_bits(void **state)
{
    (void)state;
    struct layer layer = make_layer(4, 128, 1);
    fill(layer.weight, layer.outputs * layer.inputs, 255);
    fill(layer.input, layer.n * layer.inputs, 0);
    for (size_t i = 0; i < layer.n; i++)
        fill(layer.input + i * layer.inputs + 7 * i, 85, 255);
    check_exact(&layer, 8);
    layer.input[127] = 1; /* the 86th of the first vector: bit 0 carries 258 in four slices */
    struct readout readout = {READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}};
    readout_set_all(&readout, 8);
    int64_t out[12];
    multiply(&layer, &readout, out);
    assert_int_equal(exact(&layer, 0, 0) - out[0], 3 * (1 + 4 + 16 + 64));
    free_layer(&layer);
}

/* ---- laws ---- */

static void test_negated_weights(void **state)
{
    (void)state;
    struct layer layer = make_layer(9, 200, 2);
    int64_t out[27], negated[27];
    for (int c = 0; c < 6; c++) { /* not for the offset: zero is not in its middle */
        struct readout readout = {
            (enum readout_signs)(c / 3), (enum readout_transfer)(c % 3), {{0}}};
        readout_set_all(&readout, 3);
        multiply(&layer, &readout, out);
        for (size_t i = 0; i < layer.outputs * layer.inputs; i++)
            layer.weight[i] = (int16_t)-layer.weight[i];
        multiply(&layer, &readout, negated);
        for (int i = 0; i < 27; i++)
            assert_int_equal(out[i], -negated[i]);
    }
    free_layer(&layer);
}

static void exchange_rows(const struct layer *layer, size_t a, size_t b)
{
    for (size_t j = 0; j < layer->outputs; j++) {
        int16_t *w = layer->weight + j * layer->inputs, swap = w[a];
        w[a] = w[b];
        w[b] = swap;
    }
    for (size_t i = 0; i < layer->n; i++) {
        int16_t *x = layer->input + i * layer->inputs, swap = x[a];
        x[a] = x[b];
        x[b] = swap;
    }
}

static void test_exchanged_rows(void **state)
{
    (void)state;
    struct layer layer = make_layer(9, 200, 1);
    int64_t out[27], again[27];
    struct readout readout = {READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}};
    readout_set_all(&readout, 4);
    multiply(&layer, &readout, out);
    exchange_rows(&layer, 3, 90); /* of one tile */
    multiply(&layer, &readout, again);
    assert_memory_equal(out, again, sizeof out);
    fill(layer.weight, layer.outputs * 10, 255); /* a tile with much more than the other */
    multiply(&layer, &readout, out);
    for (size_t r = 0; r < 5; r++)
        exchange_rows(&layer, r, 190 + r); /* of two tiles: other sums are clipped */
    multiply(&layer, &readout, again);
    assert_memory_not_equal(out, again, sizeof out);
    readout_set_all(&readout, 9);
    check_exact(&layer, 9);
    free_layer(&layer);
}

/* One bit more never makes the error of a bitline larger. */
static void test_more_bits_are_never_worse(void **state)
{
    (void)state;
    for (int64_t s = 0; s <= 384; s++)
        for (int t = 0; t < 2; t++)
            for (int bits = 0; bits < 10; bits++) {
                const int64_t at = s << READOUT_FRACTION;
                const enum readout_transfer transfer = (enum readout_transfer)t;
                const int64_t less = readout_convert(FORMAT, transfer, bits, at);
                const int64_t more = readout_convert(FORMAT, transfer, bits + 1, at);
                if (transfer == READOUT_CLIP)
                    assert_true(llabs(more - at) <= llabs(less - at));
                assert_true(llabs(more - at) <= (384 << READOUT_FRACTION));
                assert_int_equal(readout_convert(FORMAT, transfer, bits, -at), -less);
                if (bits >= 9)
                    assert_int_equal(less, at);
            }
}

/* Codes, not one too many: every output of an N-bit converter is one of 2^N values. */
static void test_codes(void **state)
{
    (void)state;
    for (int t = 0; t < 3; t++)
        for (int bits = 1; bits <= 9; bits++) {
            int codes = 1;
            int64_t last = readout_convert(FORMAT, (enum readout_transfer)t, bits, 0);
            assert_int_equal(last, 0);
            for (int64_t s = 0; s <= 400 << 4; s++) {
                const int64_t q = readout_convert(FORMAT, (enum readout_transfer)t, bits,
                                                  s << (READOUT_FRACTION - 4));
                assert_true(q >= last);
                codes += q > last;
                last = q;
            }
            assert_true(codes <= 1 << bits);
            if (t != READOUT_SCALED)
                assert_int_equal(codes, bits == 9 && t == READOUT_CLIP ? 401 : 1 << bits);
        }
}

/* ---- where the choice of signs changes the answer ---- */

/* 60 weights of +1 and 60 of -1: both columns carry 60, their difference 0. */
static void test_analog_subtraction_keeps_what_two_converters_clip(void **state)
{
    (void)state;
    enum { N = 120 };
    struct layer layer = make_layer(1, N, 1);
    for (int r = 0; r < N; r++)
        layer.weight[r] = r < 62 ? 1 : -1; /* 62 against 58 */
    fill(layer.input, layer.n * N, 1);
    struct readout readout = {READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}};
    readout_set_all(&readout, 3);
    int64_t out[3];
    multiply(&layer, &readout, out);
    assert_int_equal(out[0], 0); /* 7 - 7 */
    readout.signs = READOUT_ANALOG;
    multiply(&layer, &readout, out);
    assert_int_equal(out[0], 4);
    readout.signs = READOUT_OFFSET; /* +1: 257 = 1,0,0,0,1, -1: 255 = 0,3,3,3,3 */
    multiply(&layer, &readout, out);
    assert_int_equal(out[0], 7 * (1 + 4 + 16 + 64 + 256) - 256 * N);
    free_layer(&layer);
}

/* Sparse small weights: differential leaves the upper slices empty, the offset fills them. */
static void test_offset_defeats_sparsity(void **state)
{
    (void)state;
    enum { N = 128, OUTPUTS = 16 };
    struct layer layer = make_layer(OUTPUTS, N, 1);
    for (size_t i = 0; i < N * OUTPUTS; i++)
        layer.weight[i] = (int16_t)(i % 8 == 0 ? random_between(-3, 3) : 0);
    struct crossbar x;
    readout_map(&x, FORMAT, READOUT_DIFFERENTIAL, layer.weight, OUTPUTS, N);
    for (int k = 1; k < 4; k++)
        assert_int_equal(crossbar_max_column_sum(&x, CROSSBAR_POSITIVE, k), 0);
    crossbar_free(&x);
    readout_map(&x, FORMAT, READOUT_OFFSET, layer.weight, OUTPUTS, N);
    assert_int_equal(crossbar_slices(x.format), 5);
    for (int k = 1; k < 4; k++) /* 3 in every negative weight's slices */
        assert_true(crossbar_max_column_sum(&x, CROSSBAR_POSITIVE, k) >= 9);
    assert_true(crossbar_max_column_sum(&x, CROSSBAR_POSITIVE, 4) >= 112); /* zero is 1 there */
    assert_int_equal(crossbar_zero_columns(&x, CROSSBAR_POSITIVE, 4), 0);
    crossbar_free(&x);
    free_layer(&layer);
}

static int no_blocks_left(void **state)
{
    (void)state;
    return mem_live_blocks() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reading),
        cmocka_unit_test(test_full_resolution),
        cmocka_unit_test(test_85_rows_need_8_bits),
        cmocka_unit_test(test_negated_weights),
        cmocka_unit_test(test_exchanged_rows),
        cmocka_unit_test(test_more_bits_are_never_worse),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_analog_subtraction_keeps_what_two_converters_clip),
        cmocka_unit_test(test_offset_defeats_sparsity),
    };
    return cmocka_run_group_tests(tests, NULL, no_blocks_left);
}
