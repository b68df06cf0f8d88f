/* hw/clip_error: the exact product minus what is lost is what the converters give, cell by cell and by
 * hw/readout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hw/clip_error.h"
#include "unit/support/random_numbers.h"

enum { VECTORS = 67 }; /* a block and a bit */

struct layer {
    struct crossbar_format format;
    size_t outputs, inputs;
    int passes;
    int16_t *weight, *input;
};

/* One weight in `sparsity` is large, the others are 0 or small. */
static struct layer make_layer(struct crossbar_format format, size_t outputs, size_t inputs,
                               int passes, int sparsity)
{
    struct layer layer = {format, outputs, inputs, passes, NULL, NULL};
    const int most = (1 << format.weight_bits) - 1;
    layer.weight = MEM_NEW(int16_t, outputs * inputs);
    layer.input = MEM_NEW(int16_t, VECTORS * inputs);
    for (size_t i = 0; i < outputs * inputs; i++)
        layer.weight[i] = (int16_t)(random_between(1, sparsity) == 1 ? random_between(-most, most)
                                                                     : random_between(-2, 2));
    for (size_t i = 0; i < VECTORS * inputs; i++)
        layer.input[i] = (int16_t)random_between(passes == 2 ? -255 : 0, 255);
    return layer;
}

static void free_layer(struct layer *layer)
{
    mem_free(layer->weight);
    mem_free(layer->input);
}

static int magnitude(int q, int sign)
{
    const int m = sign == CROSSBAR_POSITIVE ? q : -q;
    return m > 0 ? m : 0;
}

static int64_t current(const struct layer *layer, size_t v, size_t j, size_t tile, int pass,
                       int bit, int sign, int k)
{
    const size_t rows = (size_t)layer->format.rows;
    const int width = layer->format.cell_bits;
    int64_t sum = 0;
    for (size_t r = rows * tile; r < rows * (tile + 1) && r < layer->inputs; r++) {
        const int x = magnitude(layer->input[v * layer->inputs + r], pass);
        const int w = magnitude(layer->weight[j * layer->inputs + r], sign);
        sum += (x >> bit & 1) * (w >> (width * k) & ((1 << width) - 1));
    }
    return sum;
}

static int64_t clip(int64_t s, int bits)
{
    const int64_t top = (1 << bits) - 1;
    return s > top ? top : s < -top ? -top : s;
}

/* Y of hw/readout.h, cell by cell. */
static int64_t brute(const struct layer *layer, const struct readout *readout, size_t v, size_t j)
{
    int64_t y = 0;
    for (size_t t = 0; (size_t)layer->format.rows * t < layer->inputs; t++)
        for (int pass = 0; pass < layer->passes; pass++)
            for (int b = 0; b < 8; b++)
                for (int k = 0; k < crossbar_slices(layer->format); k++) {
                    const int64_t plus = current(layer, v, j, t, pass, b, CROSSBAR_POSITIVE, k);
                    const int64_t minus = current(layer, v, j, t, pass, b, CROSSBAR_NEGATIVE, k);
                    const int64_t q =
                        readout->signs == READOUT_ANALOG
                            ? clip(plus - minus, readout->bits[0][k])
                            : clip(plus, readout->bits[0][k]) - clip(minus, readout->bits[1][k]);
                    y += (pass ? -q : q) * (1 << (b + layer->format.cell_bits * k));
                }
    return y;
}

static int64_t product(const struct layer *layer, size_t v, size_t j)
{
    int64_t sum = 0;
    for (size_t r = 0; r < layer->inputs; r++)
        sum += (int64_t)layer->input[v * layer->inputs + r] * layer->weight[j * layer->inputs + r];
    return sum;
}

/* Columns that a full drive of all their rows would clip, from the weights. */
static size_t count_columns(const struct layer *layer, const struct readout *readout)
{
    struct layer driven = *layer;
    size_t count = 0;
    driven.input = MEM_NEW(int16_t, layer->inputs);
    for (size_t r = 0; r < layer->inputs; r++)
        driven.input[r] = 1;
    for (size_t t = 0; (size_t)layer->format.rows * t < layer->inputs; t++)
        for (size_t j = 0; j < layer->outputs; j++)
            for (int k = 0; k < crossbar_slices(layer->format); k++) {
                const int64_t plus = current(&driven, 0, j, t, 0, 0, CROSSBAR_POSITIVE, k);
                const int64_t minus = current(&driven, 0, j, t, 0, 0, CROSSBAR_NEGATIVE, k);
                const bool a = plus >= 1 << readout->bits[0][k];
                const bool b =
                    minus >= 1 << readout->bits[readout->signs == READOUT_ANALOG ? 0 : 1][k];
                count += readout->signs == READOUT_ANALOG ? (size_t)(a || b) : (size_t)a + b;
            }
    mem_free(driven.input);
    return count;
}

