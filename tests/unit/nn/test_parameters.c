/* nn: what parameters begin as, and what training does to them: pruning, the update rule against
 * PyTorch's by hand, learning-rate schedules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/models.h"
#include "nn/optimizer.h"

/* ---- parameters ---- */

enum { NORMAL = 2000 };

static void make_parameters(struct parameters *params)
{
    parameters_create(params);
    parameters_add(params, "fc1.weight", 2, (size_t[]){5, 7}, PARAMETER_QUANTISED, INIT_UNIFORM,
                   0.5);
    parameters_add(params, "fc1.bias", 1, (size_t[]){5}, PARAMETER_QUANTISED, INIT_UNIFORM, 0.25);
    parameters_add(params, "norm.scale", 1, (size_t[]){17}, PARAMETER_FLOAT, INIT_CONSTANT, 1.5);
    parameters_add(params, "norm.running_var", 1, (size_t[]){3}, PARAMETER_STATE, INIT_CONSTANT,
                   2.0);
    parameters_add(params, "conv.weight", 4, (size_t[]){NORMAL / 40, 10, 2, 2}, PARAMETER_QUANTISED,
                   INIT_NORMAL, 0.125);
    parameters_allocate(params);
}

static void check_initial_values(const struct parameters *params, const struct parameter *tensor)
{
    const float *value = params->value + tensor->offset;
    double largest = 0.0, sum = 0.0, squares = 0.0;
    const double scale = tensor->init_scale, n = (double)tensor->count;
    for (size_t i = 0; i < tensor->count; i++) {
        largest = fmax(largest, fabs((double)value[i]));
        sum += (double)value[i];
        squares += (double)value[i] * (double)value[i];
        if (tensor->init == INIT_CONSTANT)
            assert_true(value[i] == (float)scale);
    }
    if (tensor->init == INIT_UNIFORM)
        assert_true(largest <= scale && largest > 0.5 * scale);
    if (tensor->init == INIT_NORMAL) {
        assert_true(fabs(sum / n) < 4.0 * scale / sqrt(n));
        assert_true(fabs(squares / n / (scale * scale) - 1.0) < 4.0 * sqrt(2.0 / n));
        assert_true(largest > 2.5 * scale); /* uniform values would end at 1.7 */
    }
    if (tensor->init != INIT_CONSTANT)
        assert_true(value[0] != value[1]);
}

