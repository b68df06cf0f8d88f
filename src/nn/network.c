#include "nn/network.h"

#include <cblas.h>
#include <stdio.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"

static double quantise_time_s;

void network_use_one_thread(void)
{
    openblas_set_num_threads(1);
}

double network_quantise_time_s(void)
{
    return quantise_time_s;
}

static struct tensor *add_tensor(struct network *net, int channels, int height, int width)
{
    struct tensor *tensor = &net->tensor[net->tensor_count++];
    tensor->channels = channels;
    tensor->height = height;
    tensor->width = width;
    tensor->size = (size_t)channels * (size_t)height * (size_t)width;
    tensor->stride = nn_stride(tensor->size);
    return tensor;
}

void network_create(struct network *net, int channels, int height, int width)
{
    *net = (struct network){0};
    parameters_create(&net->params);
    net->op = MEM_NEW(struct op, NETWORK_OPS);
    net->tensor = MEM_NEW(struct tensor, NETWORK_OPS + 1);
    net->input = add_tensor(net, channels, height, width);
    net->input->is_signed = true;
}

static struct op *add_op(struct network *net, const struct op_class *class, const char *name,
                         struct tensor *in, struct tensor *out)
{
    struct op *op = &net->op[net->op_count++];
    *op = (struct op){
        .class = class, .in = in, .out = out, .params = &net->params, .weight = -1, .bias = -1};
    snprintf(op->name, sizeof op->name, "%s", name);
    return op;
}

static int add_parameter(struct network *net, const struct op *op, const char *suffix, int axes,
                         const size_t *shape, size_t fan_in)
{
    char name[48];
    snprintf(name, sizeof name, "%s.%s", op->name, suffix);
    return parameters_add(&net->params, name, axes, shape, fan_in, true);
}

struct tensor *network_add_linear(struct network *net, const char *name, struct tensor *in,
                                  size_t outputs)
{
    struct tensor *out = add_tensor(net, (int)outputs, 1, 1);
    struct op *op = add_op(net, &op_linear, name, in, out);
    out->is_signed = true;
    op->weight = add_parameter(net, op, "weight", 2, (size_t[]){outputs, in->size}, in->size);
    op->bias = add_parameter(net, op, "bias", 1, (size_t[]){outputs}, in->size);
    return out;
}

struct tensor *network_add_quantiser(struct network *net, const char *name, struct tensor *in,
                                     bool relu)
{
    struct tensor *out = add_tensor(net, in->channels, in->height, in->width);
    add_op(net, &op_quantise, name, in, out)->relu = relu;
    out->is_signed = in->is_signed && !relu;
    return out;
}

/* A gradient is needed by everything behind the first parameters. */
static bool needs_gradient(const struct network *net, const struct tensor *tensor)
{
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        if (op->out == tensor)
            return op->weight >= 0 || needs_gradient(net, op->in);
    }
    return false; /* the input */
}

void network_finish(struct network *net, struct tensor *logits, size_t capacity)
{
    net->logits = logits;
    net->capacity = capacity;
    parameters_allocate(&net->params);
    for (int i = 0; i < net->tensor_count; i++) {
        struct tensor *tensor = &net->tensor[i];
        const size_t n = capacity * tensor->stride;
        tensor->value = MEM_NEW(float, n);
        tensor->gradient = needs_gradient(net, tensor) ? MEM_NEW(float, n) : NULL;
    }
    for (int i = 0; i < net->op_count; i++) {
        struct op *op = &net->op[i];
        if (op->class->is_quantiser)
            op->out->code = MEM_NEW(int16_t, capacity * op->out->stride);
        if (op->class->setup)
            op->class->setup(op);
    }
}

void network_destroy(struct network *net)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->release)
            net->op[i].class->release(&net->op[i]);
    for (int i = 0; i < net->tensor_count; i++) {
        mem_free(net->tensor[i].value);
        mem_free(net->tensor[i].gradient);
        mem_free(net->tensor[i].code);
    }
    mem_free(net->op);
    mem_free(net->tensor);
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
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->prepare)
            net->op[i].class->prepare(&net->op[i], pass);
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
        finite = op->class->forward(op, pass);
        if (op->class->is_quantiser)
            quantise_time_s += comm_time_s() - start_s;
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
            quantise_time_s += comm_time_s() - start_s;
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
