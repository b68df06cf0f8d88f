/* Operations of networks: forward sums of codes exactly, floats and all gradients against the twin
 * in double, which in turn is held against finite differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "hw/fixed_point.h"
#include "network_twin.h"
#include "layer_lists.h"
#include "nn/models.h"
#include "run/build_network.h"

static uint64_t random_next;

/* Each case draws the same numbers whatever stands before it. */
static void seed_random(const char *name)
{
    random_next = 0;
    for (; *name; name++)
        random_next = (random_next + (uint64_t)*name) * 0x100000001B3;
}

static double random_real(void)
{
    return 2.0 * rng_uniform((struct rng_key){29, RNG_TEST, 0}, random_next++) - 1.0;
}

/* ---- networks ---- */

/* A tiny network: the input image, a 1x1 convolution to x (so that x has a gradient), and what
 * `build` puts behind it. */
struct net_case {
    const char *name;
    struct tensor *(*build)(struct network *net, struct tensor *x, struct conv_shape shape);
    int channels, height, width; /* of x */
    struct conv_shape shape;
    bool float_only;
};

enum { CAPACITY = 11, SAMPLES = 9 };

static void random_parameters(struct parameters *params)
{
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        const char *dot = strrchr(tensor->name, '.');
        const bool positive = strcmp(dot, ".running_var") == 0 ||
                              (strcmp(dot, ".weight") == 0 && !tensor->is_quantised);
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++)
            params->value[i] = (float)(0.5 * random_real() + (positive ? 1.0 : 0.0));
    }
}

static void random_input(struct network *net, size_t samples)
{
    for (size_t i = 0; i < samples * net->input->size; i++)
        net->input->value[twin_place(net->input, i)] = (float)random_real();
}

static void create(struct network *net, const struct net_case *c)
{
    network_create(net, 2, c->height, c->width);
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    x = network_add_image(net, x, 2, c->height, c->width);
    x = network_add_conv(net, "pre", x, (struct conv_shape){c->channels, 1, 1, 0, true});
    x = network_add_quantiser(net, "x", x, false);
    network_finish(net, c->build(net, x, c->shape), CAPACITY);
    random_parameters(&net->params);
}

static struct pass make_pass(size_t samples, bool quantise)
{
    static size_t begin[6]; /* shards of different sizes, some empty */
    for (size_t i = 0; i < 4; i++)
        begin[i + 1] = i * i * samples / 9;
    begin[5] = samples;
    return (struct pass){
        .samples = samples,
        .global_samples = samples,
        .shards = 5,
        .begin = begin,
        .dropout = {3, RNG_DROPOUT, 0},
        .is_training = true,
        .quantise = quantise,
        .bits = 8
    };
}

/* ---- against the twin ---- */

/* A tiny network, whose gradients may be sums that cancel. */
static bool is_small(const struct network *net)
{
    return net->op_count < 15;
}

/* Relative. In a tiny network, batch norm may see a few values that nearly agree: what is left of
 * the sum of their squares, in floats, when the mean is taken off has fewer digits. */
static double tolerance(const struct twin *twin)
{
    double condition = 0.0;
    bool few = false; /* then little is left of the gradient, too */
    for (int i = 0; is_small(twin->net) && i < twin->net->op_count; i++) {
        const struct op *op = &twin->net->op[i];
        for (int c = 0; op->class == &op_batch_norm && c < op->in->channels; c++) {
            const struct twin_moments m = twin_moments(twin, op, c);
            condition = fmax(condition, m.mean * m.mean / (m.variance + 1e-5));
            few = few || m.count < 10.0;
        }
    }
    return (1e-5 + 1e-6 * condition) * (few ? 100.0 : 1.0);
}

/* Values on the grid, half a step away at most but where codes saturate; in training the exponent is
 * the smallest that holds all values. */
static void check_quantiser(const char *name, const struct twin *twin, const struct op *op)
{
    const double step = (double)fixed_point_step(op->out->exponent, 8);
    double largest = 0.0;
    for (size_t i = 0; i < twin->samples * op->out->size; i++) {
        const size_t at = twin_place(op->out, i);
        const double x = twin_value(twin, op->out)[i], own = (double)op->out->value[at];
        const double nearest = fmax(-255.0 * step, fmin(x, 255.0 * step));
        if (own != op->out->code[at] * step || !(fabs(own - nearest) <= 0.501 * step))
            fail_msg("%s: %s quantises %g to %g", name, op->name, x, own);
        largest = fmax(largest, fabs(twin_value(twin, op->in)[i]));
    }
    if (twin->is_training)
        assert_true(largest <= 256.001 * step && largest > 127.999 * step);
}

