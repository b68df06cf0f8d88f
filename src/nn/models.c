#include "nn/models.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "nn/model_blocks.h"
#include "nn/models_imagenet.h"

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

/* CIFAR ResNet of depth 6 blocks + 2: three stages of `blocks` blocks, width, 2 width, 4 width. */
static struct tensor *build_resnet(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    x = block_conv_norm(net, "conv1", "bn1", x, block_square(spec->filters, 3, 1, 1), BLOCK_RELU);
    for (int stage = 0; stage < 3; stage++)
        for (int block = 0; block < spec->blocks; block++) {
            char name[32];
            snprintf(name, sizeof name, "layer%d.%d", stage + 1, block);
            x = block_basic(net, name, x, spec->filters << stage, stage > 0 && block == 0 ? 2 : 1,
                            spec->pad_shortcut);
        }
    return block_linear(net, "fc", block_global_mean(net, x), (size_t)spec->classes, false);
}

static struct conv_general with_bias(struct conv_general shape)
{
    shape.has_bias = true;
    return shape;
}

/* LeNet-5 in Caffe's sizes: 20 and 50 filters of 5x5, each with 2x2 maxima, then 500 - classes. */
static struct tensor *build_lenet5(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    x = block_conv_relu(net, "conv1", x, with_bias(block_square(20, 5, 1, 0)));
    x = network_add_max_pool(net, x, 2, 2);
    x = block_conv_relu(net, "conv2", x, with_bias(block_square(50, 5, 1, 0)));
    x = network_add_flatten(net, network_add_max_pool(net, x, 2, 2));
    x = block_linear(net, "fc1", x, 500, true);
    return block_linear(net, "fc2", x, (size_t)spec->classes, false);
}

/* VGG-11 as the bit-slice reference program has it: eight 3x3 convolutions with bias, five maxima,
 * dropout - fc 512 - ReLU twice, fc. 32x32 inputs leave one pixel of 512 channels. */
static struct tensor *build_vgg11(struct network *net, const struct model_spec *spec)
{
    static const int channels[8] = {64, 128, 256, 256, 512, 512, 512, 512};
    static const bool pools[8] = {true, true, false, true, false, true, false, true};
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    for (int i = 0; i < 8; i++) {
        const struct conv_general shape = block_square(channels[i], 3, 1, 1);
        char name[16], norm[32];
        snprintf(name, sizeof name, "conv%d", i + 1);
        snprintf(norm, sizeof norm, "%s.norm", name);
        x = spec->batch_norm ? block_conv_norm(net, name, norm, x, shape, BLOCK_RELU)
                             : block_conv_relu(net, name, x, with_bias(shape));
        x = pools[i] ? network_add_max_pool(net, x, 2, 2) : x;
    }
    x = network_add_flatten(net, x);
    x = block_linear(net, "fc1", network_add_dropout(net, x, spec->dropout_always), 512, true);
    x = block_linear(net, "fc2", network_add_dropout(net, x, spec->dropout_always), 512, true);
    return block_linear(net, "fc3", x, (size_t)spec->classes, false);
}

static const struct {
    const char *name;
    struct tensor *(*build)(struct network *, const struct model_spec *); /* returns the logits */
    int smallest_image;
    struct model_input usual;
} models[] = {
    {"mlp",         build_mlp,         1,  {1, 28, 28, 10}    },
    {"lenet5",      build_lenet5,      16, {1, 28, 28, 10}    },
    {"vgg11",       build_vgg11,       32, {3, 32, 32, 10}    },
    {"resnet",      build_resnet,      1,  {3, 32, 32, 10}    },
    {"alexnet",     model_alexnet,     63, {3, 224, 224, 1000}},
    {"vgg16",       model_vgg16,       32, {3, 224, 224, 1000}},
    {"resnet18",    model_resnet18,    1,  {3, 224, 224, 1000}},
    {"resnet50",    model_resnet50,    1,  {3, 224, 224, 1000}},
    {"mobilenetv2", model_mobilenetv2, 1,  {3, 224, 224, 1000}},
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
