/* nn: gradients of a network against differences of a loss computed in double, the loss, the update
 * rule against PyTorch's by hand, learning-rate schedules, parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/loss.h"
#include "nn/models.h"
#include "nn/optimizer.h"

static double random_real(uint64_t i)
{
    return 2.0 * rng_uniform((struct rng_key){19, RNG_TEST, 0}, i) - 1.0;
}

/* ---- gradients: a 7-5-3 network in plain floats ---- */

enum { INPUTS = 7, HIDDEN = 5, CLASSES = 3, SAMPLES = 6 };

struct problem {
    struct network net;
    double x[SAMPLES][INPUTS];
    uint8_t label[SAMPLES];
};

static void create(struct problem *p)
{
    const size_t hidden[] = {HIDDEN};
    const struct model_spec spec = {.model = "mlp",
                                    .hidden = hidden,
                                    .hidden_count = 1,
                                    .channels = 1,
                                    .height = 1,
                                    .width = INPUTS,
                                    .classes = CLASSES,
                                    .capacity = SAMPLES};
    model_build(&p->net, &spec);
    parameters_initialise(&p->net.params, 23);
    for (int i = 0; i < SAMPLES; i++) {
        p->label[i] = (uint8_t)(i % CLASSES);
        for (int k = 0; k < INPUTS; k++) {
            const float x = (float)random_real((uint64_t)(i * INPUTS + k));
            p->net.input->value[(size_t)i * p->net.input->stride + (size_t)k] = x;
            p->x[i][k] = (double)x;
        }
    }
}

/* One layer in double; weight [outputs, inputs], then the bias, where the network keeps them. */
static void layer(const struct parameters *params, const double *value, int weight, const double *x,
                  double *y)
{
    const struct parameter *w = &params->tensor[weight], *b = &params->tensor[weight + 1];
    for (size_t j = 0; j < w->shape[0]; j++) {
        y[j] = value[b->offset + j];
        for (size_t k = 0; k < w->shape[1]; k++)
            y[j] += value[w->offset + j * w->shape[1] + k] * x[k];
    }
}

static double cross_entropy(const double *z, int classes, int label)
{
    double max = z[0], sum = 0.0;
    for (int c = 1; c < classes; c++)
        max = fmax(max, z[c]);
    for (int c = 0; c < classes; c++)
        sum += exp(z[c] - max);
    return log(sum) + max - z[label];
}

/* Mean loss of the samples as a function of all parameters. */
static double loss_of(const struct problem *p, const double *value)
{
    double sum = 0.0;
    for (int i = 0; i < SAMPLES; i++) {
        double hidden[HIDDEN], z[CLASSES];
        layer(&p->net.params, value, 0, p->x[i], hidden);
        for (int j = 0; j < HIDDEN; j++)
            hidden[j] = fmax(hidden[j], 0.0);
        layer(&p->net.params, value, 2, hidden, z);
        sum += cross_entropy(z, CLASSES, p->label[i]);
    }
    return sum / SAMPLES;
}

/* Forward and backward with these shards; the gradients land in params.gradient. */
static double run(struct problem *p, const size_t *begin, size_t shards)
{
    struct network *net = &p->net;
    const struct pass pass = {.samples = SAMPLES,
                              .global_samples = SAMPLES,
                              .shards = shards,
                              .begin = begin,
                              .is_training = true,
                              .quantise = false,
                              .bits = 8};
    struct loss_sum sum = {.is_finite = true};
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    loss_softmax(&sum, net->logits->gradient, NULL, net->logits->value, p->label, SAMPLES,
                 net->logits->stride, CLASSES, 1.0F / SAMPLES);
    assert_true(sum.is_finite);
    assert_true(network_backward(net, &pass));
    nn_kernels()->sum_to_gradient(net->params.gradient, net->params.sum, net->params.size);
    return loss_from_sum(sum.loss) / SAMPLES;
}

static void check_gradients(struct problem *p)
{
    const struct parameters *params = &p->net.params;
    double *value = MEM_NEW(double, params->size);
    int moved = 0;
    for (size_t i = 0; i < params->size; i++)
        value[i] = (double)params->value[i];
    for (int t = 0; t < params->count; t++)
        for (size_t i = params->tensor[t].offset;
             i < params->tensor[t].offset + params->tensor[t].count; i++) {
            const double keep = value[i], eps = 1e-5;
            value[i] = keep + eps;
            const double above = loss_of(p, value);
            value[i] = keep - eps;
            const double slope = (above - loss_of(p, value)) / (2.0 * eps);
            value[i] = keep;
            assert_true(fabs((double)params->gradient[i] - slope) < 1e-6);
            moved += fabs(slope) > 1e-3;
        }
    assert_true(moved > 20); /* the test says something */
    mem_free(value);
}

