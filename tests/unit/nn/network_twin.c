#include "unit/nn/network_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/mem.h"

double *twin_value(const struct twin *twin, const struct tensor *tensor)
{
    return twin->value[tensor - twin->net->tensor];
}

double *twin_gradient(const struct twin *twin, const struct tensor *tensor)
{
    return twin->gradient[tensor - twin->net->tensor];
}

static size_t twin_at(const struct tensor *tensor, size_t n, int c, int y, int x)
{
    return n * tensor->size + (size_t)((c * tensor->height + y) * tensor->width + x);
}

size_t twin_place(const struct tensor *tensor, size_t i)
{
    const size_t pixels = (size_t)tensor->height * (size_t)tensor->width, in = i % tensor->size;
    return tensor_at(tensor, i / tensor->size, (int)(in % pixels) / tensor->width,
                     (int)(in % pixels) % tensor->width) +
           in / pixels;
}

void twin_load(const struct twin *twin, const struct tensor *tensor)
{
    for (size_t i = 0; i < twin->samples * tensor->size; i++)
        twin_value(twin, tensor)[i] = (double)tensor->value[twin_place(tensor, i)];
}

void twin_create(struct twin *twin, const struct network *net, size_t samples, bool is_training)
{
    *twin = (struct twin){.net = net, .samples = samples, .is_training = is_training};
    twin->param = MEM_NEW(double, net->params.size);
    twin->param_gradient = MEM_NEW(double, net->params.size);
    twin->param_terms = MEM_NEW(double, net->params.size);
    for (size_t i = 0; i < net->params.size; i++)
        twin->param[i] = (double)net->params.quantised[i];
    for (int t = 0; t < net->tensor_count; t++) {
        twin->value[t] = MEM_NEW(double, samples * net->tensor[t].size);
        twin->gradient[t] = MEM_NEW(double, samples * net->tensor[t].size);
    }
    twin_load(twin, net->input);
}

void twin_destroy(struct twin *twin)
{
    mem_free(twin->param);
    mem_free(twin->param_gradient);
    mem_free(twin->param_terms);
    for (int t = 0; t < twin->net->tensor_count; t++) {
        mem_free(twin->value[t]);
        mem_free(twin->gradient[t]);
    }
}

static size_t twin_offset(const struct twin *twin, int parameter)
{
    return twin->net->params.tensor[parameter].offset;
}

static void twin_add_gradient(const struct twin *twin, size_t parameter, double term)
{
    twin->param_gradient[parameter] += term;
    twin->param_terms[parameter] += fabs(term);
}

/* ---- convolution, and the linear layer as one of 1x1 pixels ---- */

/* All products that output o = [n, j, y, x] adds up: their sum, or backward what its gradient adds
 * to those of the inputs and weights. */
static double twin_conv_terms(const struct twin *twin, const struct op *op, size_t n, int j, int y,
                              int x, bool backward)
{
    const bool is_conv = op_is_conv(op);
    const int kernel = is_conv ? op->kernel : 1, width = is_conv ? op->kernel_width : 1;
    const int groups = is_conv ? op->groups : 1, channels = op->in->channels / groups;
    const int before = j / (op->out->channels / groups) * channels; /* of j's group */
    const int top = y * op->step - op->around.top, left = x * op->step - op->around.left;
    const int first = left < 0 ? -left : 0;
    const int end = left + width > op->in->width ? op->in->width - left : width;
    const double *in = twin_value(twin, op->in),
                 *weight = twin->param + twin_offset(twin, op->weight);
    const double dy = backward ? twin_gradient(twin, op->out)[twin_at(op->out, n, j, y, x)] : 0.0;
    double *d_in = twin_gradient(twin, op->in), sum = 0.0;
    for (int k = 0; k < channels; k++)
        for (int u = 0; u < kernel; u++) {
            if (top + u < 0 || top + u >= op->in->height)
                continue;
            const size_t row = twin_at(op->in, n, before + k, top + u, 0);
            const size_t w = (size_t)(((j * channels + k) * kernel + u) * width);
            for (int v = first; v < end; v++) {
                const size_t i = row + (size_t)(left + v), at = w + (size_t)v;
                sum += in[i] * weight[at];
                if (backward) {
                    d_in[i] += dy * weight[at];
                    twin_add_gradient(twin, twin_offset(twin, op->weight) + at, dy * in[i]);
                }
            }
        }
    return sum;
}

