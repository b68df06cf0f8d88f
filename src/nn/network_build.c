/* A network is put together: tensors and operations in the order of execution. */
#include "nn/network.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"

static struct tensor *add_tensor(struct network *net, int channels, int height, int width)
{
    struct tensor *tensor = &net->tensor[net->tensor_count++];
    tensor->channels = channels;
    tensor->height = height;
    tensor->width = width;
    tensor->size = (size_t)channels * (size_t)height * (size_t)width;
    tensor->channel_stride = nn_stride((size_t)channels);
    tensor->is_signed = true;
    return tensor;
}

void network_create(struct network *net, int channels, int height, int width)
{
    *net = (struct network){0};
    parameters_create(&net->params);
    net->op = MEM_NEW(struct op, NETWORK_OPS);
    net->tensor = MEM_NEW(struct tensor, NETWORK_OPS + 1);
    net->input = add_tensor(net, channels * height * width, 1, 1);
}

static struct op *add_op(struct network *net, const struct op_class *class, const char *name,
                         struct tensor *in, struct tensor *out)
{
    struct op *op = &net->op[net->op_count];
    *op = (struct op){.class = class,
                      .in = in,
                      .out = out,
                      .params = &net->params,
                      .scratch = &net->scratch,
                      .weight = -1,
                      .bias = -1,
                      .mean = -1,
                      .variance = -1};
    op->number = net->op_count++;
    snprintf(op->name, sizeof op->name, "%s", name);
    return op;
}

/* ---- linear layers and quantisers ---- */

struct parameter_spec {
    const char *suffix;
    enum parameter_kind kind;
    enum parameter_init init;
    double scale;
};

static int add_parameter(struct network *net, const struct op *op, struct parameter_spec spec,
                         int axes, const size_t *shape)
{
    char name[48];
    snprintf(name, sizeof name, "%s.%s", op->name, spec.suffix);
    return parameters_add(&net->params, name, axes, shape, spec.kind, spec.init, spec.scale);
}

struct tensor *network_add_linear(struct network *net, const char *name, struct tensor *in,
                                  size_t outputs)
{
    struct tensor *out = add_tensor(net, (int)outputs, 1, 1);
    struct op *op = add_op(net, &op_linear, name, in, out);
    const double bound = 1.0 / sqrt((double)in->size); /* PyTorch's default */
    const struct parameter_spec weight = {"weight", PARAMETER_QUANTISED, INIT_UNIFORM, bound};
    const struct parameter_spec bias = {"bias", PARAMETER_QUANTISED, INIT_UNIFORM, bound};
    op->weight = add_parameter(net, op, weight, 2, (size_t[]){outputs, in->size});
    op->bias = add_parameter(net, op, bias, 1, (size_t[]){outputs});
    return out;
}

struct tensor *network_add_quantiser(struct network *net, const char *name, struct tensor *in,
                                     bool relu)
{
    struct tensor *out = add_tensor(net, in->channels, in->height, in->width);
    add_op(net, &op_quantise, name, in, out)->relu = relu;
    out->is_signed = in->is_signed && !relu;
    out->has_code = true;
    return out;
}

struct tensor *network_add_relu6(struct network *net, const char *name, struct tensor *in)
{
    struct tensor *out = network_add_quantiser(net, name, in, true);
    net->op[net->op_count - 1].relu6 = true;
    return out;
}

/* ---- images ---- */

int network_shrunk(int length, int kernel, int step, int before, int after)
{
    return (length + before + after - kernel) / step + 1;
}

static bool is_plain(struct conv_general shape)
{
    const struct op_sides by = shape.around;
    return shape.groups == 1 && shape.kernel_height == shape.kernel_width && by.top == by.left &&
           by.top == by.bottom && by.top == by.right;
}

struct tensor *network_add_general_conv(struct network *net, const char *name, struct tensor *in,
                                        struct conv_general shape)
{
    const size_t out = (size_t)shape.channels, groups = (size_t)shape.groups;
    const size_t height = (size_t)shape.kernel_height, width = (size_t)shape.kernel_width;
    const struct op_sides by = shape.around;
    struct tensor *image =
        add_tensor(net, shape.channels,
                   network_shrunk(in->height, shape.kernel_height, shape.step, by.top, by.bottom),
                   network_shrunk(in->width, shape.kernel_width, shape.step, by.left, by.right));
    struct op *op = add_op(net, is_plain(shape) ? &op_conv : &op_conv_direct, name, in, image);
    op->kernel = shape.kernel_height;
    op->kernel_width = shape.kernel_width;
    op->step = shape.step;
    op->padding = by.top;
    op->around = by;
    op->groups = shape.groups;
    /* N(0, sqrt(2 / (k k out))), as the reference programs of both CIFAR networks */
    const double deviation = sqrt(2.0 / (double)(height * width * out / groups));
    const struct parameter_spec weight = {"weight", PARAMETER_QUANTISED, INIT_NORMAL, deviation};
    const struct parameter_spec bias = {"bias", PARAMETER_QUANTISED, INIT_CONSTANT, 0.0};
    op->weight = add_parameter(net, op, weight, 4,
                               (size_t[]){out, (size_t)in->channels / groups, height, width});
    if (shape.has_bias)
        op->bias = add_parameter(net, op, bias, 1, (size_t[]){out});
    if (is_plain(shape) && in->border < by.top)
        in->border = by.top;
    return op->out;
}