static void check_forward(const char *name, const struct twin *twin, const struct op *op,
                          bool quantise)
{
    const struct tensor *out = op->out;
    if (!twin_value_is_kept(twin->net, out))
        return;
    if (quantise && op->class == &op_quantise) {
        check_quantiser(name, twin, op);
    } else {
        const double d = twin_distance(out, out->value, twin_value(twin, out), twin->samples);
        if (!(d <= tolerance(twin)))
            fail_msg("%s: values of %s are off by %g", name, op->name, d);
        for (size_t i = 0; quantise && out->has_code && i < twin->samples * out->size; i++) {
            const size_t at = twin_place(out, i);
            assert_true(out->value[at] ==
                        (float)out->code[at] * fixed_point_step(out->exponent, 8));
        }
    }
    if (!twin_gaps_are_zero(out, out->value, twin->samples))
        fail_msg("%s: %s writes into the border", name, op->name);
}

static void compare_running(const struct twin *twin)
{
    for (int t = 0; t < twin->net->params.count; t++) {
        const struct parameter *tensor = &twin->net->params.tensor[t];
        for (size_t i = tensor->offset; tensor->is_state && i < tensor->offset + tensor->count; i++)
            assert_true(fabs((double)twin->net->params.value[i] - twin->param[i]) <=
                        tolerance(twin) * (1.0 + fabs(twin->param[i])));
    }
}

/* With quantisation, and in tiny networks, every operation starts from the real values again: the
 * error is its own. */
static void compare_forward(const char *name, const struct twin *twin, bool quantise)
{
    for (int i = 0; i < twin->net->op_count; i++) {
        const struct op *op = &twin->net->op[i];
        twin_op(twin, op, false);
        check_forward(name, twin, op, quantise);
        if ((quantise || is_small(twin->net)) && twin_value_is_kept(twin->net, op->out))
            twin_load(twin, op->out);
    }
    compare_running(twin);
}

/* The loss is sum(factor * logits). */
static void set_loss(const struct twin *twin)
{
    const struct tensor *logits = twin->net->logits;
    memset(logits->gradient, 0, twin->samples * logits->stride * sizeof(float));
    for (size_t i = 0; i < twin->samples * logits->size; i++) {
        const float factor = (float)random_real();
        logits->gradient[twin_place(logits, i)] = factor;
        twin_gradient(twin, logits)[i] = (double)factor;
    }
}

static void compare_backward(const char *name, const struct twin *twin)
{
    const struct network *net = twin->net;
    for (int t = 0; t < net->tensor_count; t++) {
        const struct tensor *tensor = &net->tensor[t];
        if (!twin_gradient_is_kept(net, tensor))
            continue;
        const double d =
            twin_distance(tensor, tensor->gradient, twin_gradient(twin, tensor), twin->samples);
        if (!(d <= tolerance(twin)))
            fail_msg("%s: the gradient of tensor %d is off by %g", name, t, d);
        if (!twin_gaps_are_zero(tensor, tensor->gradient, twin->samples))
            fail_msg("%s: gradient of tensor %d in the border", name, t);
    }
    for (int t = 0; t < net->params.count; t++) {
        if (net->params.tensor[t].is_state)
            continue;
        const bool to_terms = is_small(net);
        const double d = twin_parameter_distance(twin, &net->params.tensor[t], to_terms);
        if (!(d <= (to_terms ? 0.2 : 1.0) * tolerance(twin)))
            fail_msg("%s: gradient of %s is off by %g", name, net->params.tensor[t].name, d);
    }
}

/* Tensors that have only codes in quantised passes: gives them values for the comparison, or, for
 * the backward pass, values that would spoil everything they touch. */
static void fill_code_tensors(struct network *net, size_t samples, bool spoil)
{
    for (int t = 0; t < net->tensor_count; t++) {
        struct tensor *tensor = &net->tensor[t];
        const float step = fixed_point_step(tensor->exponent, 8);
        if (!tensor->only_code)
            continue;
        for (size_t i = 0; i < samples * tensor->stride; i++)
            tensor->value[i] = (float)tensor->code[i] * step;
        for (size_t i = 0; spoil && i < samples * tensor->size; i++)
            tensor->value[twin_place(tensor, i)] = NAN;
    }
}

/* One step of `samples` samples through both. */
static void compare_step(const char *name, struct network *net, size_t samples, bool quantise)
{
    const struct pass pass = make_pass(samples, quantise);
    struct twin twin;
    random_input(net, samples);
    assert_true(network_prepare(net, &pass));
    twin_create(&twin, net, samples, true);
    assert_true(network_forward(net, &pass));
    if (quantise)
        fill_code_tensors(net, samples, false);
    compare_forward(name, &twin, quantise);
    set_loss(&twin);
    if (quantise)
        fill_code_tensors(net, samples, true);
    assert_true(network_backward(net, &pass));
    twin_backward(&twin);
    compare_backward(name, &twin);
    twin_destroy(&twin);
}

