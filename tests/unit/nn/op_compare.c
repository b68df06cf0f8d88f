#include "unit/nn/op_compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "unit/support/random_numbers.h"

/* A tiny network, whose gradients may be sums that cancel. */
static bool is_small(const struct network *net)
{
    return net->op_count < 15;
}

/* Relative. In a tiny network, batch norm may see a few values that nearly agree: what is left of
 * the sum of their squares, in floats, when the mean is taken off has fewer digits. */
static double tolerance(const struct twin *twin)
{
    double condition = 0.0;
    bool few = false; /* then little is left of the gradient, too */
    for (int i = 0; is_small(twin->net) && i < twin->net->op_count; i++) {
        const struct op *op = &twin->net->op[i];
        for (int c = 0; op->class == &op_batch_norm && c < op->in->channels; c++) {
            const struct twin_moments m = twin_moments(twin, op, c);
            condition = fmax(condition, m.mean * m.mean / (m.variance + 1e-5));
            few = few || m.count < 10.0;
        }
    }
    return (1e-5 + 1e-6 * condition) * (few ? 100.0 : 1.0);
}

/* ---- forward ---- */

/* Values on the grid, half a step away at most but where codes saturate; in training the exponent
 * is the smallest that holds all values. */
static void check_quantiser(const char *name, const struct twin *twin, const struct op *op)
{
    const double step = (double)fixed_point_step(op->out->exponent, 8);
    double largest = 0.0;
    for (size_t i = 0; i < twin->samples * op->out->size; i++) {
        const size_t at = twin_place(op->out, i);
        const double x = twin_value(twin, op->out)[i], own = (double)op->out->value[at];
        const double nearest = fmax(-255.0 * step, fmin(x, 255.0 * step));
        if (own != op->out->code[at] * step || !(fabs(own - nearest) <= 0.501 * step))
            fail_msg("%s: %s quantises %g to %g", name, op->name, x, own);
        largest = fmax(largest, fabs(twin_value(twin, op->in)[i]));
    }
    largest = op->relu6 ? fmin(largest, 6.0) : largest;
    if (twin->is_training)
        assert_true(largest <= 256.001 * step && largest > 127.999 * step);
}

static void check_forward(const char *name, const struct twin *twin, const struct op *op,
                          bool quantise)
{
    const struct tensor *out = op->out;
    if (!twin_value_is_kept(twin->net, out))
        return;
    if (quantise && op->class == &op_quantise) {
        check_quantiser(name, twin, op);
    } else {
        const double d = twin_distance(out, out->value, twin_value(twin, out), twin->samples);
        if (!(d <= tolerance(twin)))
            fail_msg("%s: values of %s are off by %g", name, op->name, d);
        for (size_t i = 0; quantise && out->has_code && i < twin->samples * out->size; i++) {
            const size_t at = twin_place(out, i);
            assert_true(out->value[at] ==
                        (float)out->code[at] * fixed_point_step(out->exponent, 8));
        }
    }
    if (!twin_gaps_are_zero(out, out->value, twin->samples))
        fail_msg("%s: %s writes into the border", name, op->name);
}

static void compare_running(const struct twin *twin)
{
    for (int t = 0; t < twin->net->params.count; t++) {
        const struct parameter *tensor = &twin->net->params.tensor[t];
        for (size_t i = tensor->offset; tensor->is_state && i < tensor->offset + tensor->count; i++)
            assert_true(fabs((double)twin->net->params.value[i] - twin->param[i]) <=
                        tolerance(twin) * (1.0 + fabs(twin->param[i])));
    }
}

/* With quantisation, and in tiny networks, every operation starts from the real values again: the
 * error is its own. */
static void compare_forward(const char *name, const struct twin *twin, bool quantise)
{
    for (int i = 0; i < twin->net->op_count; i++) {
        const struct op *op = &twin->net->op[i];
        twin_op(twin, op, false);
        check_forward(name, twin, op, quantise);
        if ((quantise || is_small(twin->net)) && twin_value_is_kept(twin->net, op->out))
            twin_load(twin, op->out);
    }
    compare_running(twin);
}

/* ---- backward ---- */

void set_loss(const struct twin *twin)
{
    const struct tensor *logits = twin->net->logits;
    memset(logits->gradient, 0, twin->samples * logits->stride * sizeof(float));
    for (size_t i = 0; i < twin->samples * logits->size; i++) {
        const float factor = (float)random_real();
        logits->gradient[twin_place(logits, i)] = factor;
        twin_gradient(twin, logits)[i] = (double)factor;
    }
}

