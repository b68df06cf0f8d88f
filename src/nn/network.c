#include "nn/network.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"

void network_use_one_thread(void)
{
    openblas_set_num_threads(1);
}

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

/* ---- memory ---- */

/* A gradient is needed by everything behind the first parameters; operations stand in the order of
 * execution, so what an operation reads is known before what it writes. */
static void find_needed_gradients(struct network *net)
{
    for (struct op *op = net->op; op < net->op + net->op_count; op++)
        op->out->needs_gradient =
            op->weight >= 0 || op->in->needs_gradient || (op->second && op->second->needs_gradient);
}

/* Elementwise operations walk over both tensors in step: give them one layout, the wider border. */
static void match_borders(struct network *net)
{
    for (int pass = 0; pass < net->op_count; pass++) /* until nothing changes, at most so often */
        for (int i = 0; i < net->op_count; i++) {
            struct op *op = &net->op[i];
            if (!op->class->is_elementwise)
                continue;
            int border = op->in->border > op->out->border ? op->in->border : op->out->border;
            if (op->second && op->second->border > border)
                border = op->second->border;
            op->in->border = op->out->border = border;
            if (op->second)
                op->second->border = border;
        }
}

/* Whether an operation behind `op` has put its part into this gradient before. */
static bool has_gradient_from_later(const struct network *net, const struct op *op,
                                    const struct tensor *tensor)
{
    for (const struct op *later = op + 1; later < net->op + net->op_count; later++)
        if (later->in == tensor || later->second == tensor)
            return true;
    return false;
}

/* Layout and codes. */
static void allocate_tensor(struct tensor *tensor, size_t capacity)
{
    tensor->row = (size_t)(tensor->width + 2 * tensor->border) * tensor->channel_stride;
    tensor->stride = (size_t)(tensor->height + 2 * tensor->border) * tensor->row;
    tensor->code = tensor->has_code ? MEM_NEW(int16_t, capacity * tensor->stride) : NULL;
}

static int count_readers(const struct network *net, const struct tensor *tensor)
{
    int readers = 0;
    for (int i = 0; i < net->op_count; i++)
        readers += (net->op[i].in == tensor) + (net->op[i].second == tensor);
    return readers;
}

/* A quantiser may fetch its codes from an operation that nobody else reads and that knows only
 * codes itself; but not one with ReLU6, whose gradient that operation does not know. */
static void find_sources(struct network *net)
{
    for (struct op *op = net->op; op < net->op + net->op_count; op++)
        for (struct op *front = net->op; op->class->is_quantiser && !op->relu6 && front < op;
             front++)
            if (front->out == op->in && front->class->emit && count_readers(net, op->in) == 1 &&
                front->in->has_code && (!front->second || front->second->has_code)) {
                op->source = front;
                front->quantiser = op;
            }
}

static bool reads_values(const struct op *op, const struct tensor *tensor)
{
    if (op->in != tensor && op->second != tensor)
        return false;
    return !op->class->reads_only_codes || !op->class->reads_only_codes(op);
}

static void find_code_tensors(struct network *net)
{
    for (struct tensor *tensor = net->tensor; tensor < net->tensor + net->tensor_count; tensor++) {
        tensor->only_code = tensor->has_code && tensor != net->logits;
        for (int i = 0; i < net->op_count && tensor->only_code; i++)
            tensor->only_code = !reads_values(&net->op[i], tensor);
    }
}

/* A quantiser that alone reads its input may write over it. */
static void allocate_values(struct network *net, size_t capacity)
{
    net->input->value = MEM_NEW(float, capacity * net->input->stride);
    for (int i = 0; i < net->op_count; i++) {
        struct op *op = &net->op[i];
        op->out->shares_value =
            op->class->is_quantiser && op->in != net->input && count_readers(net, op->in) == 1;
        op->out->value =
            op->out->shares_value ? op->in->value : MEM_NEW(float, capacity * op->out->stride);
    }
}

/* Backwards: an elementwise operation that alone reads its input may leave the input's gradient where
 * that of its output was. */
