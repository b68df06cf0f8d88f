#include "unit/nn/op_case.h"

#include <math.h>
#include <string.h>

#include "unit/nn/network_twin.h"
#include "unit/support/random_numbers.h"

void random_parameters(struct parameters *params)
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

void random_input(struct network *net, size_t samples)
{
    for (size_t i = 0; i < samples * net->input->size; i++)
        net->input->value[twin_place(net->input, i)] = (float)random_real();
}

void net_case_create(struct network *net, const struct net_case *c)
{
    network_create(net, 2, c->height, c->width);
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    x = network_add_image(net, x, 2, c->height, c->width);
    x = network_add_conv(net, "pre", x, (struct conv_shape){c->channels, 1, 1, 0, true});
    x = network_add_quantiser(net, "x", x, false);
    network_finish(net, c->build(net, x, c->shape), CAPACITY);
    random_parameters(&net->params);
}

void model_case_create(struct network *net, struct model_spec spec)
{
    seed_random(spec.model);
    spec.classes = 10;
    spec.capacity = SAMPLES;
    model_build(net, &spec);
    random_parameters(&net->params);
    for (int t = 0; t < net->params.count; t++) {
        const struct parameter *tensor = &net->params.tensor[t];
        const double inputs = (double)tensor->count / (double)tensor->shape[0];
        for (size_t i = 0; tensor->axes > 1 && i < tensor->count; i++)
            net->params.value[tensor->offset + i] *= (float)(4.0 / sqrt(inputs));
    }
}

struct pass make_pass(size_t samples, bool quantise)
{
    static size_t begin[6]; /* shards of different sizes, some empty */
    static uint32_t number[100];
    assert_true(samples <= sizeof number / sizeof *number);
    for (size_t i = 0; i < samples; i++)
        number[i] = (uint32_t)i;
    for (size_t i = 0; i < 4; i++)
        begin[i + 1] = i * i * samples / 9;
    begin[5] = samples;
    return (struct pass){
        .samples = samples,
        .global_samples = samples,
        .sample = number,
        .shards = 5,
        .begin = begin,
        .dropout = {3, RNG_DROPOUT, 0},
        .is_training = true,
        .quantise = quantise,
        .bits = 8
    };
}

/* ---- one operation behind x ---- */

struct tensor *build_conv(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_conv(net, "conv", x, shape);
}

struct tensor *build_linear(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_linear(net, "fc", network_add_flatten(net, x), (size_t)shape.channels);
}

struct tensor *build_norm(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_batch_norm(net, "bn", x);
}

struct tensor *build_conv_norm(struct network *net, struct tensor *x, struct conv_shape shape)
{
    x = network_add_batch_norm(net, "bn", network_add_conv(net, "conv", x, shape));
    return network_add_quantiser(net, "relu", x, true);
}

struct tensor *build_max_pool(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_max_pool(net, x, shape.kernel, shape.step);
}

struct tensor *build_mean_pool(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_mean_pool(net, x, shape.kernel, shape.step);
}

struct tensor *build_dropout(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_dropout(net, x, false);
}
