/* hw: crossbars and what is read off them, against a brute-force count of every cell and input
 * bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"
#include "hw/crossbar.h"
#include "hw/crossbar_currents.h"
#include "hw/fixed_point.h"
#include "hw/readout.h"
#include "unit/support/random_numbers.h"

enum fill { RANDOM, ZERO, ALL_ONES, SPARSE, FILLS };

struct layer {
    struct crossbar_format format;
    size_t outputs, inputs, n, stride;
    int passes;
    int16_t *weight, *input; /* [outputs, inputs], [n, stride] */
};

static int16_t filled(enum fill fill, int top, int lowest)
{
    switch (fill) {
    case RANDOM:
        return (int16_t)random_between(lowest, top);
    case SPARSE:
        return (int16_t)(random_between(0, 7) ? 0 : random_between(lowest, top));
    case ALL_ONES:
        return (int16_t)top;
    default:
        return 0;
    }
}

static struct layer make_layer(struct crossbar_format format, size_t outputs, size_t inputs,
                               int passes, enum fill fill)
{
    struct layer layer = {format, outputs, inputs, 2, inputs + 3, passes, NULL, NULL};
    const int weight_top = fixed_point_max_code(format.weight_bits);
    const int input_top = fixed_point_max_code(format.input_bits);
    layer.weight = MEM_NEW(int16_t, outputs * inputs);
    layer.input = MEM_NEW(int16_t, layer.n * layer.stride);
    for (size_t i = 0; i < outputs * inputs; i++)
        layer.weight[i] = filled(fill, weight_top, -weight_top);
    for (size_t i = 0; i < layer.n * layer.stride; i++) /* the gap holds rubbish: nobody reads it */
        layer.input[i] = i % layer.stride < inputs
                             ? filled(fill, input_top, passes == 2 ? -input_top : 0)
                             : (int16_t)input_top;
    return layer;
}

static void free_layer(struct layer *layer)
{
    mem_free(layer->weight);
    mem_free(layer->input);
}

/* The digit on the array of (sign, slice) at row r, column j. */
static int cell_of(const struct layer *layer, int sign, int slice, size_t r, size_t j)
{
    const int code = layer->weight[j * layer->inputs + r];
    const int magnitude = sign == CROSSBAR_POSITIVE ? code : -code;
    return magnitude <= 0 ? 0
                          : magnitude >> (layer->format.cell_bits * slice) &
                                ((1 << layer->format.cell_bits) - 1);
}

struct place {
    size_t vector, tile, column;
    int sign, slice, bit, pass;
};

/* S of crossbar.h, cell by cell. */
static int brute_current(const struct layer *layer, struct place at)
{
    const size_t rows = (size_t)layer->format.rows, first = at.tile * rows;
    int sum = 0;
    for (size_t r = first; r < first + rows && r < layer->inputs; r++) {
        const int code = layer->input[at.vector * layer->stride + r];
        const int driven = at.pass == 0 ? code : -code;
        if (driven > 0 && driven >> at.bit & 1)
            sum += cell_of(layer, at.sign, at.slice, r, at.column);
    }
    return sum;
}

/* Calls visit(place, current) for every conversion. */
static void for_each_conversion(const struct layer *layer,
                                void (*visit)(const struct layer *, struct place, int, void *),
                                void *context)
{
    const size_t rows = (size_t)layer->format.rows, tiles = (layer->inputs + rows - 1) / rows;
    struct place at;
    for (at.vector = 0; at.vector < layer->n; at.vector++)
        for (at.tile = 0; at.tile < tiles; at.tile++)
            for (at.pass = 0; at.pass < layer->passes; at.pass++)
                for (at.sign = 0; at.sign < CROSSBAR_SIGNS; at.sign++)
                    for (at.slice = 0; at.slice < crossbar_slices(layer->format); at.slice++)
                        for (at.bit = 0; at.bit < layer->format.input_bits; at.bit++)
                            for (at.column = 0; at.column < layer->outputs; at.column++)
                                visit(layer, at, brute_current(layer, at), context);
}