/* Evaluation with running statistics; activation exponents stay. */
static void compare_evaluation(const char *name, struct network *net, bool quantise)
{
    struct pass pass = make_pass(2, quantise);
    struct twin twin;
    pass.is_training = false;
    pass.global_samples = 0;
    random_input(net, 2);
    assert_true(network_prepare(net, &pass));
    twin_create(&twin, net, 2, false);
    assert_true(network_forward(net, &pass));
    if (quantise)
        fill_code_tensors(net, 2, false);
    compare_forward(name, &twin, quantise);
    twin_destroy(&twin);
}

static void run_network(const char *name, struct network *net, bool quantise)
{
    compare_step(name, net, SAMPLES, quantise);
    compare_step(name, net, SAMPLES - 3, quantise); /* nothing is left of the step before */
    compare_evaluation(name, net, quantise);
}

static void run_case(const struct net_case *c)
{
    for (int quantise = 0; quantise <= !c->float_only; quantise++) {
        char name[120];
        struct network net;
        snprintf(name, sizeof name, "%s%s %dx%dx%d, to %d, kernel %d, step %d, padding %d",
                 quantise ? "quantised " : "", c->name, c->channels, c->height, c->width,
                 c->shape.channels, c->shape.kernel, c->shape.step, c->shape.padding);
        seed_random(name);
        create(&net, c);
        run_network(name, &net, quantise);
        network_destroy(&net);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

/* ---- convolutions of many shapes ---- */

static struct tensor *build_conv(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_conv(net, "conv", x, shape);
}

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

static void test_convolutions(void **state)
{
    (void)state;
    for_all_convs(run_case);
}

/* ---- convolutions of codes, exactly ---- */

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

/* ---- the other operations, alone ---- */

static struct tensor *build_linear(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_linear(net, "fc", network_add_flatten(net, x), (size_t)shape.channels);
}

static struct tensor *build_norm(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_batch_norm(net, "bn", x);
}

/* Not straight behind a quantiser, but behind values that are on no grid. */
static struct tensor *build_relu(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_quantiser(net, "relu", network_add_mean_pool(net, x, 1, 1), true);
}

/* No quantiser between, as in the shortcuts of ResNet. */
static struct tensor *build_conv_norm(struct network *net, struct tensor *x,
                                      struct conv_shape shape)
{
    x = network_add_batch_norm(net, "bn", network_add_conv(net, "conv", x, shape));
    return network_add_quantiser(net, "relu", x, true);
}

static struct tensor *build_max_pool(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_max_pool(net, x, shape.kernel, shape.step);
}

static struct tensor *build_mean_pool(struct network *net, struct tensor *x,
                                      struct conv_shape shape)
{
    return network_add_mean_pool(net, x, shape.kernel, shape.step);
}

static struct tensor *build_flatten(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_flatten(net, x);
}

static struct tensor *build_dropout(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_dropout(net, x, false);
}

static void run_shapes(struct net_case c)
{
    static const int shapes[][3] = {
        {1,  1, 1},
        {17, 1, 1},
        {3,  7, 5},
        {16, 5, 7},
        {40, 3, 4}
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        c.channels = shapes[i][0];
        c.height = shapes[i][1];
        c.width = shapes[i][2];
        if (c.shape.kernel <= c.height + 2 * c.shape.padding &&
            c.shape.kernel <= c.width + 2 * c.shape.padding)
            run_case(&c);
    }
}

static void test_elements(void **state)
{
    (void)state;
    run_shapes((struct net_case){.name = "batch norm", .build = build_norm});
    run_shapes((struct net_case){.name = "relu", .build = build_relu});
    run_shapes((struct net_case){.name = "flatten", .build = build_flatten});
    run_shapes((struct net_case){.name = "dropout", .build = build_dropout, .float_only = true});
    for (int step = 1; step <= 2; step++)
        run_shapes((struct net_case){
            .name = "conv, norm, relu", .build = build_conv_norm, .shape = {5, 3, step, 1, false}
        });
}

static void test_linear(void **state)
{
    (void)state;
    static const int outputs[] = {1, 10, 16, 33};
    for (int i = 0; i < 4; i++)
        run_shapes((struct net_case){
            .name = "linear", .build = build_linear, .shape = {.channels = outputs[i]}});
}

static void test_pools(void **state)
{
    (void)state;
    for (int kernel = 1; kernel <= 3; kernel++)
        for (int step = 1; step <= 3; step++) {
            const struct conv_shape shape = {0, kernel, step, 0, false};
            run_shapes((struct net_case){.name = "max", .build = build_max_pool, .shape = shape});
            run_shapes((struct net_case){.name = "mean", .build = build_mean_pool, .shape = shape});
        }
}

/* ---- one tensor read more than once ---- */

/* Two readers of x whose results are added: `first` stands before `second`, so backward it is
 * `first` that adds to what the other one left. */
static struct tensor *two_readers(struct network *net, struct tensor *first, struct tensor *second)
{
    return network_add_quantiser(net, "sum", network_add_sum(net, first, second), true);
}

static struct tensor *same_conv(struct network *net, const char *name, struct tensor *x)
{
    return network_add_conv(net, name, x, (struct conv_shape){x->channels, 3, 1, 1, false});
}

#define TWO_READERS(op)                                                                            \
    static struct tensor *op##_first(struct network *net, struct tensor *x,                        \
                                     struct conv_shape shape)                                      \
    {                                                                                              \
        struct tensor *own = build_##op(net, x, shape);                                            \
        return two_readers(net, own, same_conv(net, "other", x));                                  \
    }                                                                                              \
    static struct tensor *op##_last(struct network *net, struct tensor *x,                         \
                                    struct conv_shape shape)                                       \
    {                                                                                              \
        struct tensor *other = same_conv(net, "other", x);                                         \
        return two_readers(net, other, build_##op(net, x, shape));                                 \
    }
TWO_READERS(norm)
TWO_READERS(dropout)

#define TWO_WINDOWS(op)                                                                            \
    static struct tensor *op##_first(struct network *net, struct tensor *x,                        \
                                     struct conv_shape shape)                                      \
    {                                                                                              \
        shape.channels = x->channels;                                                              \
        struct tensor *own = build_##op(net, x, shape);                                            \
        return two_readers(net, own, network_add_conv(net, "other", x, shape));                    \
    }
