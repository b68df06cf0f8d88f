#include "nn/models.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"

/* input - Q - [fc - Q - ReLU]... - fc - Q: quantisers before each ReLU and on the logits, as in
 * arXiv 1909.08496's MNIST network. */
static struct tensor *build_mlp(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    for (int i = 0; i <= spec->hidden_count; i++) {
        const int is_last = i == spec->hidden_count;
        char name[32], quantiser[32];
        snprintf(name, sizeof name, "fc%d", i + 1);
        snprintf(quantiser, sizeof quantiser, "fc%d.out", i + 1);
        x = network_add_linear(net, name, x, is_last ? (size_t)spec->classes : spec->hidden[i]);
        x = network_add_quantiser(net, quantiser, x, !is_last);
    }
    return x;
}

/* conv - Q - BN - Q [- ReLU] */
static struct tensor *conv_norm(struct network *net, const char *conv, const char *norm,
                                struct tensor *x, struct conv_shape shape, bool relu)
{
    char name[64];
    x = network_add_conv(net, conv, x, shape);
    snprintf(name, sizeof name, "%s.out", conv);
    x = network_add_quantiser(net, name, x, false);
    x = network_add_batch_norm(net, norm, x);
    snprintf(name, sizeof name, "%s.out", norm);
    return network_add_quantiser(net, name, x, relu);
}

/* 1x1 convolution - BN - Q, no quantiser between. */
static struct tensor *projection(struct network *net, const char *block, struct tensor *x,
                                 int channels, int step)
{
    char conv[48], norm[48], name[64];
    snprintf(conv, sizeof conv, "%s.downsample.0", block);
    snprintf(norm, sizeof norm, "%s.downsample.1", block);
    x = network_add_conv(net, conv, x, (struct conv_shape){channels, 1, step, 0, false});
    x = network_add_batch_norm(net, norm, x);
    snprintf(name, sizeof name, "%s.out", norm);
    return network_add_quantiser(net, name, x, false);
}

/* Basic block (He et al. 2016); where the shape changes its shortcut is a projection or pads. */
static struct tensor *basic_block(struct network *net, const char *block, struct tensor *x,
                                  int channels, int step, bool pads)
{
    char conv[48], norm[48], name[64];
    struct tensor *shortcut = x;
    snprintf(conv, sizeof conv, "%s.conv1", block);
    snprintf(norm, sizeof norm, "%s.bn1", block);
    struct tensor *y =
        conv_norm(net, conv, norm, x, (struct conv_shape){channels, 3, step, 1, false}, true);
    snprintf(conv, sizeof conv, "%s.conv2", block);
    snprintf(norm, sizeof norm, "%s.bn2", block);
    y = conv_norm(net, conv, norm, y, (struct conv_shape){channels, 3, 1, 1, false}, false);
    if (step != 1 || x->channels != channels)
        shortcut = pads ? network_add_pad_shortcut(net, x, channels, step)
                        : projection(net, block, x, channels, step);
    snprintf(name, sizeof name, "%s.out", block);
    return network_add_quantiser(net, name, network_add_sum(net, y, shortcut), true);
}

/* CIFAR ResNet of depth 6 blocks + 2: three stages of `blocks` blocks, width, 2 width, 4 width. */
static struct tensor *build_resnet(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    x = network_add_image(net, x, spec->channels, spec->height, spec->width);
    x = conv_norm(net, "conv1", "bn1", x, (struct conv_shape){spec->filters, 3, 1, 1, false}, true);
    for (int stage = 0; stage < 3; stage++)
        for (int block = 0; block < spec->blocks; block++) {
            char name[32];
            snprintf(name, sizeof name, "layer%d.%d", stage + 1, block);
            x = basic_block(net, name, x, spec->filters << stage, stage > 0 && block == 0 ? 2 : 1,
                            spec->pad_shortcut);
        }
    x = network_add_mean_pool(net, x, x->height, 1);
    x = network_add_quantiser(net, "pool", x, false);
    x = network_add_linear(net, "fc", network_add_flatten(net, x), (size_t)spec->classes);
    return network_add_quantiser(net, "fc.out", x, false);
}

/* fc - Q [- ReLU] */
static struct tensor *linear_relu(struct network *net, const char *name, struct tensor *x,
                                  size_t outputs, bool relu)
{
    char quantiser[48];
    snprintf(quantiser, sizeof quantiser, "%s.out", name);
    return network_add_quantiser(net, quantiser, network_add_linear(net, name, x, outputs), relu);
}

