#include "nn/model_blocks.h"

#include <stdio.h>

enum { NAME = 64 };

struct tensor *block_input(struct network *net, int channels, int height, int width)
{
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    return network_add_image(net, x, channels, height, width);
}

struct conv_general block_square(int channels, int kernel, int step, int padding)
{
    return (struct conv_general){
        .channels = channels,
        .kernel_height = kernel,
        .kernel_width = kernel,
        .step = step,
        .around = {padding, padding, padding, padding},
        .groups = 1
    };
}

/* "NAME.out" */
static struct tensor *quantise(struct network *net, const char *name, struct tensor *x,
                               enum block_activation activation)
{
    char quantiser[NAME + 8];
    snprintf(quantiser, sizeof quantiser, "%s.out", name);
    return activation == BLOCK_RELU6
               ? network_add_relu6(net, quantiser, x)
               : network_add_quantiser(net, quantiser, x, activation == BLOCK_RELU);
}

struct tensor *block_conv_norm(struct network *net, const char *conv, const char *norm,
                               struct tensor *x, struct conv_general shape,
                               enum block_activation activation)
{
    x = quantise(net, conv, network_add_general_conv(net, conv, x, shape), BLOCK_LINEAR);
    return quantise(net, norm, network_add_batch_norm(net, norm, x), activation);
}

struct tensor *block_conv_relu(struct network *net, const char *name, struct tensor *x,
                               struct conv_general shape)
{
    return quantise(net, name, network_add_general_conv(net, name, x, shape), BLOCK_RELU);
}

struct tensor *block_linear(struct network *net, const char *name, struct tensor *x, size_t outputs,
                            bool relu)
{
    return quantise(net, name, network_add_linear(net, name, x, outputs),
                    relu ? BLOCK_RELU : BLOCK_LINEAR);
}

/* ---- residual blocks ---- */

/* 1x1 convolution - BN - Q, no quantiser between. */
static struct tensor *projection(struct network *net, const char *block, struct tensor *x,
                                 int channels, int step)
{
    char conv[NAME], norm[NAME];
    snprintf(conv, sizeof conv, "%s.downsample.0", block);
    snprintf(norm, sizeof norm, "%s.downsample.1", block);
    x = network_add_general_conv(net, conv, x, block_square(channels, 1, step, 0));
    return quantise(net, norm, network_add_batch_norm(net, norm, x), BLOCK_LINEAR);
}

/* Convolution number `number` of a block, with its batch norm. */
static struct tensor *numbered(struct network *net, const char *block, int number, struct tensor *x,
                               struct conv_general shape, enum block_activation activation)
{
    char conv[NAME], norm[NAME];
    snprintf(conv, sizeof conv, "%s.conv%d", block, number);
    snprintf(norm, sizeof norm, "%s.bn%d", block, number);
    return block_conv_norm(net, conv, norm, x, shape, activation);
}

struct tensor *block_basic(struct network *net, const char *block, struct tensor *x, int channels,
                           int step, bool pads)
{
    struct tensor *shortcut = x;
    struct tensor *y = numbered(net, block, 1, x, block_square(channels, 3, step, 1), BLOCK_RELU);
    y = numbered(net, block, 2, y, block_square(channels, 3, 1, 1), BLOCK_LINEAR);
    if (step != 1 || x->channels != channels)
        shortcut = pads ? network_add_pad_shortcut(net, x, channels, step)
                        : projection(net, block, x, channels, step);
    return quantise(net, block, network_add_sum(net, y, shortcut), BLOCK_RELU);
}

struct tensor *block_bottleneck(struct network *net, const char *block, struct tensor *x,
                                int channels, int step)
{
    const int outputs = 4 * channels;
    struct tensor *shortcut = x;
    struct tensor *y = numbered(net, block, 1, x, block_square(channels, 1, 1, 0), BLOCK_RELU);
    y = numbered(net, block, 2, y, block_square(channels, 3, step, 1), BLOCK_RELU);
    y = numbered(net, block, 3, y, block_square(outputs, 1, 1, 0), BLOCK_LINEAR);
    if (step != 1 || x->channels != outputs)
        shortcut = projection(net, block, x, outputs, step);
    return quantise(net, block, network_add_sum(net, y, shortcut), BLOCK_RELU);
}

/* One square window that reaches beyond the shorter side. */
struct tensor *block_global_mean(struct network *net, struct tensor *x)
{
    const int size = x->height > x->width ? x->height : x->width;
    const struct pool_shape shape = {
        .kernel = size,
        .step = 1,
        .around = {.bottom = size - x->height, .right = size - x->width}
    };
    x = network_add_quantiser(net, "pool", network_add_pool(net, x, false, shape), false);
    return network_add_flatten(net, x);
}