TWO_WINDOWS(max_pool)
TWO_WINDOWS(mean_pool)
TWO_WINDOWS(conv)

static struct tensor *relu_first(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    x = network_add_mean_pool(net, x, 1, 1);
    struct tensor *relu = network_add_quantiser(net, "relu", x, true);
    return two_readers(net, relu, network_add_batch_norm(net, "bn", x));
}

static struct tensor *relu_last(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    x = network_add_mean_pool(net, x, 1, 1);
    struct tensor *norm = network_add_batch_norm(net, "bn", x);
    return two_readers(net, norm, network_add_quantiser(net, "relu", x, true));
}

/* A quantiser without ReLU, on values that another one reads too. */
static struct tensor *quantiser_first(struct network *net, struct tensor *x,
                                      struct conv_shape shape)
{
    (void)shape;
    x = network_add_mean_pool(net, x, 1, 1);
    struct tensor *plain = network_add_quantiser(net, "plain", x, false);
    return two_readers(net, plain, network_add_batch_norm(net, "bn", x));
}

/* x is flattened twice, and one flat tensor is read twice. */
static struct tensor *flat_readers(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    struct tensor *flat = network_add_flatten(net, x);
    struct tensor *a = network_add_linear(net, "a", flat, 5);
    struct tensor *b = network_add_linear(net, "b", flat, 5);
    struct tensor *c = network_add_linear(net, "c", network_add_flatten(net, x), 5);
    return network_add_sum(net, two_readers(net, a, b), c);
}

/* The block of a residual network, its inputs in either order, then another on top. */
static struct tensor *build_residual(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    struct tensor *y = network_add_quantiser(net, "y", same_conv(net, "conv1", x), true);
    y = same_conv(net, "conv2", y);
    x = network_add_quantiser(net, "block1", network_add_sum(net, y, x), true);
    y = network_add_batch_norm(net, "bn", same_conv(net, "conv3", x));
    return network_add_quantiser(net, "block2", network_add_sum(net, x, y), true);
}

/* Sums of sums: no quantiser hides the sharing of gradients. Each input of a sum has a reader behind
 * the sum. */
static struct tensor *build_sums(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    struct tensor *y = network_add_sum(net, same_conv(net, "conv1", x), x);
    struct tensor *z = network_add_sum(net, x, y);
    z = network_add_sum(net, network_add_batch_norm(net, "bn", z), y);
    return network_add_sum(net, same_conv(net, "conv2", x), z);
}

/* A block that halves the image: 3x3 and 1x1 convolutions of step 2. */
static struct tensor *build_shortcut(struct network *net, struct tensor *x, struct conv_shape shape)
{
    const struct conv_shape wide = {shape.channels, 3, 2, 1, false};
    const struct conv_shape narrow = {shape.channels, 1, 2, 0, false};
    struct tensor *a = network_add_conv(net, "a", x, shape.padding ? wide : narrow);
    struct tensor *b = network_add_conv(net, "b", x, shape.padding ? narrow : wide);
    return two_readers(net, network_add_batch_norm(net, "bn", a), b);
}

