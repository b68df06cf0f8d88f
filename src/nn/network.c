#include "nn/network.h"

#include <cblas.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"

void network_use_one_thread(void)
{
    openblas_set_num_threads(1);
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

size_t network_block(const struct network *net)
{
    const size_t most = (size_t)1 << 30;
    size_t sample = 1;
    for (int i = 0; i < net->tensor_count; i++)
        sample += net->tensor[i].size * sizeof *net->tensor[i].value;
    const size_t block = most / sample;
    return block < 1 ? 1 : block < NETWORK_BLOCK ? block : NETWORK_BLOCK;
}

void network_finish(struct network *net, struct tensor *logits, size_t capacity)
{
    net->logits = logits;
    net->capacity = capacity;
    net->block = network_block(net);
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