/* conv - Q - ReLU, or conv - Q - BN - Q - ReLU */
static struct tensor *conv_relu(struct network *net, const char *name, struct tensor *x,
                                struct conv_shape shape, bool batch_norm)
{
    char other[48];
    if (batch_norm) {
        snprintf(other, sizeof other, "%s.norm", name);
        return conv_norm(net, name, other, x, shape, true);
    }
    snprintf(other, sizeof other, "%s.out", name);
    return network_add_quantiser(net, other, network_add_conv(net, name, x, shape), true);
}

/* LeNet-5 in Caffe's sizes: 20 and 50 filters of 5x5, each with 2x2 maxima, then 500 - classes. */
static struct tensor *build_lenet5(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    x = network_add_image(net, x, spec->channels, spec->height, spec->width);
    x = conv_relu(net, "conv1", x, (struct conv_shape){20, 5, 1, 0, true}, false);
    x = network_add_max_pool(net, x, 2, 2);
    x = conv_relu(net, "conv2", x, (struct conv_shape){50, 5, 1, 0, true}, false);
    x = network_add_flatten(net, network_add_max_pool(net, x, 2, 2));
    x = linear_relu(net, "fc1", x, 500, true);
    return linear_relu(net, "fc2", x, (size_t)spec->classes, false);
}

/* VGG-11 as the bit-slice reference program has it: eight 3x3 convolutions with bias, five maxima,
 * dropout - fc 512 - ReLU twice, fc. 32x32 inputs leave one pixel of 512 channels. */
static struct tensor *build_vgg11(struct network *net, const struct model_spec *spec)
{
    static const int channels[8] = {64, 128, 256, 256, 512, 512, 512, 512};
    static const bool pools[8] = {true, true, false, true, false, true, false, true};
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    x = network_add_image(net, x, spec->channels, spec->height, spec->width);
    for (int i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "conv%d", i + 1);
        x = conv_relu(net, name, x, (struct conv_shape){channels[i], 3, 1, 1, !spec->batch_norm},
                      spec->batch_norm);
        x = pools[i] ? network_add_max_pool(net, x, 2, 2) : x;
    }
    x = network_add_flatten(net, x);
    x = linear_relu(net, "fc1", network_add_dropout(net, x, spec->dropout_always), 512, true);
    x = linear_relu(net, "fc2", network_add_dropout(net, x, spec->dropout_always), 512, true);
    return linear_relu(net, "fc3", x, (size_t)spec->classes, false);
}

static const struct {
    const char *name;
    struct tensor *(*build)(struct network *, const struct model_spec *); /* returns the logits */
    int smallest_image;
    struct model_input usual;
} models[] = {
    {"mlp",    build_mlp,    1,  {1, 28, 28, 10}},
    {"lenet5", build_lenet5, 16, {1, 28, 28, 10}},
    {"vgg11",  build_vgg11,  32, {3, 32, 32, 10}},
    {"resnet", build_resnet, 1,  {3, 32, 32, 10}},
};

enum { MODELS = sizeof models / sizeof models[0] };

static int find_model(const char *name)
{
    for (int i = 0; i < MODELS; i++)
        if (strcmp(models[i].name, name) == 0)
            return i;
    return -1;
}

bool model_usual_input(const char *name, struct model_input *input)
{
    const int model = find_model(name);
    if (model >= 0)
        *input = models[model].usual;
    return model >= 0;
}

const char *model_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (int i = 0; i < MODELS; i++)
        names_append(names, sizeof names, models[i].name);
    return names;
}

int model_smallest_image(const char *name)
{
    return models[find_model(name)].smallest_image;
}

struct tensor *model_describe(struct network *net, const struct model_spec *spec)
{
    network_create(net, spec->channels, spec->height, spec->width);
    struct tensor *logits = models[find_model(spec->model)].build(net, spec);
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class == &op_batch_norm && spec->epsilon > 0.0)
            net->op[i].epsilon = spec->epsilon;
    return logits;
}

void model_build(struct network *net, const struct model_spec *spec)
{
    struct tensor *logits = model_describe(net, spec);
    network_finish(net, logits, spec->capacity);
}