static void compare_backward(const char *name, const struct twin *twin)
{
    const struct network *net = twin->net;
    for (int t = 0; t < net->tensor_count; t++) {
        const struct tensor *tensor = &net->tensor[t];
        if (!twin_gradient_is_kept(net, tensor))
            continue;
        const double d =
            twin_distance(tensor, tensor->gradient, twin_gradient(twin, tensor), twin->samples);
        if (!(d <= tolerance(twin)))
            fail_msg("%s: the gradient of tensor %d is off by %g", name, t, d);
        if (!twin_gaps_are_zero(tensor, tensor->gradient, twin->samples))
            fail_msg("%s: gradient of tensor %d in the border", name, t);
    }
    for (int t = 0; t < net->params.count; t++) {
        if (net->params.tensor[t].is_state)
            continue;
        const double d = twin_parameter_distance(twin, &net->params.tensor[t]);
        if (!(d <= 0.1 * tolerance(twin)))
            fail_msg("%s: gradient of %s is off by %g", name, net->params.tensor[t].name, d);
    }
}

/* ---- passes ---- */

/* Tensors that have only codes in quantised passes: gives them values for the comparison, or, for
 * the backward pass, values that would spoil everything they touch. */
static void fill_code_tensors(struct network *net, size_t samples, bool spoil)
{
    for (int t = 0; t < net->tensor_count; t++) {
        struct tensor *tensor = &net->tensor[t];
        const float step = fixed_point_step(tensor->exponent, 8);
        if (!tensor->only_code)
            continue;
        for (size_t i = 0; i < samples * tensor->stride; i++)
            tensor->value[i] = (float)tensor->code[i] * step;
        for (size_t i = 0; spoil && i < samples * tensor->size; i++)
            tensor->value[twin_place(tensor, i)] = NAN;
    }
}

void compare_step(const char *name, struct network *net, size_t samples, bool quantise)
{
    const struct pass pass = make_pass(samples, quantise);
    struct twin twin;
    random_input(net, samples);
    assert_true(network_prepare(net, &pass));
    twin_create(&twin, net, samples, true);
    assert_true(network_forward(net, &pass));
    if (quantise)
        fill_code_tensors(net, samples, false);
    compare_forward(name, &twin, quantise);
    set_loss(&twin);
    if (quantise)
        fill_code_tensors(net, samples, true);
    assert_true(network_backward(net, &pass));
    twin_backward(&twin);
    compare_backward(name, &twin);
    twin_destroy(&twin);
}

/* Evaluation with running statistics; activation exponents stay. */
static void compare_evaluation(const char *name, struct network *net, bool quantise)
{
    struct pass pass = make_pass(2, quantise);
    struct twin twin;
    pass.is_training = false;
    pass.global_samples = 0;
    random_input(net, 2);
    assert_true(network_prepare(net, &pass));
    twin_create(&twin, net, 2, false);
    assert_true(network_forward(net, &pass));
    if (quantise)
        fill_code_tensors(net, 2, false);
    compare_forward(name, &twin, quantise);
    twin_destroy(&twin);
}

void run_network(const char *name, struct network *net, bool quantise)
{
    compare_step(name, net, SAMPLES, quantise);
    compare_step(name, net, SAMPLES - 3, quantise); /* nothing is left of the step before */
    compare_evaluation(name, net, quantise);
}

void run_case(const struct net_case *c)
{
    for (int quantise = 0; quantise <= !c->float_only; quantise++) {
        char name[120];
        struct network net;
        snprintf(name, sizeof name, "%s%s %dx%dx%d, to %d, kernel %d, step %d, padding %d",
                 quantise ? "quantised " : "", c->name, c->channels, c->height, c->width,
                 c->shape.channels, c->shape.kernel, c->shape.step, c->shape.padding);
        seed_random(name);
        net_case_create(&net, c);
        run_network(name, &net, quantise);
        network_destroy(&net);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

void run_shapes(struct net_case c)
{
    static const int shapes[][3] = {
        {1,  1, 1},
        {17, 1, 1},
        {3,  7, 5},
        {16, 5, 7},
        {40, 3, 4}
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        c.channels = shapes[i][0];
        c.height = shapes[i][1];
        c.width = shapes[i][2];
        if (c.shape.kernel <= c.height + 2 * c.shape.padding &&
            c.shape.kernel <= c.width + 2 * c.shape.padding)
            run_case(&c);
    }
}