static void twin_conv(const struct twin *twin, const struct op *op, bool backward)
{
    double *out = twin_value(twin, op->out);
    const double *d_out = twin_gradient(twin, op->out);
    for (size_t n = 0; n < twin->samples; n++)
        for (int j = 0; j < op->out->channels; j++)
            for (int y = 0; y < op->out->height; y++)
                for (int x = 0; x < op->out->width; x++) {
                    const size_t o = twin_at(op->out, n, j, y, x);
                    const size_t b = op->bias < 0 ? 0 : twin_offset(twin, op->bias) + (size_t)j;
                    const double sum = twin_conv_terms(twin, op, n, j, y, x, backward);
                    if (!backward)
                        out[o] = op->bias < 0 ? sum : twin->param[b] + sum;
                    else if (op->bias >= 0)
                        twin_add_gradient(twin, b, d_out[o]);
                }
}

/* ---- pooling ---- */

/* Pixels of a window that the mean divides by: those of the image, or of the padded one. */
static int twin_divisor(const struct op *op, int y, int x)
{
    const struct op_sides none = {0}, around = op->counts_padding ? op->around : none;
    int count = 0;
    for (int p = 0; p < op->kernel * op->kernel; p++) {
        const int row = y * op->step + p / op->kernel - op->around.top;
        const int column = x * op->step + p % op->kernel - op->around.left;
        count += row >= -around.top && row < op->in->height + around.bottom &&
                 column >= -around.left && column < op->in->width + around.right;
    }
    return count;
}

static void twin_window(const struct twin *twin, const struct op *op, size_t n, int c, int y, int x,
                        bool backward)
{
    const double *in = twin_value(twin, op->in);
    const size_t o = twin_at(op->out, n, c, y, x);
    const bool is_max = op->class == &op_max_pool;
    const int divisor = twin_divisor(op, y, x);
    size_t best = SIZE_MAX;
    double sum = 0.0;
    for (int p = 0; p < op->kernel * op->kernel; p++) {
        const int row = y * op->step + p / op->kernel - op->around.top;
        const int column = x * op->step + p % op->kernel - op->around.left;
        if (row < 0 || row >= op->in->height || column < 0 || column >= op->in->width)
            continue;
        const size_t i = twin_at(op->in, n, c, row, column);
        best = best == SIZE_MAX || in[i] > in[best] ? i : best; /* the first of equals */
        sum += in[i];
        if (backward && !is_max)
            twin_gradient(twin, op->in)[i] += twin_gradient(twin, op->out)[o] / divisor;
    }
    if (!backward)
        twin_value(twin, op->out)[o] = is_max ? in[best] : sum / divisor;
    else if (is_max)
        twin_gradient(twin, op->in)[best] += twin_gradient(twin, op->out)[o];
}

static void twin_pool(const struct twin *twin, const struct op *op, bool backward)
{
    for (size_t n = 0; n < twin->samples; n++)
        for (int c = 0; c < op->out->channels; c++)
            for (int y = 0; y < op->out->height; y++)
                for (int x = 0; x < op->out->width; x++)
                    twin_window(twin, op, n, c, y, x, backward);
}

/* ---- a shortcut without parameters ---- */

/* Every step-th pixel; as many channels of zeros in front as behind, one more behind if odd. */
static void twin_pad_shortcut(const struct twin *twin, const struct op *op, bool backward)
{
    const int front = (op->out->channels - op->in->channels) / 2;
    for (size_t n = 0; n < twin->samples; n++)
        for (int j = 0; j < op->out->channels; j++)
            for (int y = 0; y < op->out->height; y++)
                for (int x = 0; x < op->out->width; x++) {
                    const size_t o = twin_at(op->out, n, j, y, x);
                    const bool is_zero = j < front || j >= front + op->in->channels;
                    const size_t i =
                        is_zero ? 0 : twin_at(op->in, n, j - front, y * op->step, x * op->step);
                    if (!backward)
                        twin_value(twin, op->out)[o] = is_zero ? 0.0 : twin_value(twin, op->in)[i];
                    else if (!is_zero)
                        twin_gradient(twin, op->in)[i] += twin_gradient(twin, op->out)[o];
                }
}