/* Kernel, step, padding and channels as each needs them. */
#define GRAPH(text, function, ...)                                                                 \
    {                                                                                              \
        .name = text, .build = function, __VA_ARGS__                                               \
    }
static const struct net_case graphs[] = {
    GRAPH("norm first", norm_first, .shape = {0}),
    GRAPH("norm last", norm_last, .shape = {0}),
    GRAPH("relu first", relu_first, .shape = {0}),
    GRAPH("relu last", relu_last, .shape = {0}),
    GRAPH("dropout first", dropout_first, .float_only = true),
    GRAPH("dropout last", dropout_last, .float_only = true),
    GRAPH("max first", max_pool_first, .shape = {.kernel = 3, .step = 1}),
    GRAPH("max first", max_pool_first, .shape = {.kernel = 3, .step = 2}),
    GRAPH("max first", max_pool_first, .shape = {.kernel = 2, .step = 2}),
    GRAPH("mean first", mean_pool_first, .shape = {.kernel = 3, .step = 1}),
    GRAPH("mean first", mean_pool_first, .shape = {.kernel = 3, .step = 2}),
    GRAPH("conv twice", conv_first, .shape = {.kernel = 3, .step = 1}),
    GRAPH("conv twice", conv_first, .shape = {.kernel = 3, .step = 2}),
    GRAPH("quantiser first", quantiser_first, .shape = {0}),
    GRAPH("flat twice", flat_readers, .shape = {0}),
    GRAPH("residual", build_residual, .shape = {0}),
    GRAPH("sums", build_sums, .shape = {0}),
    GRAPH("shortcut", build_shortcut, .shape = {.channels = 6}),
    GRAPH("shortcut", build_shortcut, .shape = {.channels = 6, .padding = 1}),
};

enum { GRAPHS = sizeof graphs / sizeof *graphs };

static void test_graphs(void **state)
{
    (void)state;
    for (int i = 0; i < GRAPHS; i++) {
        struct net_case c = graphs[i];
        run_shapes(c);
        c.channels = 17;
        c.height = 9;
        c.width = 6;
        run_case(&c);
    }
}

/* ---- lists of layers ---- */

#define BRANCH "conv: {outputs: 6, kernel: 3, padding: 1}"

/* What the built-in networks do not have: nested residuals, shortcuts of every kind, layers without
 * quantisers, several pools, images made of flat values. No bias stands before a batch norm, which
 * would make its gradient 0 but for rounding. */
static const char *const lists[] = {
    "[residual: {layers: [batch-norm, relu, conv: {outputs: 3, kernel: 3, padding: 1}]}, relu, "
    "flatten, linear: {outputs: 10}]",
    "[" BRANCH ", relu, residual: {layers: [" BRANCH ", residual: {layers: [" BRANCH
    ", relu, " BRANCH "], shortcut: [batch-norm]}, relu, batch-norm], "
    "shortcut: [conv: {outputs: 4, kernel: 2, padding: 1}, max-pool: {size: 2, stride: 1}, "
    "conv: {outputs: 6, kernel: 1}]}, flatten, linear: {outputs: 10}]",
    "[conv: {outputs: 5, kernel: 2, stride: 2, quantise: false, bias: false}, max-pool: {size: 2}, "
    "residual: {layers: [quantise: {name: q1}, conv: {outputs: 5, kernel: 1, bias: false}], "
    "shortcut: [batch-norm], quantise: false}, average-pool: {size: 4}, relu, flatten, "
    "linear: {outputs: 10, quantise: false}]",
    "[flatten, linear: {outputs: 48}, relu, reshape: {channels: 3, height: 4, width: 4}, "
    "residual: {layers: [conv: {outputs: 4, kernel: 3, stride: 2, padding: 1, bias: false}, "
    "batch-norm, relu, flatten], shortcut: [flatten, linear: {outputs: 16, quantise: false}]}, "
    "relu, residual: {layers: [linear: {outputs: 16}]}, linear: {outputs: 10}]",
    "[average-pool: {size: 4, quantise: false}, quantise, conv: {outputs: 10, kernel: 8}, "
    "global-average-pool, flatten]",
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (int quantise = 0; quantise < 2; quantise++) {
            struct experiment experiment;
            struct dataset set;
            struct network net;
            struct error err;
            if (!read_list("cifar10", lists[i], &experiment, &err))
                fail_msg("%s", err.text);
            dataset_describe(&set, "cifar10");
            seed_random(lists[i]);
            build_network(&net, &experiment.runs[0].settings, &set, CAPACITY);
            random_parameters(&net.params);
            run_network(lists[i], &net, quantise);
            network_destroy(&net);
            experiment_free(&experiment);
            assert_int_equal(mem_live_blocks(), 0);
        }
}

/* ---- the twin itself, against finite differences ---- */

