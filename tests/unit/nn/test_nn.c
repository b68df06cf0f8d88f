/* nn: gradients of a network against differences of a loss computed in double, and that loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/mem.h"
#include "nn/kernels.h"
#include "nn/loss.h"
#include "nn/models.h"
#include "unit/support/random_numbers.h"

/* ---- gradients: a 7-5-3 network in plain floats ---- */

enum { INPUTS = 7, HIDDEN = 5, CLASSES = 3, SAMPLES = 6 };

struct problem {
    struct network net;
    double x[SAMPLES][INPUTS];
    uint16_t label[SAMPLES];
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
        p->label[i] = (uint16_t)(i % CLASSES);
        for (int k = 0; k < INPUTS; k++) {
            const float x = (float)random_real();
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
    const uint16_t label_word = (uint16_t)label;
    uint16_t predicted;
    struct loss_sum sum = {.loss = {1000}, .correct = 7, .is_finite = true};
    loss_softmax(&sum, gradient, &predicted, z, &label_word, 1, 16, classes, 0.25F);
    for (int c = 0; c < classes; c++)
        wide[c] = (double)z[c];
    const double expected = cross_entropy(wide, classes, label);
    assert_true(sum.is_finite);
    sum.loss[0] -= 1000;
    assert_true(fabs(loss_from_sum(sum.loss) - expected) <= 1e-6 * (1.0 + expected));
    assert_int_equal(sum.correct, 7 + (best == label));
    assert_int_equal(predicted, best);
    for (int c = 0; c < 16; c++) {
        const double p = c < classes ? exp(-cross_entropy(wide, classes, c)) : 0.0;
        assert_true(fabs((double)gradient[c] - 0.25 * (p - (c == label))) < 1e-6);
    }
}

/* More classes than a byte counts. */
static void test_many_classes(void **state)
{
    enum { CLASSES = 1000, LABEL = 700 };
    (void)state;
    float z[CLASSES], gradient[CLASSES];
    double wide[CLASSES];
    const uint16_t label = LABEL;
    struct loss_sum sum = {.is_finite = true};
    for (int c = 0; c < CLASSES; c++)
        wide[c] = (double)(z[c] = 0.01F * (float)(c * 37 % 1000));
    loss_softmax(&sum, gradient, NULL, z, &label, 1, CLASSES, CLASSES, 1.0F);
    assert_true(fabs(loss_from_sum(sum.loss) - cross_entropy(wide, CLASSES, LABEL)) < 1e-5);
    for (int c = 0; c < CLASSES; c++)
        assert_true(fabs((double)gradient[c] - exp(-cross_entropy(wide, CLASSES, c)) +
                         (c == LABEL)) < 1e-6);
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
    const uint16_t label = 2;
    struct loss_sum sum = {.is_finite = true};
    loss_softmax(&sum, NULL, NULL, z, &label, 1, 16, 3, 1.0F);
    return sum.is_finite;
}

static void test_loss_not_finite(void **state)
{
    (void)state;
    static const float bad[][3] = {
        {NAN,      0,   0        },
        {0,        NAN, 0        },
        {0,        0,   NAN      },
        {INFINITY, 0,   0        },
        {0,        0,   INFINITY },
        {INFINITY, 0,   INFINITY },
        {0,        0,   -INFINITY}
    };
    static const float good[][3] = {
        {-INFINITY, 0,       0     },
        {0,         0,       3e38F },
        {0,         0x1p20F, 0     },
        {3e38F,     0,       -3e38F}
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(loss_is_finite(bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(loss_is_finite(good[i]));
}

/* Adds the loss of n samples with logits 0 and `large`, the label being the first class. */
static void add_equal_losses(struct loss_sum *sum, float large, int n)
{
    const float z[16] = {0.0F, large};
    const uint16_t label = 0;
    for (int i = 0; i < n; i++)
        loss_softmax(sum, NULL, NULL, z, &label, 1, 16, 2, 1.0F);
}

/* Ten thousand losses of each size, from those of every training to the largest there are. */
static void test_loss_sizes(void **state)
{
    enum { SAMPLES_OF_A_SET = 10000 };
    (void)state;
    static const float size[] = {100.0F, 2.1e5F, 1.5e7F, 1e12F, 1e25F, 3.4e38F};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        struct loss_sum sum = {.is_finite = true};
        add_equal_losses(&sum, size[i], SAMPLES_OF_A_SET);
        assert_true(sum.is_finite);
        const double expected = (double)size[i] * SAMPLES_OF_A_SET;
        assert_true(fabs(loss_from_sum(sum.loss) - expected) <= 1e-12 * expected);
    }
}

/* Sums do not depend on the order, nor on who has added what: the small ones are not lost. */
static void test_loss_order(void **state)
{
    (void)state;
    struct loss_sum forth = {.is_finite = true}, back = {.is_finite = true};
    add_equal_losses(&forth, 64.0F, 1);
    add_equal_losses(&forth, 1e30F, 3);
    add_equal_losses(&forth, 3e38F, 2);
    add_equal_losses(&back, 3e38F, 2);
    add_equal_losses(&back, 1e30F, 3);
    add_equal_losses(&back, 64.0F, 1);
    assert_memory_equal(&forth, &back, sizeof forth);
    struct loss_sum large = {.is_finite = true};
    add_equal_losses(&large, 1e30F, 3);
    add_equal_losses(&large, 3e38F, 2);
    for (int i = 0; i < LOSS_LIMBS; i++)
        forth.loss[i] -= large.loss[i];
    assert_true(loss_from_sum(forth.loss) == 64.0);
}

/* Losses of usual sizes: to the bit what one 64-bit sum in units of 2^-32 gave. */
static void test_loss_usual(void **state)
{
    (void)state;
    struct loss_sum sum = {.is_finite = true};
    int64_t expected = 0;
    for (int i = 0; i < 1000; i++) {
        const float fall = (float)i * 0.37F;
        const float z[16] = {0.0F, fall};
        const uint16_t label = 0;
        loss_softmax(&sum, NULL, NULL, z, &label, 1, 16, 2, 1.0F);
        expected += (int64_t)ldexp((double)(logf(expf(-fall) + 1.0F) + fall), 32);
        assert_true(loss_from_sum(sum.loss) == ldexp((double)expected, -32));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_many_classes),
        cmocka_unit_test(test_loss_not_finite),
        cmocka_unit_test(test_loss_sizes),
        cmocka_unit_test(test_loss_order),
        cmocka_unit_test(test_loss_usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
