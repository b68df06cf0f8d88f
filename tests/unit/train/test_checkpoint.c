/* Checkpoints: a run that is interrupted after every single step is the same run. */
#define _POSIX_C_SOURCE 200809L
#include "unit/train/checkpoint_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- runs ---- */

/* Batch norm, augmentation, residual sums; selection that looks at the slices. */
static const char RESNET[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10, flip: true, crop: 2}\n"
    "network: {model: resnet, depth: 8, width: 4}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9, weight_decay: 0.001, "
    "select_sparsity: true}\n"
    "crossbar: {samples: 2}\n"
    "runs: [{name: r, epochs: 2, penalty: {name: l1, alpha: 1}}]\n";

/* Dropout of both kinds. */
static const char DROPOUT[] =
    "experiment: e\n"
    "data: {name: cifar10, train: 20, test: 10}\n"
    "network: {layers: [conv: {outputs: 4, kernel: 3}, relu, max-pool: {size: 5}, flatten, dropout,\n"
    "          linear: {outputs: 12}, relu, dropout: {always: true}, linear: {outputs: 10}]}\n"
    "training: {batch: 10, shards: 2, rate: 0.05, momentum: 0.9, select: last}\n"
    "crossbar: {samples: 1}\n"
    "runs: [{name: r, epochs: 2}]\n";

