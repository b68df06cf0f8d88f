/* Convolutions of many shapes: floats against the twin, codes exactly. */
#include "unit/nn/op_compare.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "unit/support/random_numbers.h"

/* Calls check for every kernel, step, padding, image and pair of channels that makes sense. */
static void for_all_convs(void (*check)(const struct net_case *))
{
    static const int channels[][2] = {
        {1,  3 },
        {3,  16},
        {16, 17},
        {17, 40},
        {40, 1 }
    };
    static const int images[][2] = {
        {1, 1},
        {7, 5},
        {4, 6},
        {1, 3}
    };
    static const int kernels[] = {1, 2, 3, 5};
    int count = 0;
    for (int i = 0; i < 4 * 3 * 3 * 4 * 5; i++) {
        const int kernel = kernels[i % 4], step = 1 + i / 4 % 3, padding = i / 12 % 3;
        const int *image = images[i / 36 % 4], *c = channels[i / 144];
        if (image[0] + 2 * padding < kernel || image[1] + 2 * padding < kernel)
            continue;
        const struct net_case net = {
            "conv", build_conv, c[0], image[0], image[1], {c[1], kernel, step, padding, i % 7 < 4},
            false
        };
        check(&net);
        count++;
    }
    assert_true(count > 400);
    /* several blocks of channels and stages of depth, more pixels than a group of samples has */
    check(&(struct net_case){
        "conv", build_conv, 100, 3, 4, {70, 3, 1, 1, true},
             false
    });
    check(&(struct net_case){
        "conv", build_conv, 33, 23, 24, {20, 3, 2, 1, false},
             false
    });
}

/* ---- floats ---- */

/* Maps that Winograd's tiles of 4x4 fit and ones that they overlap, with as many results as inputs,
 * fewer and more. */
static void test_tiled_gradients(void **state)
{
    (void)state;
    static const int images[][2] = {
        {4, 4 },
        {8, 8 },
        {7, 12},
        {9, 11}
    };
    static const int channels[][2] = {
        {16, 16},
        {20, 50},
        {33, 17}
    };
    for (int i = 0; i < 12; i++) {
        const int *image = images[i % 4], *c = channels[i % 3];
        run_case(&(struct net_case){
            "conv", build_conv, c[0], image[0], image[1], {c[1], 3, 1, i / 4, i % 2 == 0},
                 false
        });
    }
    /* more tiles than a strip has */
    run_case(&(struct net_case){
        "conv", build_conv, 16, 16, 31, {16, 3, 1, 1, true},
             false
    });
}

static void test_convolutions(void **state)
{
    (void)state;
    for_all_convs(run_case);
}