static void allocate_gradients(struct network *net, size_t capacity)
{
    for (int i = net->op_count - 1; i >= 0; i--) {
        struct op *op = &net->op[i];
        struct tensor *in = op->in;
        if (!op->out->gradient && op->out->needs_gradient)
            op->out->gradient = MEM_NEW(float, capacity * op->out->stride);
        if (op->class->is_elementwise && count_readers(net, in) == 1 && in->needs_gradient) {
            in->gradient = op->out->gradient;
            in->shares_gradient = true;
        }
    }
}

void network_finish(struct network *net, struct tensor *logits, size_t capacity)
{
    net->logits = logits;
    net->capacity = capacity;
    parameters_allocate(&net->params);
    match_borders(net);
    find_needed_gradients(net);
    find_sources(net);
    find_code_tensors(net);
    for (int i = 0; i < net->tensor_count; i++)
        allocate_tensor(&net->tensor[i], capacity);
    allocate_values(net, capacity);
    allocate_gradients(net, capacity);
    for (int i = 0; i < net->op_count; i++) {
        struct op *op = &net->op[i];
        op->capacity = capacity;
        op->adds_to_in = has_gradient_from_later(net, op, op->in) || op->second == op->in;
        op->adds_to_second = op->second && has_gradient_from_later(net, op, op->second);
        if (op->class->setup)
            op->class->setup(op);
    }
    scratch_allocate(&net->scratch);
}

void network_destroy(struct network *net)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->release && net->op[i].state)
            net->op[i].class->release(&net->op[i]);
    for (int i = 0; i < net->tensor_count; i++) {
        if (!net->tensor[i].shares_value)
            mem_free(net->tensor[i].value);
        if (!net->tensor[i].shares_gradient)
            mem_free(net->tensor[i].gradient);
        mem_free(net->tensor[i].code);
    }
    mem_free(net->op);
    mem_free(net->tensor);
    scratch_free(&net->scratch);
    parameters_destroy(&net->params);
    *net = (struct network){0};
}

/* Without quantisation the "quantised" weights are the weights. */
static void copy_values(struct parameters *params)
{
    for (size_t i = 0; i < params->size; i++)
        params->quantised[i] = params->value[i];
}

bool network_prepare(struct network *net, const struct pass *pass)
{
    bool finite = true;
    if (pass->quantise)
        finite = parameters_quantise(&net->params, pass->bits);
    else
        copy_values(&net->params);
    for (int i = 0; i < net->op_count; i++) {
        struct op *op = &net->op[i];
        if (op->class->prepare)
            op->class->prepare(op, pass);
        if (op->class->gather_codes && pass->multiplier && pass->multiplier->prepare)
            pass->multiplier->prepare(pass->multiplier->context, op, pass);
    }
    return finite;
}

bool network_forward(struct network *net, const struct pass *pass)
{
    net->input->max_bits =
        fixed_point_max_bits(net->input->value, pass->samples * net->input->stride);
    bool finite = true;
    for (int i = 0; i < net->op_count && finite; i++) {
        struct op *op = &net->op[i];
        const double start_s = op->class->is_quantiser ? comm_time_s() : 0.0;
        if (pass->multiplier && op->class->gather_codes)
            finite = pass->multiplier->forward(pass->multiplier->context, op, pass);
        else
            finite = op->class->forward(op, pass);
        if (op->class->is_quantiser)
            net->quantise_time_s += comm_time_s() - start_s;
    }
    return finite;
}

bool network_backward(struct network *net, const struct pass *pass)
{
    bool fits = true;
    for (int i = net->op_count - 1; i >= 0; i--) {
        struct op *op = &net->op[i];
        const double start_s = op->class->is_quantiser ? comm_time_s() : 0.0;
        fits = op->class->backward(op, pass) && fits;
        if (op->class->is_quantiser)
            net->quantise_time_s += comm_time_s() - start_s;
    }
    return fits;
}

int network_quantisers(const struct network *net)
{
    int n = 0;
    for (int i = 0; i < net->op_count; i++)
        n += net->op[i].class->is_quantiser;
    return n;
}

void network_get_exponents(const struct network *net, int *exponent)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->is_quantiser)
            *exponent++ = net->op[i].out->exponent;
}

void network_set_exponents(struct network *net, const int *exponent)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->is_quantiser)
            net->op[i].out->exponent = *exponent++;
}

const char *network_quantiser_name(const struct network *net, int index)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->is_quantiser && index-- == 0)
            return net->op[i].name;
    return NULL;
}