/* Two constraints by ADMM, updated within an epoch and across its end; columns on two arrays. */
static const char ADMM[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {layers: [average-pool: {size: 4}, flatten, linear: {outputs: 3}, relu,\n"
    "          linear: {outputs: 10}]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9}\n"
    "runs: [{name: r, epochs: 3, sparsity: {keep: [0.3, 0]}, adc-limit: {bits: [3, 3, 3, 1]},\n"
    "        impose: {every: 2, rho: 0.1, growth: 1.5}, penalty: {name: l1, alpha: 1}}]\n";

/* Masks, and codes that are projected each epoch, on an exponent that is held. */
static const char HARD[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: resnet, depth: 8, width: 4}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9, weight_decay: 0.001}\n"
    "crossbar: {samples: 2}\n"
    "runs: [{name: r, epochs: 2, column-sparsity: {nonzeros: 6}, impose: {by: hard},\n"
    "        adc-limit: {bits: [2, 2, 3, 1], exponent: 1}}]\n";

/* A budget of the network that falls within the run, straight-through; selection waits for its end. */
static const char BUDGET[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {layers: [average-pool: {size: 4}, flatten, linear: {outputs: 6}, batch-norm, relu,\n"
    "          linear: {outputs: 10}]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9}\n"
    "runs: [{name: r, epochs: 3, impose: {by: forward}, slice-sparsity: {keep: 0.1, over: network,\n"
    "        distance: relative, start: 0.5, ramp: 0.6}}]\n";

/* Straight-through, with running statistics that are no weights. */
static const char FORWARD[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: resnet, depth: 8, width: 4}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9}\n"
    "crossbar: {samples: 2}\n"
    "runs: [{name: r, epochs: 2, column-sparsity: {nonzeros: 6}, impose: {by: forward}}]\n";

/* Converters in every pass, each layer its own, beside a constraint. */
static const char ADC[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {layers: [average-pool: {size: 4}, flatten, linear: {outputs: 6}, batch-norm, relu,\n"
    "          linear: {outputs: 10}]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9}\n"
    "runs: [{name: r, epochs: 2, adc: {bits: [3, 3, 3, 1, 9, 2, 2, 1]},\n"
    "        column-sparsity: {nonzeros: 30}, impose: {every: 2}, recalibrate: batch-norm}]\n";

/* ---- the same run ---- */

static void assert_same_run(const struct training *a, const struct training *b)
{
    const struct parameters *p = &a->net.params, *q = &b->net.params;
    const size_t quantisers = (size_t)network_quantisers(&a->net);
    int exponent[2][NETWORK_OPS];
    assert_int_equal(p->size, q->size);
    assert_memory_equal(p->value, q->value, p->size * sizeof(float));
    assert_memory_equal(p->momentum, q->momentum, p->size * sizeof(float));
    assert_memory_equal(p->mask, q->mask, p->size);
    assert_memory_equal(a->best.value, b->best.value, p->size * sizeof(float));
    assert_memory_equal(a->best.exponent, b->best.exponent, quantisers * sizeof(int));
    assert_int_equal(a->best.epoch, b->best.epoch);
    assert_memory_equal(&a->best.score, &b->best.score, sizeof(double));
    network_get_exponents(&a->net, exponent[0]);
    network_get_exponents(&b->net, exponent[1]);
    assert_memory_equal(exponent[0], exponent[1], quantisers * sizeof(int));
    for (int t = 0; t < p->count; t++)
        assert_int_equal(p->tensor[t].exponent_floor, q->tensor[t].exponent_floor);
    assert_int_equal(a->pruned, b->pruned);
    assert_int_equal(a->history.rows, b->history.rows);
    for (size_t r = 0; r < a->history.rows; r++) {
        struct history_row x = a->history.row[r], y = b->history.row[r];
        x.value[HISTORY_SECONDS] = y.value[HISTORY_SECONDS] = 0.0;
        assert_memory_equal(&x, &y, sizeof x);
    }
    assert_memory_equal(&a->test.loss, &b->test.loss, sizeof(double));
    assert_memory_equal(&a->test.accuracy, &b->test.accuracy, sizeof(double));
    assert_memory_equal(a->predicted, b->predicted, a->test_count);
}

static void drop(struct fixture *f)
{
    end_run(f);
    experiment_free(&f->experiment);
    dataset_free(&f->set);
    mem_free(f);
}

/* Every crossbar column's digit sums, from the codes that the result file gets. */
static void assert_limits(const struct training *t, const int *bits)
{
    for (int i = 0; i < t->net.params.count; i++) {
        const struct parameter *tensor = &t->net.params.tensor[i];
        const size_t row = tensor->count / tensor->shape[0];
        const int16_t *code = t->net.params.code + tensor->offset;
        for (size_t j = 0; parameters_is_matrix(tensor) && j < tensor->shape[0]; j++)
            for (size_t first = 0; first < row; first += 128)
                for (int k = 0; k < 4; k++) {
                    int sum[2] = {0};
                    for (size_t r = first; r < first + 128 && r < row; r++)
                        sum[code[j * row + r] < 0] += abs(code[j * row + r]) >> 2 * k & 3;
                    assert_true(sum[0] < 1 << bits[k] && sum[1] < 1 << bits[k]);
                }
    }
}

/* A new process after each of the first steps. The kept network obeys an ADC limit (`bits`, or NULL),
 * whatever the training did behind it. */
static void interrupt(const char *yaml, size_t steps, const int *bits)
{
    struct fixture *whole = open_fixture(yaml, NULL), *cut = open_fixture(yaml, NULL);
    size_t interruptions = 0;
    assert_int_equal(run_train(&whole->training, &whole->checkpoint, &run_error), 0);
    while (interruptions < steps) {
        assert_int_equal(advance_run(cut), ERROR_STATUS_STOPPED);
        assert_true(checkpoint_when_stopped(&cut->checkpoint, &cut->training, &run_error));
        assert_true(restart_run(cut));
        assert_int_equal(cut->training.resumptions, ++interruptions);
    }
    assert_int_equal(run_train(&cut->training, &cut->checkpoint, &run_error), 0);
    assert_int_equal(cut->training.at.epoch, whole->training.run->settings.epochs);
    assert_same_run(&whole->training, &cut->training);
    if (bits)
        assert_limits(&whole->training, bits);
    drop(whole);
    close_fixture(cut);
}

static void test_mlp(void **state)
{
    (void)state;
    interrupt(RUN_MLP, 3 * 3, NULL); /* all: 40 samples in batches of 16 */
}

static void test_resnet(void **state)
{
    (void)state;
    interrupt(RESNET, 2 * 3, NULL); /* all */
}

static void test_dropout(void **state)
{
    (void)state;
    interrupt(DROPOUT, 2 * 2, NULL); /* all */
}

/* Stopped behind the last step: nothing is trained again. */
static void test_end(void **state)
{
    (void)state;
    struct fixture *whole = open_fixture(RUN_MLP, NULL), *cut = open_fixture(RUN_MLP, NULL);
    assert_int_equal(run_train(&whole->training, &whole->checkpoint, &run_error), 0);
    assert_int_equal(run_train(&cut->training, &cut->checkpoint, &run_error), 0);
    assert_true(checkpoint_when_stopped(&cut->checkpoint, &cut->training, &run_error));
    assert_true(restart_run(cut));
    assert_true(cut->training.at.is_measured);
    assert_int_equal(run_train(&cut->training, &cut->checkpoint, &run_error), 0);
    memcpy(cut->training.net.params.momentum, whole->training.net.params.momentum,
           whole->training.net.params.size * sizeof(float));
    assert_same_run(&whole->training, &cut->training);
    drop(whole);
    close_fixture(cut);
}

/* ---- constraints ---- */

static void test_constraints(void **state)
{
    (void)state;
    interrupt(ADMM, 3 * 3, (int[]){3, 3, 3, 1});
    interrupt(HARD, 2 * 3, (int[]){2, 2, 3, 1});
    interrupt(FORWARD, 2 * 3, NULL);
}

/* The budget stands at the same place of its fall after every interruption, and epochs before its end
 * (60 % of three) are not kept: their weights have more digits. */
static void test_budget(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(BUDGET, NULL);
    assert_int_equal(run_train(&f->training, &f->checkpoint, &run_error), 0);
    double share[4] = {0};
    for (size_t epoch = 0; epoch < f->training.history.rows; epoch++)
        for (int k = 0; k < 4; k++)
            share[epoch] += f->training.history.row[epoch].nonzero[k];
    assert_int_equal(f->training.history.rows, 4);
    assert_true(share[0] > 1.2 * share[1] && share[1] > 1.2 * share[2]);
    assert_true(f->training.best.epoch >= 2);
    close_fixture(f);
    interrupt(BUDGET, 3 * 3, NULL); /* all */
}

static void test_adc(void **state)
{
    (void)state;
    interrupt(ADC, 2 * 3, NULL); /* all */
}

/* A checkpoint is for the converters that it was begun with. */
static void test_other_adc(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(ADC, NULL);
    assert_int_equal(advance_run(f), ERROR_STATUS_STOPPED);
    assert_true(checkpoint_when_stopped(&f->checkpoint, &f->training, &run_error));
    end_run(f);
    experiment_free(&f->experiment);
    read_experiment(f, ADC, "adc.signs=analog");
    begin_run(f);
    assert_false(checkpoint_resume(&f->checkpoint, &f->training, &run_error));
    assert_non_null(strstr(run_error.text, "'signs: differential' there, 'signs: analog' now"));
    close_fixture(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),         cmocka_unit_test(test_resnet),
        cmocka_unit_test(test_constraints), cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_end),         cmocka_unit_test(test_adc),
        cmocka_unit_test(test_other_adc),   cmocka_unit_test(test_budget),
    };
    return cmocka_run_group_tests(tests, make_run_folder, remove_run_folder);
}
