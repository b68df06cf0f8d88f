#include "nn/models_imagenet.h"

#include <stdio.h>

#include "nn/model_blocks.h"

enum { NAME = 32 };

/* features.INDEX, a convolution with bias and ReLU */
static struct tensor *feature(struct network *net, int index, struct tensor *x,
                              struct conv_general shape)
{
    char name[NAME];
    snprintf(name, sizeof name, "features.%d", index);
    shape.has_bias = true;
    return block_conv_relu(net, name, x, shape);
}

/* ---- AlexNet, VGG-16 ---- */

struct tensor *model_alexnet(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    x = feature(net, 0, x, block_square(64, 11, 4, 2));
    x = network_add_max_pool(net, x, 3, 2);
    x = feature(net, 3, x, block_square(192, 5, 1, 2));
    x = network_add_max_pool(net, x, 3, 2);
    x = feature(net, 6, x, block_square(384, 3, 1, 1));
    x = feature(net, 8, x, block_square(256, 3, 1, 1));
    x = feature(net, 10, x, block_square(256, 3, 1, 1));
    x = network_add_flatten(net, network_add_max_pool(net, x, 3, 2));
    x = network_add_dropout(net, x, false);
    x = network_add_dropout(net, block_linear(net, "classifier.1", x, 4096, true), false);
    x = block_linear(net, "classifier.4", x, 4096, true);
    return block_linear(net, "classifier.6", x, (size_t)spec->classes, false);
}

struct tensor *model_vgg16(struct network *net, const struct model_spec *spec)
{
    static const struct {
        int channels, convolutions;
    } stages[5] = {
        {64,  2},
        {128, 2},
        {256, 3},
        {512, 3},
        {512, 3}
    };
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    int index = 0; /* torchvision counts ReLUs and pools too */
    for (int s = 0; s < 5; s++, index++) {
        for (int i = 0; i < stages[s].convolutions; i++, index += 2)
            x = feature(net, index, x, block_square(stages[s].channels, 3, 1, 1));
        x = network_add_max_pool(net, x, 2, 2);
    }
    x = block_linear(net, "classifier.0", network_add_flatten(net, x), 4096, true);
    x = network_add_dropout(net, x, false);
    x = network_add_dropout(net, block_linear(net, "classifier.3", x, 4096, true), false);
    return block_linear(net, "classifier.6", x, (size_t)spec->classes, false);
}

/* ---- ResNet ---- */

/* 7x7 convolution of step 2 - BN - ReLU - 3x3 maxima of step 2 */
static struct tensor *residual_stem(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    x = block_conv_norm(net, "conv1", "bn1", x, block_square(64, 7, 2, 3), BLOCK_RELU);
    return network_add_pool(net, x, true,
                            (struct pool_shape){
                                .kernel = 3, .step = 2, .around = {1, 1, 1, 1}
    });
}

/* Four stages of 64, 128, 256 and 512 channels, bottlenecks or basic blocks. */
static struct tensor *residual_network(struct network *net, const struct model_spec *spec,
                                       const int blocks[4], bool is_bottleneck)
{
    struct tensor *x = residual_stem(net, spec);
    for (int stage = 0; stage < 4; stage++)
        for (int block = 0; block < blocks[stage]; block++) {
            const int channels = 64 << stage, step = stage > 0 && block == 0 ? 2 : 1;
            char name[NAME];
            snprintf(name, sizeof name, "layer%d.%d", stage + 1, block);
            x = is_bottleneck ? block_bottleneck(net, name, x, channels, step)
                              : block_basic(net, name, x, channels, step, false);
        }
    return block_linear(net, "fc", block_global_mean(net, x), (size_t)spec->classes, false);
}

struct tensor *model_resnet18(struct network *net, const struct model_spec *spec)
{
    return residual_network(net, spec, (const int[]){2, 2, 2, 2}, false);
}

struct tensor *model_resnet50(struct network *net, const struct model_spec *spec)
{
    return residual_network(net, spec, (const int[]){3, 4, 6, 3}, true);
}

/* ---- MobileNetV2 ---- */

/* features.INDEX.0 and .1: convolution - BN - ReLU6 */
static struct tensor *mobile_conv(struct network *net, int index, struct tensor *x,
                                  struct conv_general shape)
{
    char conv[NAME], norm[NAME];
    snprintf(conv, sizeof conv, "features.%d.0", index);
    snprintf(norm, sizeof norm, "features.%d.1", index);
    return block_conv_norm(net, conv, norm, x, shape, BLOCK_RELU6);
}

/* Part `part` of an inverted residual: features.INDEX.conv.PART.0 and .1, with ReLU6. */
static struct tensor *mobile_part(struct network *net, int index, int part, struct tensor *x,
                                  struct conv_general shape)
{
    char conv[NAME], norm[NAME];
    snprintf(conv, sizeof conv, "features.%d.conv.%d.0", index, part);
    snprintf(norm, sizeof norm, "features.%d.conv.%d.1", index, part);
    return block_conv_norm(net, conv, norm, x, shape, BLOCK_RELU6);
}

/* Inverted residual: 1x1 to `expand` times the channels (none for 1), 3x3 depthwise, 1x1 without an
 * activation; their input is added where the shape stays. */
static struct tensor *inverted_residual(struct network *net, int index, struct tensor *x,
                                        int expand, int channels, int step)
{
    const int inner = expand * x->channels;
    struct tensor *y = x;
    int part = 0;
    char conv[NAME], norm[NAME], sum[NAME];
    if (expand > 1)
        y = mobile_part(net, index, part++, y, block_square(inner, 1, 1, 0));
    struct conv_general depthwise = block_square(inner, 3, step, 1);
    depthwise.groups = inner;
    y = mobile_part(net, index, part++, y, depthwise);
    snprintf(conv, sizeof conv, "features.%d.conv.%d", index, part);
    snprintf(norm, sizeof norm, "features.%d.conv.%d", index, part + 1);
    y = block_conv_norm(net, conv, norm, y, block_square(channels, 1, 1, 0), BLOCK_LINEAR);
    if (step != 1 || x->channels != channels)
        return y;
    snprintf(sum, sizeof sum, "features.%d.out", index);
    return network_add_quantiser(net, sum, network_add_sum(net, y, x), false);
}

struct tensor *model_mobilenetv2(struct network *net, const struct model_spec *spec)
{
    static const struct {
        int expand, channels, blocks, step;
    } stages[7] = {
        {1, 16,  1, 1},
        {6, 24,  2, 2},
        {6, 32,  3, 2},
        {6, 64,  4, 2},
        {6, 96,  3, 1},
        {6, 160, 3, 2},
        {6, 320, 1, 1}
    };
    struct tensor *x = block_input(net, spec->channels, spec->height, spec->width);
    int index = 0;
    x = mobile_conv(net, index++, x, block_square(32, 3, 2, 1));
    for (int s = 0; s < 7; s++)
        for (int b = 0; b < stages[s].blocks; b++)
            x = inverted_residual(net, index++, x, stages[s].expand, stages[s].channels,
                                  b == 0 ? stages[s].step : 1);
    x = mobile_conv(net, index, x, block_square(1280, 1, 1, 0));
    return block_linear(net, "classifier.1", block_global_mean(net, x), (size_t)spec->classes,
                        false);
}
