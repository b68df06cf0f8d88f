/* The ResNet training trace of $RESLICE_VECTORS: losses, logits and gradients of a PyTorch run. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/models.h"
#include "train/step.h"
#include "unit/support/h5_read.h"

struct trace {
    hid_t file;
    struct h5_array x, y, loss;
    struct network net;
    struct step step;
};

static void load_parameters(struct trace *trace)
{
    struct parameters *params = &trace->net.params;
    for (int t = 0; t < params->count; t++) {
        char path[160];
        snprintf(path, sizeof path, "initial/%s", params->tensor[t].name);
        struct h5_array value = H5_GET_FLOAT(trace->file, path);
        assert_int_equal(value.count, params->tensor[t].count);
        memcpy(params->value + params->tensor[t].offset, value.data, value.count * sizeof(float));
        mem_free(value.data);
    }
}

static void open_trace(struct trace *trace, size_t shards)
{
    trace->file = h5_open_vectors("resnet_trace.h5");
    trace->x = H5_GET_FLOAT(trace->file, "x");
    trace->y = H5_GET_U8(trace->file, "y");
    trace->loss = H5_GET_DOUBLE(trace->file, "loss");
    const struct model_spec spec = {.model = "resnet",
                                    .blocks = (int)h5_attribute(trace->file, ".", "blocks"),
                                    .filters = (int)h5_attribute(trace->file, ".", "width"),
                                    .channels = (int)trace->x.length[2],
                                    .height = (int)trace->x.length[3],
                                    .width = (int)trace->x.length[4],
                                    .classes = 10,
                                    .capacity = (size_t)trace->x.length[1]};
    model_build(&trace->net, &spec);
    load_parameters(trace);
    const struct step_settings settings = {
        .sgd = {.momentum = 0.9},
        .penalty = "none",
        .format = { 8,              2},
        .quantise = true,
        .batch = (size_t)trace->x.length[1],
        .shards = shards
    };
    step_create(&trace->step, &trace->net, settings);
}

static void close_trace(struct trace *trace)
{
    step_destroy(&trace->step);
    network_destroy(&trace->net);
    mem_free(trace->x.data);
    mem_free(trace->y.data);
    mem_free(trace->loss.data);
    H5Fclose(trace->file);
}

static double run_step(struct trace *trace, size_t s)
{
    const size_t n = (size_t)trace->x.length[1];
    struct tensor *input = trace->net.input;
    struct step_result result;
    for (size_t i = 0; i < n; i++)
        trace->step.label[i] = ((uint8_t *)trace->y.data)[s * n + i];
    for (size_t i = 0; i < n; i++)
        memcpy(input->value + i * input->stride, (float *)trace->x.data + (s * n + i) * input->size,
               input->size * sizeof(float));
    assert_true(step_run(&trace->step, n, 0.05, &result));
    return result.loss;
}

static void check_logits(struct trace *trace)
{
    struct h5_array expected = H5_GET_FLOAT(trace->file, "step0/logits");
    const struct tensor *logits = trace->net.logits;
    const float step = fixed_point_step(logits->exponent, 8);
    size_t close = 0;
    for (size_t i = 0; i < expected.count; i++) {
        const float own = logits->value[i / logits->size * logits->stride + i % logits->size];
        close += fabsf(own - ((float *)expected.data)[i]) <= step * 1.001f;
    }
    print_message("logits within a step: %zu of %zu\n", close, expected.count);
    assert_true(close >= expected.count * 99 / 100);
    mem_free(expected.data);
}

/* Relative L2 distance of every parameter's gradient. */
static void check_gradients(struct trace *trace)
{
    const struct parameters *params = &trace->net.params;
    double worst = 0.0;
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        if (tensor->is_state)
            continue;
        char path[160];
        snprintf(path, sizeof path, "step0/gradient/%s", tensor->name);
        struct h5_array expected = H5_GET_FLOAT(trace->file, path);
        double difference = 0.0, norm = 0.0;
        for (size_t i = 0; i < tensor->count; i++) {
            const double e = ((float *)expected.data)[i];
            const double d = ldexp((double)params->sum[tensor->offset + i], -NN_SUM_EXPONENT) - e;
            difference += d * d;
            norm += e * e;
        }
        const double relative = sqrt(difference / norm);
        print_message("%-32s %.2e\n", tensor->name, relative);
        worst = relative > worst ? relative : worst;
        mem_free(expected.data);
    }
    print_message("worst relative distance of a gradient: %.2e\n", worst);
    assert_true(worst <= 1e-2);
}

static void run_trace(size_t shards)
{
    struct trace trace;
    open_trace(&trace, shards);
    for (size_t s = 0; s < (size_t)trace.loss.count; s++) {
        const double loss = run_step(&trace, s), expected = ((double *)trace.loss.data)[s];
        print_message("step %zu: loss %.7f, expected %.7f\n", s, loss, expected);
        assert_true(fabs(loss - expected) <= 1e-4);
        if (s == 0) {
            check_logits(&trace);
            check_gradients(&trace);
        }
    }
    close_trace(&trace);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_trace(void **state)
{
    (void)state;
    for (size_t shards = 1; shards <= 4; shards *= 2)
        run_trace(shards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