struct tensor *network_add_conv(struct network *net, const char *name, struct tensor *in,
                                struct conv_shape shape)
{
    const int padding = shape.padding;
    return network_add_general_conv(net, name, in,
                                    (struct conv_general){
                                        .channels = shape.channels,
                                        .kernel_height = shape.kernel,
                                        .kernel_width = shape.kernel,
                                        .step = shape.step,
                                        .around = {padding, padding, padding, padding},
                                        .groups = 1,
                                        .has_bias = shape.has_bias
    });
}

struct tensor *network_add_batch_norm(struct network *net, const char *name, struct tensor *in)
{
    return network_add_batch_norm_with(net, name, in, 1e-5);
}

struct tensor *network_add_batch_norm_with(struct network *net, const char *name, struct tensor *in,
                                           double epsilon)
{
    struct tensor *out = add_tensor(net, in->channels, in->height, in->width);
    struct op *op = add_op(net, &op_batch_norm, name, in, out);
    const size_t shape[1] = {(size_t)in->channels};
    const struct parameter_spec gamma = {"weight", PARAMETER_FLOAT, INIT_CONSTANT, 1.0};
    const struct parameter_spec beta = {"bias", PARAMETER_FLOAT, INIT_CONSTANT, 0.0};
    const struct parameter_spec mean = {"running_mean", PARAMETER_STATE, INIT_CONSTANT, 0.0};
    const struct parameter_spec variance = {"running_var", PARAMETER_STATE, INIT_CONSTANT, 1.0};
    op->weight = add_parameter(net, op, gamma, 1, shape);
    op->bias = add_parameter(net, op, beta, 1, shape);
    op->mean = add_parameter(net, op, mean, 1, shape);
    op->variance = add_parameter(net, op, variance, 1, shape);
    op->epsilon = epsilon;
    return out;
}

int network_pooled(int length, int before, int after, struct pool_shape shape)
{
    const int rest = length + before + after - shape.kernel;
    const int windows = (shape.ceil ? rest + shape.step - 1 : rest) / shape.step + 1;
    return shape.ceil && (windows - 1) * shape.step >= length + before ? windows - 1 : windows;
}

struct tensor *network_add_pool(struct network *net, struct tensor *in, bool is_max,
                                struct pool_shape shape)
{
    const struct op_sides around = shape.around;
    struct tensor *out =
        add_tensor(net, in->channels, network_pooled(in->height, around.top, around.bottom, shape),
                   network_pooled(in->width, around.left, around.right, shape));
    struct op *op = add_op(net, is_max ? &op_max_pool : &op_mean_pool,
                           is_max ? "max_pool" : "mean_pool", in, out);
    op->kernel = shape.kernel;
    op->step = shape.step;
    op->around = around;
    op->counts_padding = shape.counts_padding;
    out->is_signed = in->is_signed;
    out->has_code = is_max && in->has_code;
    return out;
}

struct tensor *network_add_max_pool(struct network *net, struct tensor *in, int kernel, int step)
{
    return network_add_pool(net, in, true, (struct pool_shape){.kernel = kernel, .step = step});
}

struct tensor *network_add_mean_pool(struct network *net, struct tensor *in, int kernel, int step)
{
    return network_add_pool(net, in, false, (struct pool_shape){.kernel = kernel, .step = step});
}

struct tensor *network_add_sum(struct network *net, struct tensor *in, struct tensor *second)
{
    struct tensor *out = add_tensor(net, in->channels, in->height, in->width);
    add_op(net, &op_add, "add", in, out)->second = second;
    return out;
}

struct tensor *network_add_pad_shortcut(struct network *net, struct tensor *in, int channels,
                                        int step)
{
    struct tensor *out =
        add_tensor(net, channels, (in->height + step - 1) / step, (in->width + step - 1) / step);
    add_op(net, &op_pad_shortcut, "pad_shortcut", in, out)->step = step;
    out->is_signed = in->is_signed;
    out->has_code = in->has_code;
    return out;
}

struct tensor *network_add_dropout(struct network *net, struct tensor *in, bool always)
{
    struct tensor *out = add_tensor(net, in->channels, in->height, in->width);
    add_op(net, &op_dropout, "dropout", in, out)->drops_always = always;
    out->is_signed = in->is_signed;
    out->has_code = in->has_code;
    return out;
}

static struct tensor *add_reshape(struct network *net, struct tensor *in, int channels, int height,
                                  int width)
{
    struct tensor *out = add_tensor(net, channels, height, width);
    add_op(net, &op_reshape, "reshape", in, out);
    out->is_signed = in->is_signed;
    out->has_code = in->has_code;
    return out;
}

struct tensor *network_add_image(struct network *net, struct tensor *in, int channels, int height,
                                 int width)
{
    return add_reshape(net, in, channels, height, width);
}

struct tensor *network_add_flatten(struct network *net, struct tensor *in)
{
    return add_reshape(net, in, (int)in->size, 1, 1);
}
