/* Numbers going bad on one rank: all ranks notice in the same step, and the weights stay good. */
#define _POSIX_C_SOURCE 200809L
#include "mpi/mpi_test.h"

#include <math.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "cli/bench_steps.h"
#include "nn/models.h"
#include "train/silent_layers.h"
#include "train/step.h"

enum { SAMPLES = 24, SHARDS = 12, SIDE = 8 };

struct problem {
    struct network net;
    struct step step;
};

static void create(struct problem *p, const char *model, bool quantise)
{
    const size_t hidden[] = {6};
    const struct model_spec spec = {.model = model,
                                    .hidden = hidden,
                                    .hidden_count = 1,
                                    .blocks = 1,
                                    .filters = 4,
                                    .channels = 3,
                                    .height = SIDE,
                                    .width = SIDE,
                                    .classes = 10,
                                    .capacity = SAMPLES};
    const struct step_settings settings = {
        .sgd = {.momentum = 0.9},
        .penalty = "none",
        .format = { 8,              2},
        .quantise = quantise,
        .batch = SAMPLES,
        .shards = SHARDS
    };
    model_build(&p->net, &spec);
    parameters_initialise(&p->net.params, 3);
    step_create(&p->step, &p->net, settings);
    bench_fill(&p->step, SAMPLES);
}

static void destroy(struct problem *p)
{
    step_destroy(&p->step);
    network_destroy(&p->net);
}

/* A value of global sample `sample` becomes x; false on ranks that do not hold it. */
static bool spoil(struct problem *p, size_t sample, float x)
{
    const struct share mine = step_share(&p->step, SAMPLES);
    if (sample < mine.first || sample >= mine.first + mine.count)
        return false;
    p->net.input->value[(sample - mine.first) * p->net.input->stride + 5] = x;
    return true;
}

static bool run(struct problem *p)
{
    struct step_result result;
    return step_run(&p->step, SAMPLES, 0.01, &result);
}

/* The same on every rank, or the test ends here. */
static int64_t ranks_that(bool fact)
{
    int64_t count = fact;
    comm_sum_i64(&count, 1);
    return count;
}

static void check_bad_sample(const char *model, bool quantise, float bad)
{
    struct problem p;
    create(&p, model, quantise);
    const size_t bytes = p.net.params.size * sizeof(float);
    assert_true(run(&p));
    float *before = MEM_NEW(float, p.net.params.size);
    for (size_t sample = 0; sample < SAMPLES; sample += SAMPLES - 1) {
        /* running statistics of batch norm may move, see step.h */
        const struct parameter *first = &p.net.params.tensor[0];
        memcpy(before, p.net.params.value, bytes);
        assert_int_equal(ranks_that(spoil(&p, sample, bad)), 1);
        assert_int_equal(ranks_that(!run(&p)), comm_size());
        assert_memory_equal(before + first->offset, p.net.params.value + first->offset,
                            first->count * sizeof(float));
        spoil(&p, sample, 0.5f);
        assert_int_equal(ranks_that(run(&p)), comm_size());
    }
    assert_true(parameters_are_finite(&p.net.params));
    mem_free(before);
    destroy(&p);
}

static void test_input(void **state)
{
    (void)state;
    static const char *const models[] = {"mlp", "resnet"};
    for (int m = 0; m < 2; m++)
        for (int quantise = 0; quantise < 2; quantise++) {
            check_bad_sample(models[m], quantise, NAN);
            check_bad_sample(models[m], quantise, INFINITY);
            check_bad_sample(models[m], quantise, -INFINITY);
        }
}

/* A gradient sum above 2048 does not fit into the integers that are summed over ranks. */
static void test_overflow(void **state)
{
    (void)state;
    check_bad_sample("mlp", false, 1e7f);
    check_bad_sample("mlp", true, 1e7f);
}

static void test_weight(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY};
    for (int quantise = 0; quantise < 2; quantise++)
        for (int i = 0; i < 2; i++) {
            struct problem p;
            create(&p, "mlp", quantise);
            const float good = p.net.params.value[1];
            p.net.params.value[1] = bad[i];
            assert_int_equal(ranks_that(!run(&p)), comm_size());
            p.net.params.value[1] = good;
            assert_int_equal(ranks_that(run(&p)), comm_size());
            destroy(&p);
        }
}

static void scale_tensor(struct problem *p, int t, float factor)
{
    const struct parameter *tensor = &p->net.params.tensor[t];
    for (size_t i = 0; i < tensor->count; i++)
        p->net.params.value[tensor->offset + i] *= factor;
}

/* Weights of 0 or below the smallest exponent, and activations that follow. */
static void test_silent_layers(void **state)
{
    (void)state;
    struct problem p;
    struct silent_layers silent;
    create(&p, "mlp", true);
    silent_layers_create(&silent, &p.net);
    assert_true(run(&p));
    assert_int_equal(silent_layers_warn(&silent, &p.net, "good", 1, true), 0);
    scale_tensor(&p, 0, 0.0f); /* fc1.weight, fc1.bias: nothing behind fc1 but 0 */
    scale_tensor(&p, 1, 0.0f);
    scale_tensor(&p, 2, 1e-5f);
    assert_int_equal(silent_layers_warn(&silent, &p.net, "small", 2, false), 2);
    assert_true(run(&p));
    assert_int_equal(silent_layers_warn(&silent, &p.net, "small", 3, true), 1);
    assert_int_equal(silent_layers_warn(&silent, &p.net, "small", 4, true), 0);
    silent_layers_destroy(&silent);
    destroy(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_weight),
        cmocka_unit_test(test_silent_layers),
    };
    mpi_test_start(&argc, &argv);
    return mpi_test_stop(cmocka_run_group_tests(tests, NULL, NULL));
}