static void test_parameters(void **state)
{
    (void)state;
    struct parameters params;
    make_parameters(&params);
    assert_int_equal(params.scalars, 35 + 5 + 17 + NORMAL); /* without the running variance */
    for (int t = 0; t < params.count; t++)
        assert_int_equal(params.tensor[t].offset % NN_LANES, 0);
    parameters_initialise(&params, 1);
    const float first = params.value[0];
    for (int t = 0; t < params.count; t++)
        check_initial_values(&params, &params.tensor[t]);
    assert_true(params.value[35] == 0.0F); /* a gap */
    assert_true(params.value[params.tensor[1].offset] != first);
    parameters_initialise(&params, 2);
    assert_true(params.value[0] != first);
    parameters_initialise(&params, 1);
    assert_true(params.value[0] == first);

    assert_true(parameters_quantise(&params, 8));
    for (int t = 2; t < 4; t++) /* not quantised */
        for (size_t i = 0; i < params.tensor[t].count; i++) {
            const size_t at = params.tensor[t].offset + i;
            assert_true(params.quantised[at] == params.value[at]);
        }
    for (size_t i = 0; i < 35; i++) {
        const float step = fixed_point_step(params.tensor[0].exponent, 8);
        assert_true(params.quantised[i] == (float)params.code[i] * step);
        assert_true(fabsf(params.quantised[i] - params.value[i]) <= step);
    }
    parameters_destroy(&params);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Bounds and deviations that layers ask for. */
static void test_initial_scales(void **state)
{
    (void)state;
    struct network net;
    network_create(&net, 3, 8, 8);
    struct tensor *x = network_add_image(&net, net.input, 3, 8, 8);
    x = network_add_conv(&net, "conv", x, (struct conv_shape){16, 3, 1, 1, true});
    x = network_add_batch_norm(&net, "bn", x);
    x = network_add_linear(&net, "fc", network_add_flatten(&net, x), 10);
    network_finish(&net, x, 1);
    static const struct {
        const char *name;
        enum parameter_init init;
        double square; /* of the scale */
    } expected[] = {
        {"conv.weight",     INIT_NORMAL,   2.0 / (9 * 16)    },
        {"conv.bias",       INIT_CONSTANT, 0.0               },
        {"bn.weight",       INIT_CONSTANT, 1.0               },
        {"bn.bias",         INIT_CONSTANT, 0.0               },
        {"bn.running_mean", INIT_CONSTANT, 0.0               },
        {"bn.running_var",  INIT_CONSTANT, 1.0               },
        {"fc.weight",       INIT_UNIFORM,  1.0 / (16 * 8 * 8)},
        {"fc.bias",         INIT_UNIFORM,  1.0 / (16 * 8 * 8)},
    };
    assert_int_equal(net.params.count, sizeof expected / sizeof *expected);
    for (int t = 0; t < net.params.count; t++) {
        const struct parameter *tensor = &net.params.tensor[t];
        assert_string_equal(tensor->name, expected[t].name);
        assert_int_equal(tensor->init, expected[t].init);
        assert_true(fabs(tensor->init_scale * tensor->init_scale - expected[t].square) < 1e-15);
        assert_int_equal(tensor->is_state, strstr(tensor->name, "running") != NULL);
        assert_int_equal(tensor->is_quantised, strncmp(tensor->name, "bn", 2) != 0);
    }
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_pruning(void **state)
{
    (void)state;
    struct parameters params;
    make_parameters(&params);
    for (int i = 0; i < 35; i++)
        params.value[i] = (float)(i - 17) / 8.0F;
    for (size_t i = params.tensor[1].offset; i < params.size; i++)
        params.value[i] = 9.0F;
    const size_t state_at = params.tensor[3].offset; /* running statistics are never pruned */
    params.value[state_at] = 0.001F;
    assert_int_equal(parameters_prune(&params, 0.5), 7); /* -3/8 … 3/8; ±4/8 stay */
    assert_int_equal(params.mask[17 - 4], 1);
    assert_int_equal(params.mask[17 - 3], 0);
    assert_true(params.value[17 + 3] == 0.0F);
    params.value[34] = 0.1F;
    assert_int_equal(parameters_prune(&params, 0.2), 8); /* those of before stay masked */
    assert_int_equal(parameters_prune(&params, 1e-6), 8);

    for (size_t i = 0; i < params.size; i++)
        params.gradient[i] = 1.0F;
    for (int step = 0; step < 3; step++)
        sgd_step(&params, (struct sgd){0.9, 0.1, true}, 0.1);
    for (int i = 0; i < 35; i++)
        assert_int_equal(params.value[i] == 0.0F, !params.mask[i]);
    assert_true(params.value[state_at] == 0.001F); /* nor trained */
    assert_true(params.value[state_at + 1] == 9.0F);
    assert_true(params.value[params.tensor[4].offset] != 9.0F);
    parameters_destroy(&params);
}

/* ---- update rule and schedules ---- */

static void check_sgd(struct sgd sgd, const double expected[3])
{
    struct parameters params;
    make_parameters(&params);
    params.value[0] = 1.0F;
    for (int step = 0; step < 3; step++) {
        params.gradient[0] = 0.5F;
        sgd_step(&params, sgd, 0.1);
        assert_true(fabs((double)params.value[0] - expected[step]) < 1e-6);
    }
    parameters_destroy(&params);
}

/* w = 1, gradient 0.5 at each step, rate 0.1; values as torch.optim.SGD gives them. */
static void test_sgd_by_hand(void **state)
{
    (void)state;
    check_sgd((struct sgd){0.0, 0.0, false}, (double[]){0.95, 0.9, 0.85});
    check_sgd((struct sgd){0.9, 0.0, false}, (double[]){0.95, 0.855, 0.7195});
    check_sgd((struct sgd){0.9, 0.01, false}, (double[]){0.949, 0.852151, 0.71413475});
    check_sgd((struct sgd){0.9, 0.01, true}, (double[]){0.9031, 0.76507411, 0.590209958});
}

static double rate_at(const char *name, double progress)
{
    const struct schedule schedule = {.name = name,
                                      .rate = 0.2,
                                      .epochs = 100,
                                      .step_epochs = 30,
                                      .step_factor = 0.5,
                                      .warmup = 0.3};
    return schedule_rate(&schedule, progress);
}

static void test_schedules(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double progress, rate;
    } known[] = {
        {"constant",  0,         0.2      },
        {"constant",  99.9,      0.2      },
        {"step",      0,         0.2      },
        {"step",      29.99,     0.2      },
        {"step",      30,        0.1      },
        {"step",      59.5,      0.1      },
        {"step",      60,        0.05     },
        {"step",      99,        0.025    },
        {"cosine",    0,         0.2      },
        {"cosine",    50,        0.1      },
        {"cosine",    100,       0        },
        {"cosine",    100.0 / 3, 0.15     },
        {"one-cycle", 0,         0.008    },
        {"one-cycle", 15,        0.104    },
        {"one-cycle", 30,        0.2      },
        {"one-cycle", 65,        0.1000004},
        {"one-cycle", 100,       0.8e-6   },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (fabs(rate_at(known[i].name, known[i].progress) - known[i].rate) > 1e-12)
            fail_msg("%s at %g: %.15g", known[i].name, known[i].progress,
                     rate_at(known[i].name, known[i].progress));
}

static void test_split_name(void **state)
{
    (void)state;
    static const char *const cut[][3] = {
        {"fc1.weight",              "fc1",            "weight"      },
        {"layer1.0.conv1.weight",   "layer1.0.conv1", "weight"      },
        {"conv1.norm.running_mean", "conv1.norm",     "running_mean"},
    };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct parameter tensor;
        snprintf(tensor.name, sizeof tensor.name, "%s", cut[i][0]);
        const struct parameter_name name = parameters_split_name(&tensor);
        assert_string_equal(name.layer, cut[i][1]);
        assert_string_equal(name.member, cut[i][2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_initial_scales),
        cmocka_unit_test(test_pruning),    cmocka_unit_test(test_sgd_by_hand),
        cmocka_unit_test(test_schedules),  cmocka_unit_test(test_split_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