static void check_layer(struct clip_error *error, const struct layer *layer,
                        const struct readout *readout)
{
    const size_t outputs = layer->outputs;
    int64_t *lost = MEM_NEW(int64_t, VECTORS * outputs);
    int64_t *read = MEM_NEW(int64_t, VECTORS * outputs);
    struct crossbar x;
    clip_error_map(error, layer->weight);
    assert_int_equal(clip_error_columns(error), count_columns(layer, readout));
    clip_error_multiply(error, layer->input, VECTORS, layer->inputs, layer->passes, lost);
    readout_map(&x, layer->format, readout->signs, layer->weight, outputs, layer->inputs);
    readout_multiply(&x, readout, layer->input, VECTORS, layer->inputs, layer->passes, read);
    for (size_t v = 0; v < VECTORS; v++)
        for (size_t j = 0; j < outputs; j++) {
            const int64_t y = product(layer, v, j) - lost[v * outputs + j];
            assert_int_equal(y, read[v * outputs + j]);
            if (v % 22 == 0)
                assert_int_equal(y, brute(layer, readout, v, j));
        }
    crossbar_free(&x);
    mem_free(lost);
    mem_free(read);
}

/* Twice with the same memory: dense weights, then sparse ones. */
static void check_format(struct crossbar_format format, size_t outputs, size_t inputs, int most)
{
    for (int c = 0; c < 4; c++) {
        struct readout readout = {
            c % 2 ? READOUT_ANALOG : READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}};
        struct clip_error error;
        for (int k = 0; k < crossbar_slices(format); k++)
            for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
                readout.bits[sign][k] = (int8_t)random_between(0, most);
        assert_true(clip_error_suits(&readout));
        clip_error_create(&error, format, &readout, outputs, inputs);
        for (int sparsity = 1; sparsity <= 16; sparsity += 15) {
            struct layer layer = make_layer(format, outputs, inputs, 1 + c / 2, sparsity);
            check_layer(&error, &layer, &readout);
            free_layer(&layer);
        }
        clip_error_destroy(&error);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_formats(void **state)
{
    (void)state;
    check_format((struct crossbar_format){128, 128, 2, 8, 8}, 5, 300, 6);
    check_format((struct crossbar_format){128, 128, 1, 8, 8}, 3, 128, 6);
    check_format((struct crossbar_format){64, 64, 4, 8, 8}, 3, 100, 9);
    check_format((struct crossbar_format){16, 16, 8, 8, 8}, 3, 37, 11);
    check_format((struct crossbar_format){10, 8, 2, 6, 8}, 4, 23, 4);
    check_format((struct crossbar_format){1024, 8, 2, 8, 8}, 2, 1100, 10); /* beyond a byte */
}

static void test_nothing_clips(void **state)
{
    (void)state;
    const struct crossbar_format format = {128, 128, 2, 8, 8};
    struct readout readout = {.signs = READOUT_DIFFERENTIAL, .transfer = READOUT_CLIP};
    struct layer layer = make_layer(format, 4, 256, 1, 1);
    struct clip_error error;
    int64_t lost[VECTORS * 4];
    readout_set_all(&readout, readout_full_bits(format));
    clip_error_create(&error, format, &readout, 4, 256);
    clip_error_map(&error, layer.weight);
    assert_int_equal(clip_error_columns(&error), 0);
    clip_error_multiply(&error, layer.input, VECTORS, 256, 1, lost);
    for (size_t i = 0; i < VECTORS * 4; i++)
        assert_int_equal(lost[i], 0);
    clip_error_destroy(&error);
    free_layer(&layer);
    readout.transfer = READOUT_SCALED;
    assert_false(clip_error_suits(&readout));
    readout.transfer = READOUT_CLIP;
    readout.signs = READOUT_OFFSET;
    assert_false(clip_error_suits(&readout));
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formats),
                                       cmocka_unit_test(test_nothing_clips)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