/* ---- batch normalisation ---- */

struct twin_moments twin_moments(const struct twin *twin, const struct op *op, int c)
{
    const size_t pixels = (size_t)op->in->height * (size_t)op->in->width;
    const double *x = twin_value(twin, op->in) + (size_t)c * pixels;
    struct twin_moments m = {.count = (double)(twin->samples * pixels)};
    for (size_t i = 0; i < twin->samples * pixels; i++)
        m.mean += x[i / pixels * op->in->size + i % pixels] / m.count;
    for (size_t i = 0; i < twin->samples * pixels; i++) {
        const double d = x[i / pixels * op->in->size + i % pixels] - m.mean;
        m.variance += d * d / m.count;
    }
    return m;
}

static void twin_norm_forward(const struct twin *twin, const struct op *op, int c)
{
    const size_t pixels = (size_t)op->in->height * (size_t)op->in->width;
    double *mean = &twin->param[twin_offset(twin, op->mean) + (size_t)c];
    double *variance = &twin->param[twin_offset(twin, op->variance) + (size_t)c];
    const double gamma = twin->param[twin_offset(twin, op->weight) + (size_t)c];
    const double beta = twin->param[twin_offset(twin, op->bias) + (size_t)c];
    struct twin_moments m = {*mean, *variance, 0.0};
    if (twin->is_training) {
        m = twin_moments(twin, op, c);
        const double unbiased = m.count > 1.0 ? m.count / (m.count - 1.0) : 1.0;
        *mean = 0.9 * *mean + 0.1 * m.mean;
        *variance = 0.9 * *variance + 0.1 * unbiased * m.variance;
    }
    for (size_t i = 0; i < twin->samples * pixels; i++) {
        const size_t at = i / pixels * op->in->size + (size_t)c * pixels + i % pixels;
        const double x = twin_value(twin, op->in)[at];
        twin_value(twin, op->out)[at] =
            gamma * (x - m.mean) / sqrt(m.variance + op->epsilon) + beta;
    }
}

static void twin_norm_backward(const struct twin *twin, const struct op *op, int c)
{
    const size_t pixels = (size_t)op->in->height * (size_t)op->in->width;
    const size_t weight = twin_offset(twin, op->weight) + (size_t)c;
    const size_t bias = twin_offset(twin, op->bias) + (size_t)c;
    const struct twin_moments m = twin_moments(twin, op, c);
    const double inverse = 1.0 / sqrt(m.variance + op->epsilon);
    const double *x = twin_value(twin, op->in), *dy = twin_gradient(twin, op->out);
    for (int second = 0; second <= 1; second++)
        for (size_t i = 0; i < twin->samples * pixels; i++) {
            const size_t at = i / pixels * op->in->size + (size_t)c * pixels + i % pixels;
            const double normal = (x[at] - m.mean) * inverse;
            if (second) {
                const double mean_dy = twin->param_gradient[bias] / m.count;
                const double mean_product = twin->param_gradient[weight] / m.count;
                twin_gradient(twin, op->in)[at] +=
                    twin->param[weight] * inverse * (dy[at] - mean_dy - normal * mean_product);
            } else {
                twin_add_gradient(twin, bias, dy[at]);
                twin_add_gradient(twin, weight, dy[at] * normal);
            }
        }
}

/* ---- one value, one value ---- */

/* The slope of an output in its input; behind ReLU the gradient passes where the output (quantised
 * or not) is positive. What dropout keeps is read off the real network. */
static double twin_slope(const struct twin *twin, const struct op *op, size_t i, bool backward)
{
    const double most = op->relu6 ? 6.0 : INFINITY, x = twin_value(twin, op->in)[i];
    if (op->relu6 && !backward && x > 6.0)
        return 6.0 / x;
    if (op->class == &op_quantise && op->relu && backward)
        return twin_value(twin, op->out)[i] > 0.0 && twin_value(twin, op->out)[i] < most;
    if (op->class == &op_quantise && op->relu)
        return twin_value(twin, backward ? op->out : op->in)[i] > 0.0;
    if (op->class == &op_dropout && twin->is_training)
        return op->out->value[twin_place(op->out, i)] != 0.0F ? 2.0 : 0.0;
    return 1.0; /* reshape: the dense order is that of flat tensors */
}