static double loss_of(const struct twin *twin, const double *factor)
{
    double sum = 0.0;
    twin_forward(twin);
    for (size_t i = 0; i < twin->samples * twin->net->logits->size; i++)
        sum += factor[i] * twin_value(twin, twin->net->logits)[i];
    return sum;
}

static void check_slope(const char *name, const struct twin *twin, const double *factor, size_t i)
{
    const double eps = 1e-6, keep = twin->param[i], own = twin->param_gradient[i];
    twin->param[i] = keep + eps;
    const double above = loss_of(twin, factor);
    twin->param[i] = keep - eps;
    const double slope = (above - loss_of(twin, factor)) / (2.0 * eps);
    twin->param[i] = keep;
    if (!(fabs(own - slope) <= 1e-6 * (1.0 + fabs(slope))))
        fail_msg("%s: gradient %g of parameter %zu, but slope %g", name, own, i, slope);
}

static void check_twin(const char *name, struct network *net)
{
    const struct pass pass = make_pass(SAMPLES, false);
    struct twin twin;
    random_input(net, SAMPLES);
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass)); /* dropout */
    twin_create(&twin, net, SAMPLES, true);
    twin_forward(&twin);
    set_loss(&twin);
    double *factor = MEM_NEW(double, SAMPLES * net->logits->size);
    memcpy(factor, twin_gradient(&twin, net->logits), SAMPLES * net->logits->size * sizeof *factor);
    twin_backward(&twin);
    for (int t = 0; t < net->params.count; t++) {
        const struct parameter *tensor = &net->params.tensor[t];
        const size_t some = tensor->count / 5 + 1;
        for (size_t i = 0; !tensor->is_state && i < tensor->count; i += some)
            check_slope(name, &twin, factor, tensor->offset + i);
    }
    twin_destroy(&twin);
    mem_free(factor);
}