/* Few channels that need no gradient are gathered, window by window. */
static void test_first_layers(void **state)
{
    (void)state;
    static const int kernels[] = {1, 2, 3, 4, 5, 9};
    for (int i = 0; i < 6 * 4; i++)
        for (int quantise = 0; quantise <= 1; quantise++) {
            const int kernel = kernels[i % 6], channels = 1 + i / 6;
            const struct conv_shape shape = {17, kernel, 1 + i % 2, i % 3, true};
            struct network net;
            char name[64];
            snprintf(name, sizeof name, "first layer, kernel %d, %d channels", kernel, channels);
            seed_random(name);
            network_create(&net, channels, 9, 11);
            struct tensor *x = network_add_quantiser(&net, "input", net.input, false);
            x = network_add_image(&net, x, channels, 9, 11);
            network_finish(&net, network_add_conv(&net, "conv", x, shape), SAMPLES);
            random_parameters(&net.params);
            run_network(name, &net, quantise);
            network_destroy(&net);
        }
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- codes, exactly ---- */

struct code_conv {
    struct network net;
    const struct tensor *codes; /* the quantised input, flat [channels, height, width] */
    const struct op *op;
    const struct net_case *c;
};

static void create_code_conv(struct code_conv *conv, const struct net_case *c)
{
    struct network *net = &conv->net;
    seed_random("codes");
    network_create(net, c->channels, c->height, c->width);
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    conv->codes = x;
    conv->c = c;
    x = network_add_image(net, x, c->channels, c->height, c->width);
    network_finish(net, network_add_conv(net, "conv", x, c->shape), SAMPLES);
    conv->op = &net->op[net->op_count - 1];
    random_parameters(&net->params);
    random_input(net, SAMPLES);
}

static int64_t code_sum(const struct code_conv *conv, size_t n, int j, int y, int x)
{
    const struct net_case *c = conv->c;
    const struct parameters *params = &conv->net.params;
    const int16_t *weight = params->code + params->tensor[conv->op->weight].offset;
    const int16_t *in = conv->codes->code + n * conv->codes->stride;
    const int kernel = c->shape.kernel;
    int64_t sum = 0;
    for (int k = 0; k < c->channels; k++)
        for (int u = 0; u < kernel; u++)
            for (int v = 0; v < kernel; v++) {
                const int row = y * c->shape.step + u - c->shape.padding;
                const int column = x * c->shape.step + v - c->shape.padding;
                if (row >= 0 && row < c->height && column >= 0 && column < c->width)
                    sum += in[(k * c->height + row) * c->width + column] *
                           weight[((j * c->channels + k) * kernel + u) * kernel + v];
            }
    return sum;
}

/* The vectors that a crossbar is fed with: their products with the weights are those sums. */
static void check_vectors(const struct code_conv *conv, size_t n)
{
    const struct tensor *out = conv->op->out;
    const struct parameters *params = &conv->net.params;
    const struct parameter *weight = &params->tensor[conv->op->weight];
    const size_t pixels = (size_t)(out->height * out->width);
    const size_t inputs = weight->count / (size_t)out->channels;
    int16_t *vector = MEM_NEW(int16_t, pixels * inputs);
    conv->op->class->gather_codes(conv->op, n, vector);
    for (size_t i = 0; i < pixels * (size_t)out->channels; i++) {
        const size_t pixel = i % pixels, j = i / pixels;
        int64_t sum = 0;
        for (size_t k = 0; k < inputs; k++)
            sum += vector[pixel * inputs + k] * params->code[weight->offset + j * inputs + k];
        assert_true(sum ==
                    code_sum(conv, n, (int)j, (int)pixel / out->width, (int)pixel % out->width));
    }
    mem_free(vector);
}

/* The scale is a power of two: only the conversion of the sum and the addition round. */
static void check_code_sums(const struct code_conv *conv, size_t samples)
{
    const struct tensor *out = conv->op->out;
    const struct parameters *params = &conv->net.params;
    const int exponent = params->tensor[conv->op->weight].exponent;
    const float scale = fixed_point_step(conv->codes->exponent, 8) * fixed_point_step(exponent, 8);
    for (size_t n = 0; n < samples; n++)
        for (int j = 0; j < out->channels; j++) {
            const float bias =
                conv->op->bias < 0
                    ? 0.0F
                    : params->quantised[params->tensor[conv->op->bias].offset + (size_t)j];
            for (int y = 0; y < out->height; y++)
                for (int x = 0; x < out->width; x++)
                    assert_true(out->value[tensor_at(out, n, y, x) + (size_t)j] ==
                                (float)code_sum(conv, n, j, y, x) * scale + bias);
        }
    assert_true(twin_gaps_are_zero(out, out->value, samples));
    assert_int_equal(out->max_bits, fixed_point_max_bits(out->value, samples * out->stride));
}

/* A batch, then its last sample alone: the same bytes. */
static void check_code_conv(const struct net_case *c)
{
    struct code_conv conv;
    create_code_conv(&conv, c);
    const struct pass all = make_pass(SAMPLES, true);
    struct pass one = make_pass(1, true);
    one.is_training = false;
    assert_true(network_prepare(&conv.net, &all));
    assert_true(network_forward(&conv.net, &all));
    check_code_sums(&conv, SAMPLES);
    check_vectors(&conv, 1);

    const struct tensor *input = conv.net.input, *out = conv.op->out;
    const size_t last = SAMPLES - 1, bytes = out->stride * sizeof(float);
    float *before = MEM_NEW(float, out->stride);
    memcpy(before, out->value + last * out->stride, bytes);
    memcpy(input->value, input->value + last * input->stride, input->stride * sizeof(float));
    assert_true(network_forward(&conv.net, &one));
    assert_memory_equal(out->value, before, bytes);
    check_code_sums(&conv, 1);
    mem_free(before);
    network_destroy(&conv.net);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_code_convolutions(void **state)
{
    (void)state;
    for_all_convs(check_code_conv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_tiled_gradients),
        cmocka_unit_test(test_first_layers),
        cmocka_unit_test(test_code_convolutions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