static void test_gradients(void **state)
{
    (void)state;
    static const struct {
        size_t shards, begin[SAMPLES + 2];
    } cuts[] = {
        {1, {0, 6}               },
        {2, {0, 3, 6}            },
        {6, {0, 1, 2, 3, 4, 5, 6}},
        {4, {0, 0, 5, 5, 6}      },
        {3, {0, 1, 6, 6}         },
    };
    struct problem p;
    create(&p);
    for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
        const double loss = run(&p, cuts[c].begin, cuts[c].shards);
        double *value = MEM_NEW(double, p.net.params.size);
        for (size_t i = 0; i < p.net.params.size; i++)
            value[i] = (double)p.net.params.value[i];
        assert_true(fabs(loss - loss_of(&p, value)) < 1e-6);
        mem_free(value);
        check_gradients(&p);
    }
    network_destroy(&p.net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* A weight that is not a number is noticed, with and without quantisation. */
static void test_not_finite(void **state)
{
    (void)state;
    const size_t begin[] = {0, SAMPLES};
    struct problem p;
    create(&p);
    struct network *net = &p.net;
    net->params.value[3] = NAN;
    struct pass pass = {.samples = SAMPLES,
                        .global_samples = SAMPLES,
                        .shards = 1,
                        .begin = begin,
                        .is_training = true,
                        .quantise = true,
                        .bits = 8};
    assert_false(network_prepare(net, &pass));
    net->params.value[3] = 1.0F;
    assert_true(network_prepare(net, &pass));
    net->input->value[2] = INFINITY;
    assert_false(network_forward(net, &pass));
    pass.quantise = false;
    struct loss_sum sum = {.is_finite = true};
    if (network_prepare(net, &pass) && network_forward(net, &pass))
        loss_softmax(&sum, NULL, NULL, net->logits->value, p.label, SAMPLES, net->logits->stride,
                     CLASSES, 1.0F);
    assert_false(sum.is_finite);
    network_destroy(net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- loss ---- */

static void check_loss_row(const float *z, int classes, int label, int best)
{
    double wide[16];
    float gradient[16] = {0};
    const uint8_t label_byte = (uint8_t)label;
    uint8_t predicted;
    struct loss_sum sum = {.loss = 1000, .correct = 7, .is_finite = true};
    loss_softmax(&sum, gradient, &predicted, z, &label_byte, 1, 16, classes, 0.25F);
    for (int c = 0; c < classes; c++)
        wide[c] = (double)z[c];
    const double expected = cross_entropy(wide, classes, label);
    assert_true(sum.is_finite);
    assert_true(fabs(loss_from_sum(sum.loss - 1000) - expected) <= 1e-6 * (1.0 + expected));
    assert_int_equal(sum.correct, 7 + (best == label));
    assert_int_equal(predicted, best);
    for (int c = 0; c < 16; c++) {
        const double p = c < classes ? exp(-cross_entropy(wide, classes, c)) : 0.0;
        assert_true(fabs((double)gradient[c] - 0.25 * (p - (c == label))) < 1e-6);
    }
}

static void test_loss(void **state)
{
    (void)state;
    const float rows[][16] = {
        {1.0F,    2.0F,    3.0F },
        {0.0F,    0.0F,    0.0F },
        {-500.0F, 80.0F,   3.0F },
        {3e4F,    2e4F,    -3e4F},
        {5.0F,    5.0F,    -1.0F},
        {-1.0F,   -2.0F,   -1.0F},
        {1e-30F,  -1e-30F, 0.0F }
    };
    const int best[] = {2, 0, 1, 0, 0, 0, 0}; /* the first of equals */
    for (int i = 0; i < 7; i++)
        for (int label = 0; label < 3; label++)
            check_loss_row(rows[i], 3, label, best[i]);
    check_loss_row(rows[0], 1, 0, 0);
}

static bool loss_is_finite(const float *three)
{
    float z[16] = {three[0], three[1], three[2]};
    const uint8_t label = 2;
    struct loss_sum sum = {.is_finite = true};
    loss_softmax(&sum, NULL, NULL, z, &label, 1, 16, 3, 1.0F);
    return sum.is_finite;
}

static void test_loss_not_finite(void **state)
{
    (void)state;
    static const float bad[][3] = {
        {NAN,      0,       0        },
        {0,        NAN,     0        },
        {0,        0,       NAN      },
        {INFINITY, 0,       0        },
        {0,        0,       INFINITY },
        {INFINITY, 0,       INFINITY },
        {0,        0,       -INFINITY},
        {3e38F,    0,       -3e38F   },
        {0,        0x1p20F, 0        }
    };
    static const float good[][3] = {
        {-INFINITY, 0,       0    },
        {0,         0,       3e38F},
        {0,         0x1p19F, 0    }
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(loss_is_finite(bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(loss_is_finite(good[i]));
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),  cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_loss),       cmocka_unit_test(test_loss_not_finite),
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_initial_scales),
        cmocka_unit_test(test_pruning),    cmocka_unit_test(test_sgd_by_hand),
        cmocka_unit_test(test_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
