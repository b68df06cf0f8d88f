#include "unit/nn/op_graphs.h"

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

struct tensor *build_residual(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    struct tensor *y = network_add_quantiser(net, "y", same_conv(net, "conv1", x), true);
    y = same_conv(net, "conv2", y);
    x = network_add_quantiser(net, "block1", network_add_sum(net, y, x), true);
    y = network_add_batch_norm(net, "bn", same_conv(net, "conv3", x));
    return network_add_quantiser(net, "block2", network_add_sum(net, x, y), true);
}

/* Sums of sums: no quantiser hides the sharing of gradients. Each input of a sum has a reader
 * behind the sum. */
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

/* The same with a shortcut without parameters, which stands before or behind the other reader of x;
 * shape.padding: the channels stay, and what it gives is read once more. */
static struct tensor *pad_first(struct network *net, struct tensor *x, struct conv_shape shape)
{
    const int channels = shape.padding ? x->channels : shape.channels + x->channels;
    struct tensor *a = network_add_pad_shortcut(net, x, channels, shape.step);
    struct tensor *b =
        network_add_conv(net, "b", x, (struct conv_shape){channels, 3, shape.step, 1, false});
    x = two_readers(net, network_add_batch_norm(net, "bn", b), a);
    return shape.padding ? network_add_sum(net, x, same_conv(net, "c", a)) : x;
}

static struct tensor *pad_last(struct network *net, struct tensor *x, struct conv_shape shape)
{
    const int channels = shape.channels + x->channels;
    struct tensor *b =
        network_add_conv(net, "b", x, (struct conv_shape){channels, 3, shape.step, 1, false});
    return two_readers(net, b, network_add_pad_shortcut(net, x, channels, shape.step));
}

/* Windows that overlap and reach into the padding, of one tensor with another reader. */
static struct tensor *padded_pool(struct network *net, struct tensor *x, struct conv_shape shape)
{
    const struct pool_shape pool = {
        .kernel = 3,
        .step = 2,
        .around = {1, 0, 1, 2},
        .ceil = true,
        .counts_padding = shape.padding
    };
    struct tensor *a = network_add_pool(net, x, true, pool);
    return two_readers(net, a, network_add_pool(net, x, false, pool));
}

/* Depthwise and pointwise, with ReLU6 between and another epsilon (MobileNetV2). */
static struct tensor *depthwise(struct network *net, struct tensor *x, struct conv_shape shape)
{
    const struct op_sides twice = {0, 0, 1, 1}, once = {2, 0, 0, 2};
    const struct conv_general deep = {.channels = x->channels,
                                      .kernel_height = 3,
                                      .kernel_width = 3,
                                      .step = shape.step,
                                      .around = shape.step > 1 ? twice : once,
                                      .groups = x->channels};
    struct tensor *y = network_add_general_conv(net, "deep", x, deep);
    y = network_add_relu6(net, "six", network_add_batch_norm_with(net, "bn", y, 0.01));
    y = network_add_conv(net, "point", y, (struct conv_shape){x->channels, 1, 1, 0, true});
    return shape.step > 1 ? y : two_readers(net, y, x);
}

/* Kernel, step, padding and channels as each needs them. */
#define GRAPH(text, function, ...)                                                                 \
    {                                                                                              \
        .name = text, .build = function, __VA_ARGS__                                               \
    }

const struct net_case op_graphs[] = {
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
    GRAPH("pad first", pad_first, .shape = {.channels = 5, .step = 2}),
    GRAPH("pad first", pad_first, .shape = {.channels = 16, .step = 1}),
    GRAPH("pad first", pad_first, .shape = {.step = 3, .padding = 1}),
    GRAPH("padded pools", padded_pool, .shape = {0}),
    GRAPH("padded pools", padded_pool, .shape = {.padding = 1}),
    GRAPH("depthwise", depthwise, .shape = {.kernel = 2, .step = 1}),
    GRAPH("depthwise", depthwise, .shape = {.kernel = 2, .step = 2}),
    GRAPH("pad last", pad_last, .shape = {.channels = 2, .step = 2}),
};

const size_t op_graph_count = sizeof op_graphs / sizeof *op_graphs;
