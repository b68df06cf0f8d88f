/* The copies of a run's state on the ranks: one that differs in a bit is noticed on every rank, before
 * anything is saved. */
#define _POSIX_C_SOURCE 200809L
#include "mpi/mpi_test.h"

#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/error.h"
#include "train/replicas.h"
#include "unit/train/checkpoint_run.h"

static const char ADMM[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: mlp, hidden: [12]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9}\n"
    "runs: [{name: r, epochs: 2, sparsity: {keep: 0.5}, impose: {rho: 0.1}}]\n";

/* Turns the lowest bit of a byte round, on the last rank. */
static void spoil(void *byte)
{
    if (comm_rank() == comm_size() - 1)
        *(unsigned char *)byte ^= 1;
}

static void assert_noticed(const struct fixture *f, bool is_noticed)
{
    struct error err = {.text = ""};
    assert_int_equal(replicas_are_same(&f->training, &err), !is_noticed);
    if (is_noticed)
        assert_non_null(strstr(err.text, "run 'r', epoch 1: the weights of rank "));
}

static void test_each_part(void **state)
{
    (void)state;
    const bool is_several = comm_size() > 1;
    struct fixture *f = open_fixture(ADMM, NULL);
    struct training *t = &f->training;
    assert_int_equal(advance_run(f), ERROR_STATUS_STOPPED);
    assert_non_null(t->constrain->z);
    void *const part[] = {t->net.params.value, t->net.params.momentum, t->net.params.mask,
                          t->best.value,       t->constrain->z,        t->constrain->u};
    for (size_t p = 0; p < sizeof part / sizeof *part; p++) {
        assert_noticed(f, false);
        spoil(part[p]);
        assert_noticed(f, is_several);
        spoil(part[p]);
    }
    close_fixture(f);
}

static bool has_checkpoint(const struct fixture *f)
{
    return access(f->checkpoint.path, F_OK) == 0;
}

/* Neither when the run stops nor in between. */
static void test_not_saved(void **state)
{
    (void)state;
    if (comm_size() == 1)
        skip();
    struct fixture *f = open_fixture(RUN_MLP, NULL);
    float *value = &f->training.net.params.value[5];
    assert_int_equal(advance_run(f), ERROR_STATUS_STOPPED);
    spoil(value);
    assert_int_equal(run_stop(&f->training, &f->checkpoint, &run_error), ERROR_STATUS_ENVIRONMENT);
    assert_false(has_checkpoint(f));
    spoil(value);
    assert_int_equal(run_stop(&f->training, &f->checkpoint, &run_error), ERROR_STATUS_STOPPED);
    assert_int_equal(has_checkpoint(f), comm_rank() == 0);
    assert_true(restart_run(f));
    spoil(value = &f->training.net.params.value[5]);
    f->checkpoint.interval_s = 1e-9;
    assert_int_equal(run_train(&f->training, &f->checkpoint, &run_error), ERROR_STATUS_ENVIRONMENT);
    assert_int_equal(f->training.at.epoch, 1);
    assert_int_equal(f->training.at.samples, 32); /* noticed behind the next step of 16 */
    close_fixture(f);
}

/* At the end too, without any checkpoint. */
static void test_end(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(RUN_MLP, NULL);
    assert_int_equal(run_train(&f->training, NULL, &run_error), 0);
    end_run(f);
    begin_run(f);
    assert_int_equal(advance_run(f), ERROR_STATUS_STOPPED);
    spoil(&f->training.net.params.value[5]);
    f->training.resumptions = 1; /* go on, do not begin again */
    assert_int_equal(run_train(&f->training, NULL, &run_error),
                     comm_size() > 1 ? ERROR_STATUS_ENVIRONMENT : 0);
    close_fixture(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part),
        cmocka_unit_test(test_not_saved),
        cmocka_unit_test(test_end),
    };
    mpi_test_start(&argc, &argv);
    return mpi_test_stop(cmocka_run_group_tests(tests, make_run_folder, remove_run_folder));
}