static size_t bin_of(struct crossbar_format format, struct place at, int current)
{
    const size_t row =
        (size_t)((at.sign * crossbar_slices(format) + at.slice) * format.input_bits + at.bit);
    return row * (crossbar_max_current(format) + 1) + (size_t)current;
}

static void count(const struct layer *layer, struct place at, int current, void *histogram)
{
    ((uint64_t *)histogram)[bin_of(layer->format, at, current)]++;
}

struct multiplication {
    const struct readout *readout;
    int64_t *out; /* [n, outputs] */
};

static void add_up(const struct layer *layer, struct place at, int current, void *context)
{
    const struct multiplication *m = context;
    const int top = (1 << m->readout->bits[at.sign][at.slice]) - 1;
    const int64_t weight = (int64_t)1 << (at.bit + layer->format.cell_bits * at.slice);
    const int negative = (at.sign == CROSSBAR_NEGATIVE) != (at.pass == 1);
    m->out[at.vector * layer->outputs + at.column] +=
        (negative ? -weight : weight) * (current < top ? current : top);
}

static void check_column_sums(const struct layer *layer, const struct crossbar *x)
{
    const size_t rows = (size_t)layer->format.rows;
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < crossbar_slices(layer->format); k++) {
            uint32_t max = 0;
            size_t zero = 0;
            for (size_t t = 0; t < x->row_tiles; t++)
                for (size_t j = 0; j < layer->outputs; j++) {
                    uint32_t sum = 0;
                    for (size_t r = t * rows; r < (t + 1) * rows && r < layer->inputs; r++)
                        sum += (uint32_t)cell_of(layer, sign, k, r, j);
                    const size_t row =
                        (size_t)(sign * crossbar_slices(layer->format) + k) * x->row_tiles + t;
                    assert_int_equal(x->column_sum[row * layer->outputs + j], sum);
                    max = sum > max ? sum : max;
                    zero += sum == 0;
                }
            assert_int_equal(crossbar_max_column_sum(x, sign, k), max);
            assert_int_equal(crossbar_zero_columns(x, sign, k), zero);
        }
}

static void check_histogram(const struct layer *layer, const struct crossbar *x)
{
    const size_t size = crossbar_histogram_size(layer->format);
    const size_t bins = crossbar_max_current(layer->format) + 1;
    uint64_t *own = MEM_NEW(uint64_t, size), *expected = MEM_NEW(uint64_t, size);
    for_each_conversion(layer, count, expected);
    for (size_t t = 0; t < x->row_tiles; t++) /* tile by tile: the parts add up */
        crossbar_add_currents(x, layer->input, layer->n, layer->stride, layer->passes, t, 1, own);
    assert_memory_equal(own, expected, size * sizeof *own);

    memset(own, 0, size * sizeof *own);
    crossbar_add_currents(x, layer->input, layer->n, layer->stride, layer->passes, 0, x->row_tiles,
                          own);
    assert_memory_equal(own, expected, size * sizeof *own);

    const uint64_t conversions =
        (uint64_t)x->row_tiles * layer->outputs * layer->n * (uint64_t)layer->passes;
    for (size_t row = 0; row < size / bins; row++) {
        uint64_t total = 0;
        for (size_t i = 0; i < bins; i++)
            total += own[row * bins + i];
        assert_int_equal(total, conversions);
    }
    mem_free(own);
    mem_free(expected);
}

/* With converters that lose nothing, the product; with others, the brute-force sum. */
static void check_product(const struct layer *layer, const struct crossbar *x)
{
    const size_t n = layer->n, outputs = layer->outputs;
    int64_t *own = MEM_NEW(int64_t, n * outputs), *expected = MEM_NEW(int64_t, n * outputs);
    struct readout full = {READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}}, coarse = full;
    readout_set_all(&full, readout_full_bits(layer->format));
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < CROSSBAR_MAX_SLICES; k++)
            coarse.bits[sign][k] = (int8_t)random_between(0, 4);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < outputs; j++)
            for (size_t r = 0; r < layer->inputs; r++)
                expected[i * outputs + j] += (int64_t)layer->input[i * layer->stride + r] *
                                             layer->weight[j * layer->inputs + r];
    readout_multiply(x, &full, layer->input, n, layer->stride, layer->passes, own);
    assert_memory_equal(own, expected, n * outputs * sizeof *own);

    memset(expected, 0, n * outputs * sizeof *expected);
    struct multiplication m = {&coarse, expected};
    for_each_conversion(layer, add_up, &m);
    readout_multiply(x, &coarse, layer->input, n, layer->stride, layer->passes, own);
    assert_memory_equal(own, expected, n * outputs * sizeof *own);
    mem_free(own);
    mem_free(expected);
}