static void test_twin(void **state)
{
    (void)state;
    static const struct net_case alone[] = {
        {.name = "linear",    .build = build_linear,    .shape = {.channels = 4}   },
        {.name = "conv",      .build = build_conv,      .shape = {4, 3, 2, 1, true}},
        {.name = "conv",      .build = build_conv,      .shape = {4, 2, 1, 2, true}},
        {.name = "conv norm", .build = build_conv_norm, .shape = {4, 3, 1, 1, true}},
    };
    for (int i = 0; i < GRAPHS + 4; i++) {
        struct network net;
        struct net_case c = i < GRAPHS ? graphs[i] : alone[i - GRAPHS];
        c.channels = 3;
        c.height = 7;
        c.width = 5;
        seed_random(c.name);
        create(&net, &c);
        check_twin(c.name, &net);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- batch normalisation by hand ---- */

/* Straight on the input: nobody needs the gradient of that. */
static void create_norm(struct network *net, int channels)
{
    network_create(net, channels, 1, 1);
    network_finish(net, network_add_batch_norm(net, "bn", net->input), SAMPLES);
    parameters_initialise(&net->params, 1);
}

static double parameter_at(const struct network *net, int tensor)
{
    return (double)net->params.value[net->params.tensor[tensor].offset];
}

static void step_norm(struct network *net, size_t samples)
{
    const struct pass pass = make_pass(samples, false);
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    for (size_t i = 0; i < samples; i++)
        net->logits->gradient[i * net->logits->stride] = 1.0F;
    assert_true(network_backward(net, &pass));
}

/* The values 1, 2, 3, 4: mean 2.5, variance 1.25, unbiased 5/3. */
static void test_norm_by_hand(void **state)
{
    (void)state;
    struct network net;
    create_norm(&net, 1);
    for (int step = 1; step <= 2; step++) {
        for (size_t i = 0; i < 4; i++)
            net.input->value[i * net.input->stride] = (float)(i + 1);
        step_norm(&net, 4);
        for (size_t i = 0; i < 4; i++)
            assert_true(fabs((double)net.logits->value[i * net.logits->stride] -
                             ((double)i - 1.5) / sqrt(1.25001)) < 1e-6);
        const double kept = step == 1 ? 0.9 : 0.81;
        assert_true(fabs(parameter_at(&net, 2) - (1.0 - kept) * 2.5) < 1e-6);
        assert_true(fabs(parameter_at(&net, 3) - (kept + (1.0 - kept) * 5.0 / 3.0)) < 1e-6);
        assert_true(net.params.sum[net.params.tensor[1].offset] == (int64_t)4 << 40);
    }
    struct pass pass = make_pass(1, false); /* evaluation: (1 - 0.475) / sqrt(0.81 + 0.19 5/3) */
    pass.is_training = false;
    assert_true(network_forward(&net, &pass));
    assert_true(fabs((double)net.logits->value[0] - 0.525 / sqrt(0.81 + 0.19 * 5.0 / 3.0 + 1e-5)) <
                1e-6);
    assert_true(fabs(parameter_at(&net, 2) - 0.475) < 1e-6); /* stays */
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* One value has no variance, and nothing to divide by. */
static void test_norm_of_one_value(void **state)
{
    (void)state;
    struct network net;
    create_norm(&net, 1);
    net.params.value[net.params.tensor[1].offset] = 0.25F;
    net.input->value[0] = 3.0F;
    step_norm(&net, 1);
    assert_true(fabs((double)net.logits->value[0] - 0.25) < 1e-3); /* xhat = 0 */
    assert_true(fabs(parameter_at(&net, 2) - 0.3) < 1e-6);
    assert_true(fabs(parameter_at(&net, 3) - 0.9) < 1e-6);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* On all ranks the sums of a value that is not finite are refused. */
static void test_norm_refuses(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F, 0x1p13F};
    const struct pass pass = make_pass(2, false);
    struct network net;
    create_norm(&net, 17);
    for (int i = 0; i < 5; i++)
        for (size_t c = 0; c < 17; c += 8) {
            random_input(&net, 2);
            assert_true(network_prepare(&net, &pass));
            assert_true(network_forward(&net, &pass));
            net.input->value[net.input->stride + c] = bad[i];
            assert_false(network_forward(&net, &pass));
        }
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- shards ---- */

/* Without linear layers every sum is exact across samples, so shards do not matter; but for the
 * weight gradients of convolutions, whose float sums reach over several samples of a shard. */
static void run_shards(bool quantise, size_t shards, struct network *net)
{
    static const struct net_case c = {
        .name = "residual", .build = build_residual, .channels = 17, .height = 5, .width = 7};
    static const size_t begins[] = {0, 4, 0, 2, 4, 0, 1, 2, 3, 4};
    struct pass pass = make_pass(4, quantise);
    pass.shards = shards;
    pass.begin = begins + (shards == 1 ? 0 : shards == 2 ? 2 : 5);
    create(net, &c);
    for (size_t i = 0; i < net->params.size; i++) /* the same in every call */
        net->params.value[i] =
            net->params.mask[i] ? (float)((double)(i * 37 % 101) / 101.0 - 0.4) : 1.0F;
    for (size_t i = 0; i < 4 * net->input->stride; i++)
        net->input->value[i] = i % net->input->stride < net->input->size
                                   ? (float)((double)(i * 53 % 211) / 211.0 - 0.5)
                                   : 0.0F;
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    for (size_t i = 0; i < 4 * net->logits->stride; i++)
        net->logits->gradient[i] = 0x1p-10F * net->logits->value[i];
    assert_true(network_backward(net, &pass));
}

/* To float rounding of the largest. */
static void assert_sums_near(const struct parameters *a, const struct parameters *b)
{
    double largest = 0.0;
    for (size_t i = 0; i < a->size; i++)
        largest = fmax(largest, fabs((double)a->sum[i]));
    assert_true(largest > 0.0);
    for (size_t i = 0; i < a->size; i++)
        assert_true(fabs((double)a->sum[i] - (double)b->sum[i]) <= 1e-6 * largest);
}

/* All but those of convolutions' weights. */
static void assert_other_sums_equal(const struct parameters *a, const struct parameters *b)
{
    for (int t = 0; t < a->count; t++)
        if (a->tensor[t].axes < 4)
            assert_memory_equal(a->sum + a->tensor[t].offset, b->sum + a->tensor[t].offset,
                                a->tensor[t].count * sizeof *a->sum);
}

static void test_shards(void **state)
{
    (void)state;
    for (int quantise = 0; quantise <= 1; quantise++)
        for (size_t shards = 2; shards <= 4; shards += 2) {
            struct network one, more;
            run_shards(quantise, 1, &one);
            run_shards(quantise, shards, &more);
            assert_memory_equal(one.logits->value, more.logits->value,
                                4 * one.logits->stride * sizeof(float));
            assert_other_sums_equal(&one.params, &more.params);
            assert_sums_near(&one.params, &more.params);
            assert_memory_equal(one.params.value, more.params.value,
                                one.params.size * sizeof(float));
            network_destroy(&one);
            network_destroy(&more);
        }
    assert_int_equal(mem_live_blocks(), 0);
}

/* A rank without samples, after a step with some: the sums are 0. */
static void test_no_samples(void **state)
{
    (void)state;
    const size_t begin[] = {0, 0, 0};
    struct net_case c = graphs[GRAPHS - 1];
    c.channels = 3;
    c.height = c.width = 5;
    for (int quantise = 0; quantise <= 1; quantise++) {
        struct network net;
        struct pass pass = make_pass(1, quantise);
        pass.samples = 0;
        pass.global_samples = 4;
        pass.shards = 2;
        pass.begin = begin;
        create(&net, &c);
        compare_step("some samples", &net, SAMPLES, quantise);
        assert_true(network_prepare(&net, &pass));
        assert_true(network_forward(&net, &pass));
        assert_true(network_backward(&net, &pass));
        for (int t = 0; t < net.params.count; t++)
            for (size_t i = 0; !net.params.tensor[t].is_state && i < net.params.tensor[t].count;
                 i++)
                assert_true(net.params.sum[net.params.tensor[t].offset + i] == 0);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- dropout ---- */

static void forward_dropout(struct network *net, uint64_t seed, const uint32_t *sample,
                            bool is_training)
{
    struct pass pass = make_pass(2, true);
    pass.dropout.seed = seed;
    pass.sample = sample;
    pass.is_training = true;
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    pass.is_training = is_training;
    assert_true(network_forward(net, &pass));
}

/* Kept codes stay and the exponent rises by one; returns how many were dropped. */
static int check_dropped(const struct op *op)
{
    const struct tensor *in = op->in, *out = op->out;
    int dropped = 0;
    assert_int_equal(out->exponent, in->exponent + 1);
    for (size_t i = 0; i < 2 * in->size; i++) {
        const size_t at = twin_place(in, i);
        const bool kept = out->code[at] != 0;
        assert_true(in->code[at] != 0); /* else it says nothing */
        assert_int_equal(out->code[at], kept ? in->code[at] : 0);
        assert_true(out->value[at] == (kept ? 2.0F * in->value[at] : 0.0F));
        dropped += !kept;
    }
    return dropped;
}

static void test_dropout(void **state)
{
    (void)state;
    enum { N = 1000 };
    const uint32_t order[] = {7, 90000}, turned[] = {90000, 7};
    struct network net;
    network_create(&net, N, 1, 1);
    struct tensor *x = network_add_quantiser(&net, "input", net.input, false);
    network_finish(&net, network_add_dropout(&net, x, false), 2);
    for (size_t i = 0; i < 2 * N; i++)
        net.input->value[i / N * net.input->stride + i % N] = i % 3 ? 1.0F : -0.5F;
    const size_t stride = net.logits->stride;
    int16_t *before = MEM_NEW(int16_t, 2 * stride), *code = net.logits->code;

    forward_dropout(&net, 1, order, true);
    const int dropped = check_dropped(&net.op[1]);
    assert_true(abs(dropped - N) < 4 * 23); /* four deviations of 2 N draws */
    memcpy(before, code, 2 * stride * sizeof *code);
    forward_dropout(&net, 2, order, true);
    check_dropped(&net.op[1]);
    assert_memory_not_equal(code, before, stride * sizeof *code);
    forward_dropout(&net, 1, turned, true); /* a sample's number decides, not its place */
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(code[i] != 0, before[stride + i] != 0);
        assert_int_equal(code[stride + i] != 0, before[i] != 0);
    }
    forward_dropout(&net, 1, order, false); /* evaluation: nothing happens */
    assert_int_equal(net.logits->exponent, x->exponent);
    assert_memory_equal(code, x->code, 2 * stride * sizeof *code);
    assert_memory_equal(net.logits->value, x->value, 2 * stride * sizeof(float));
    mem_free(before);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- whole networks ---- */

static void run_model(struct model_spec spec)
{
    for (int quantise = 0; quantise <= 1; quantise++) {
        struct network net;
        seed_random(spec.model);
        spec.classes = 10;
        spec.capacity = SAMPLES;
        model_build(&net, &spec);
        random_parameters(&net.params);
        for (int t = 0; t < net.params.count; t++) { /* values that stay of one size */
            const struct parameter *tensor = &net.params.tensor[t];
            const double inputs = (double)tensor->count / (double)tensor->shape[0];
            for (size_t i = 0; tensor->axes > 1 && i < tensor->count; i++)
                net.params.value[tensor->offset + i] *= (float)(4.0 / sqrt(inputs));
        }
        run_network(spec.model, &net, quantise);
        if (!quantise && spec.blocks > 0)
            check_twin(spec.model, &net);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_resnet(void **state)
{
    (void)state;
    run_model((struct model_spec){
        .model = "resnet", .blocks = 1, .filters = 8, .channels = 3, .height = 9, .width = 9});
    run_model((struct model_spec){
        .model = "resnet", .blocks = 2, .filters = 3, .channels = 1, .height = 7, .width = 7});
}

static void test_lenet5(void **state)
{
    (void)state;
    run_model((struct model_spec){.model = "lenet5", .channels = 1, .height = 20, .width = 20});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_code_convolutions),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_graphs),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_norm_by_hand),
        cmocka_unit_test(test_norm_of_one_value),
        cmocka_unit_test(test_norm_refuses),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_no_samples),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_resnet),
        cmocka_unit_test(test_lenet5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