static void twin_elements(const struct twin *twin, const struct op *op, bool backward)
{
    for (size_t i = 0; i < twin->samples * op->out->size; i++) {
        const double slope = twin_slope(twin, op, i, backward);
        const double dy = twin_gradient(twin, op->out)[i];
        if (backward) {
            twin_gradient(twin, op->in)[i] += slope * dy;
            if (op->second)
                twin_gradient(twin, op->second)[i] += dy;
        } else {
            twin_value(twin, op->out)[i] = slope * twin_value(twin, op->in)[i];
            if (op->second)
                twin_value(twin, op->out)[i] += twin_value(twin, op->second)[i];
        }
    }
}

/* ---- the network ---- */

void twin_op(const struct twin *twin, const struct op *op, bool backward)
{
    if (op_is_conv(op) || op->class == &op_linear)
        twin_conv(twin, op, backward);
    else if (op->class == &op_max_pool || op->class == &op_mean_pool)
        twin_pool(twin, op, backward);
    else if (op->class == &op_pad_shortcut)
        twin_pad_shortcut(twin, op, backward);
    else if (op->class != &op_batch_norm)
        twin_elements(twin, op, backward);
    else
        for (int c = 0; c < op->in->channels; c++)
            backward ? twin_norm_backward(twin, op, c) : twin_norm_forward(twin, op, c);
}

void twin_forward(const struct twin *twin)
{
    for (int i = 0; i < twin->net->op_count; i++)
        twin_op(twin, &twin->net->op[i], false);
}

void twin_backward(const struct twin *twin)
{
    for (int i = twin->net->op_count - 1; i >= 0; i--)
        twin_op(twin, &twin->net->op[i], true);
}

/* ---- comparisons ---- */

bool twin_value_is_kept(const struct network *net, const struct tensor *tensor)
{
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].in == tensor && net->op[i].out->value == tensor->value)
            return false;
    return true;
}

bool twin_gradient_is_kept(const struct network *net, const struct tensor *tensor)
{
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        const bool masks = op->quantiser && op->class->masks_gradient && op->quantiser->relu;
        if (op->out == tensor && (masks || op->in->gradient == tensor->gradient))
            return false;
    }
    return tensor->gradient != NULL;
}

double twin_distance(const struct tensor *tensor, const float *own, const double *dense,
                     size_t samples)
{
    double worst = 0.0, largest = 1e-30;
    for (size_t i = 0; i < samples * tensor->size; i++) {
        const double d = fabs((double)own[twin_place(tensor, i)] - dense[i]);
        worst = d <= worst ? worst : d; /* a NaN wins */
        largest = fmax(largest, fabs(dense[i]));
    }
    return worst / largest;
}

bool twin_gaps_are_zero(const struct tensor *tensor, const float *own, size_t samples)
{
    const size_t pixel = tensor->channel_stride, columns = tensor->row / pixel;
    const size_t pixels = tensor->stride / pixel, border = (size_t)tensor->border;
    assert_int_equal(tensor->stride % pixel, 0);
    for (size_t p = 0; p < samples * pixels; p++) {
        const size_t x = p % columns, y = p % pixels / columns;
        const bool inside = x >= border && x < border + (size_t)tensor->width && y >= border &&
                            y < border + (size_t)tensor->height;
        for (size_t c = inside ? (size_t)tensor->channels : 0; c < pixel; c++)
            if (own[p * pixel + c] != 0.0F)
                return false;
    }
    return true;
}

double twin_parameter_distance(const struct twin *twin, const struct parameter *tensor)
{
    double difference = 0.0, norm = 1e-30;
    for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
        const double d = ldexp((double)twin->net->params.sum[i], -40) - twin->param_gradient[i];
        difference += d * d;
        norm += twin->param_terms[i] * twin->param_terms[i];
    }
    return sqrt(difference / norm);
}
