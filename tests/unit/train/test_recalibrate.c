/* train/recalibrate: statistics and biases are what the samples say that went through the
 * converters. */
#define _POSIX_C_SOURCE 200809L
#include "unit/train/checkpoint_run.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "train/recalibrate.h"

enum { OUTPUTS = 10 };

#define NETWORK(norm)                                                                              \
    "experiment: e\ndata: {name: cifar10, validation: 10}\n"                                       \
    "network: {layers: [average-pool: {size: 4}, flatten, linear: {outputs: 6}, " norm "relu,\n"   \
    "          linear: {outputs: 10}]}\n"                                                          \
    "training: {batch: 16, shards: 4, rate: 0.05, select: last}\n"

/* 40 training samples: two batches of 16 and one of 8. */
static const char BATCH_NORM[] = NETWORK(
    "batch-norm, ") "runs: [{name: r, epochs: 0, adc: {bits: 2}, recalibrate: batch-norm}]\n";

static const char BIAS[] =
    NETWORK("") "runs: [{name: r, epochs: 0, adc: {bits: 2}, recalibrate: bias,\n"
                "        recalibrate_samples: 0}]\n";

/* ---- means of outputs ---- */

struct seen {
    const struct multiplier *inner;
    const struct op *op[4];
    double sum[4][OUTPUTS], square[4][OUTPUTS];
    size_t layers;
};

static bool look(void *context, struct op *op, const struct pass *pass)
{
    struct seen *seen = context;
    const bool fine = seen->inner ? seen->inner->forward(seen->inner->context, op, pass)
                                  : op->class->forward(op, pass);
    seen->op[seen->layers] = op;
    for (size_t n = 0; n < pass->samples; n++)
        for (size_t j = 0; j < op->out->size; j++) {
            const double x = op->out->value[n * op->out->stride + j];
            seen->sum[seen->layers][j] += x;
            seen->square[seen->layers][j] += x * x;
        }
    seen->layers++;
    return fine;
}

/* Samples index [count] as evaluation sees them, through the converters or not. */
static struct seen see(struct training *t, const uint32_t *index, size_t count, bool has_adc)
{
    struct seen seen = {.inner = has_adc ? t->step.multiplier : NULL};
    const struct multiplier multiplier = {.forward = look, .context = &seen};
    const struct pass pass = {
        .samples = count,
        .shards = 1,
        .begin = (size_t[]){0, count},
        .quantise = true,
        .bits = 8,
        .multiplier = &multiplier
    };
    dataset_batch(&t->set, &t->set.train, index, count, t->net.input->value, t->net.input->stride);
    assert_true(network_forward(&t->net, &pass));
    return seen;
}

static void number(uint32_t *index, size_t count)
{
    for (size_t i = 0; i < count; i++)
        index[i] = (uint32_t)i;
}

/* ---- biases ---- */

static double largest_distance(const struct seen *a, const struct seen *b, size_t layer)
{
    double largest = 0;
    for (size_t j = 0; j < a->op[layer]->out->size; j++)
        largest = fmax(largest, fabs(a->sum[layer][j] - b->sum[layer][j]) / 40);
    return largest;
}

static void test_bias(void **state)
{
    (void)state;
    uint32_t index[40];
    struct fixture *f = open_fixture(BIAS, NULL);
    number(index, 40);
    assert_int_equal(training_begin(&f->training, &run_error), TRAINING_DONE);
    assert_true(training_prepare(&f->training));
    const struct seen exact = see(&f->training, index, 40, false);
    const struct seen before = see(&f->training, index, 40, true);
    assert_true(recalibrate(&f->training, &run_error));
    const struct seen after = see(&f->training, index, 40, true);
    assert_int_equal(exact.layers, 2);
    for (size_t l = 0; l < 2; l++) {
        const struct parameter *bias = &f->training.net.params.tensor[exact.op[l]->bias];
        const double half = 0.51 * fixed_point_step(bias->exponent, 8); /* biases are codes */
        assert_true(largest_distance(&exact, &after, l) <= half);
        assert_true(largest_distance(&exact, &before, l) > 10 * half);
    }
    close_fixture(f);
}

/* A bias that is masked stays what it is. */
static void test_masked_bias(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(BIAS, NULL);
    struct parameters *params = &f->training.net.params;
    const struct parameter *bias = &params->tensor[1];
    assert_string_equal(bias->name, "fc1.bias");
    params->value[bias->offset] = 0.0f;
    params->mask[bias->offset] = 0;
    const float other = params->value[bias->offset + 1];
    assert_int_equal(training_begin(&f->training, &run_error), TRAINING_DONE);
    assert_true(recalibrate(&f->training, &run_error));
    assert_true(params->value[bias->offset] == 0.0f);
    assert_true(params->value[bias->offset + 1] != other);
    close_fixture(f);
}

/* ---- batch norm ---- */

/* Batches through the network in training mode have no running statistics in them, so the mean over
 * batches of their means is that over all samples: looked at as evaluation does, from the file. */
static void test_batch_norm(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(BATCH_NORM, NULL);
    struct training *t = &f->training;
    assert_int_equal(training_begin(t, &run_error), TRAINING_DONE);
    assert_true(recalibrate(t, &run_error));
    uint32_t index[40];
    memcpy(index, t->order, sizeof index); /* the batches' order */
    const struct op *linear = NULL, *norm = NULL;
    double mean[OUTPUTS] = {0}, variance[OUTPUTS] = {0};
    for (size_t first = 0; first < 40; first += 16) {
        const size_t n = first + 16 < 40 ? 16 : 40 - first;
        const struct seen seen = see(t, index + first, n, true);
        linear = seen.op[0];
        for (size_t j = 0; j < linear->out->size; j++) {
            const double m = seen.sum[0][j] / (double)n;
            mean[j] += m * (double)n / 40;
            variance[j] +=
                (seen.square[0][j] - (double)n * m * m) / (double)(n - 1) * (double)n / 40;
        }
    }
    for (int i = 0; i < t->net.op_count; i++)
        if (t->net.op[i].class == &op_batch_norm)
            norm = &t->net.op[i];
    const struct parameters *params = &t->net.params;
    /* in front of batch norm values are quantised, on the exponent of each batch */
    const double step = fixed_point_step(norm->in->exponent, 8);
    for (size_t j = 0; j < linear->out->size; j++) {
        const double found = params->value[params->tensor[norm->mean].offset + j];
        const double spread = params->value[params->tensor[norm->variance].offset + j];
        assert_true(fabs(found - mean[j]) < 2 * step);
        assert_true(fabs(spread - variance[j]) < 0.1 * variance[j]);
    }
    /* without the converters they would be others */
    const struct seen exact = see(t, index, 40, false);
    double apart = 0;
    for (size_t j = 0; j < linear->out->size; j++)
        apart = fmax(apart, fabs(exact.sum[0][j] / 40 - mean[j]));
    assert_true(apart > 20 * step);
    close_fixture(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bias),
                                       cmocka_unit_test(test_masked_bias),
                                       cmocka_unit_test(test_batch_norm)};
    return cmocka_run_group_tests(tests, make_run_folder, remove_run_folder);
}