static void check_layer(struct crossbar_format format, size_t outputs, size_t inputs, int passes,
                        enum fill fill)
{
    struct layer layer = make_layer(format, outputs, inputs, passes, fill);
    struct crossbar x;
    crossbar_map(&x, format, layer.weight, outputs, inputs);
    const size_t rows = (size_t)format.rows, columns = (size_t)format.columns;
    assert_int_equal(x.row_tiles, (inputs + rows - 1) / rows);
    assert_int_equal(x.column_tiles, (outputs + columns - 1) / columns);
    check_column_sums(&layer, &x);
    check_histogram(&layer, &x);
    check_product(&layer, &x);
    crossbar_free(&x);
    free_layer(&layer);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t inputs[] = {1, 127, 128, 129, 300}, outputs[] = {1, 7, 8, 9, 100};
    const struct crossbar_format format = {128, 128, 2, 8, 8};
    for (int k = 0; k < 5; k++)
        for (int j = 0; j < 5; j++)
            check_layer(format, outputs[j], inputs[k], 1 + (k + j) % 2, RANDOM);
}

static void test_fills(void **state)
{
    (void)state;
    const struct crossbar_format format = {128, 16, 2, 8, 8};
    for (int fill = 0; fill < FILLS; fill++)
        for (int passes = 1; passes <= 2; passes++)
            check_layer(format, 33, 200, passes, (enum fill)fill);
}

static void test_formats(void **state)
{
    (void)state;
    static const int cells[] = {1, 2, 4, 8}, rows[] = {64, 100, 128, 256, 1, 1024};
    for (int weight_bits = 4; weight_bits <= 8; weight_bits += 4)
        for (int c = 0; c < 4 && cells[c] <= weight_bits; c++)
            for (int r = 0; r < 6; r++) {
                const struct crossbar_format format = {rows[r], 10, cells[c], weight_bits,
                                                       weight_bits == 4 ? 4 : 8};
                check_layer(format, 11, rows[r] == 1 ? 5 : 270, 2, r % 2 ? RANDOM : SPARSE);
            }
    check_layer((struct crossbar_format){70, 10, 3, 6, 5}, 11, 170, 1, RANDOM);
}

/* A full column of 3s carries 384: 255 is the most that 8 bits can say. */
static void test_nine_bits_for_384(void **state)
{
    (void)state;
    enum { ROWS = 128 };
    const struct crossbar_format format = {ROWS, ROWS, 2, 8, 8};
    int16_t weight[ROWS], input[ROWS];
    for (int r = 0; r < ROWS; r++) {
        weight[r] = 3;
        input[r] = 1;
    }
    struct crossbar x;
    crossbar_map(&x, format, weight, 1, ROWS);
    assert_int_equal(crossbar_max_column_sum(&x, CROSSBAR_POSITIVE, 0), 384);
    assert_int_equal(crossbar_max_current(format), 384);
    assert_int_equal(adc_bits_for(384), 9);
    int64_t out;
    struct readout readout = {
        READOUT_DIFFERENTIAL, READOUT_CLIP, {{8, 8, 8, 8}, {8, 8, 8, 8}}
    };
    readout_multiply(&x, &readout, input, 1, ROWS, 1, &out);
    assert_int_equal(out, 255);
    readout.bits[CROSSBAR_POSITIVE][0] = 9;
    readout_multiply(&x, &readout, input, 1, ROWS, 1, &out);
    assert_int_equal(out, 384);
    crossbar_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_fills),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_nine_bits_for_384),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
