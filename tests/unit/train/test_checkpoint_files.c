/* Files of checkpoints: damage of any kind is found; what does not belong together is refused; a
 * failure leaves the files as they were. */
#define _POSIX_C_SOURCE 200809L
#include "unit/train/checkpoint_run.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/durable_file.h"
#include "data/digest.h"

static char newest[80], older[80], part[80]; /* beside the result */

/* ---- files ---- */

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static char *read_bytes(const char *path, size_t *size)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    char *bytes = mem_alloc((size_t)about.st_size, 1, path);
    FILE *file = fopen(path, "rb");
    *size = fread(bytes, 1, (size_t)about.st_size, file);
    fclose(file);
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Two checkpoints: the older one is a step behind. */
static struct fixture *open_two(void)
{
    struct fixture *f = open_fixture(RUN_MLP, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(advance_run(f), ERROR_STATUS_STOPPED);
        assert_true(checkpoint_when_stopped(&f->checkpoint, &f->training, &run_error));
    }
    assert_true(exists(newest) && exists(older) && !exists(part));
    return f;
}

/* ---- damage ---- */

static enum durable_file_state state_of(const char *path)
{
    void *image;
    size_t length;
    const enum durable_file_state state = durable_file_read(path, &image, &length, &run_error);
    if (state == DURABLE_FILE_SOUND)
        mem_free(image);
    return state;
}

/* Any flipped bit and any missing end; the last bytes, which say how to check, one by one. */
static void test_all_damage_is_found(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    size_t size;
    char *bytes = read_bytes(newest, &size);
    assert_int_equal(state_of(newest), DURABLE_FILE_SOUND);
    for (size_t at = 0; at < size; at += at + 24 < size ? size / 200 : 1) {
        if (at >= size - 4)
            break; /* unused */
        bytes[at] ^= (char)(1 << at % 8);
        write_bytes(newest, bytes, size);
        assert_int_equal(state_of(newest), DURABLE_FILE_DAMAGED);
        bytes[at] ^= (char)(1 << at % 8);
    }
    for (size_t length = 0; length < size; length += length + 40 < size ? size / 50 : 1) {
        write_bytes(newest, bytes, length);
        assert_int_equal(state_of(newest), DURABLE_FILE_DAMAGED);
    }
    write_bytes(newest, bytes, size);
    assert_int_equal(state_of(newest), DURABLE_FILE_SOUND);
    assert_int_equal(state_of(part), DURABLE_FILE_MISSING);
    assert_int_equal(state_of(run_folder), DURABLE_FILE_UNREADABLE);
    mem_free(bytes);
    close_fixture(f);
}

static void damage(const char *path)
{
    size_t size;
    char *bytes = read_bytes(path, &size);
    bytes[size / 2] ^= 1;
    write_bytes(path, bytes, size);
    mem_free(bytes);
}

/* The older checkpoint takes the newest's place, so that the next one does not push it out. */
static void test_falls_back(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    damage(newest);
    assert_true(restart_run(f));
    assert_int_equal(f->training.at.samples, 16);
    assert_int_equal(state_of(newest), DURABLE_FILE_SOUND);
    assert_false(exists(older));
    close_fixture(f);

    f = open_two(); /* a crash between the two renames */
    assert_int_equal(unlink(newest), 0);
    assert_true(restart_run(f));
    assert_int_equal(f->training.at.samples, 16);
    close_fixture(f);
}

static void test_starts_over(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    damage(newest);
    damage(older);
    assert_true(restart_run(f));
    assert_int_equal(f->training.resumptions, 0);
    assert_int_equal(advance_run(f), ERROR_STATUS_STOPPED);
    assert_true(checkpoint_when_stopped(&f->checkpoint, &f->training, &run_error));
    assert_true(restart_run(f));
    assert_int_equal(f->training.resumptions, 1);
    close_fixture(f);
}

/* ---- what does not belong together ---- */

static void assert_says(const char *words)
{
    if (!strstr(run_error.text, words))
        fail_msg("'%s' does not say '%s'", run_error.text, words);
}

static void test_other_settings(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    experiment_free(&f->experiment);
    read_experiment(f, RUN_MLP, "training.rate=0.07");
    assert_false(restart_run(f));
    assert_says("begun with other settings ('rate: 0.05' there, 'rate: 0.07' now); --fresh");
    assert_true(exists(newest) && exists(older));
    close_fixture(f);
}

static void test_other_data(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    f->set.test.pixel[17] ^= 1;
    assert_false(restart_run(f));
    assert_says("other data");
    f->set.test.pixel[17] ^= 1;
    f->set.train.label[TRAIN - 1] ^= 1;
    assert_false(restart_run(f));
    assert_says("other data");
    f->set.train.label[TRAIN - 1] ^= 1;
    assert_true(restart_run(f));
    close_fixture(f);
}

static void test_other_parent(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    end_run(f);
    assert_true(training_create(&f->training, &f->experiment, 0, &f->set, &run_error));
    struct experiment_run child = f->experiment.runs[0];
    child.parent = 0;
    f->training.run = &child;
    checkpoint_create(&f->checkpoint, run_result, &f->training, digest_of_set(&f->set),
                      CHECKPOINT_UNKNOWN, 0.0);
    assert_false(checkpoint_resume(&f->checkpoint, &f->training, &run_error));
    assert_says("other weights of its parent");
    close_fixture(f);
}

/* ---- writing ---- */

/* Bytes of a file must be what they were. */
struct copy {
    char *bytes;
    size_t size;
};

static struct copy copy_of(const char *path)
{
    struct copy copy;
    copy.bytes = read_bytes(path, &copy.size);
    return copy;
}

static void assert_unchanged(const char *path, struct copy copy)
{
    size_t size;
    char *bytes = read_bytes(path, &size);
    assert_int_equal(size, copy.size);
    assert_memory_equal(bytes, copy.bytes, size);
    mem_free(bytes);
    mem_free(copy.bytes);
}

/* What train/run does behind a step. */
static void now_and_then(struct fixture *f)
{
    if (checkpoint_is_due(&f->checkpoint))
        checkpoint_in_between(&f->checkpoint, &f->training);
}

/* A file that may not grow: a disk that is full, a quota that is used up. */
static void test_no_room(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    const struct copy before[2] = {copy_of(newest), copy_of(older)};
    struct rlimit limit, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = before[0].size / 2;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool written = checkpoint_when_stopped(&f->checkpoint, &f->training, &run_error);
    f->checkpoint.interval_s = 1e-9; /* a warning only */
    now_and_then(f);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(written);
    assert_says("File too large");
    assert_says(newest);
    assert_false(exists(part));
    assert_unchanged(newest, before[0]);
    assert_unchanged(older, before[1]);
    assert_true(restart_run(f));
    close_fixture(f);
}

/* Weights that overflowed never replace good ones. */
static void test_not_finite(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    const struct copy before = copy_of(newest);
    f->checkpoint.interval_s = 1e-9;
    f->training.net.params.value[3] = INFINITY;
    now_and_then(f);
    checkpoint_at_end(&f->checkpoint, &f->training);
    f->training.net.params.value[3] = 0.0f;
    f->training.net.params.momentum[5] = NAN;
    now_and_then(f);
    assert_unchanged(newest, before);
    f->training.net.params.momentum[5] = 0.0f;
    now_and_then(f);
    size_t size;
    char *bytes = read_bytes(newest, &size);
    assert_true(size > 0);
    mem_free(bytes);
    close_fixture(f);
}

static void test_interval(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(RUN_MLP, NULL);
    f->checkpoint.interval_s = 0.0; /* never */
    assert_int_equal(run_train(&f->training, &f->checkpoint, &run_error), 0);
    assert_false(exists(newest));
    end_run(f);
    begin_run(f);
    f->checkpoint.interval_s = 1000.0;
    f->checkpoint.last_s -= 99.0;
    checkpoint_at_end(&f->checkpoint, &f->training);
    assert_false(exists(newest));
    f->checkpoint.last_s -= 2.0; /* a tenth is over */
    now_and_then(f);
    assert_false(exists(newest));
    checkpoint_at_end(&f->checkpoint, &f->training);
    assert_true(exists(newest));
    checkpoint_remove(run_result);
    assert_false(exists(newest));
    f->checkpoint.last_s -= 1001.0;
    now_and_then(f);
    assert_true(exists(newest));
    close_fixture(f);
}

static enum checkpoint_found looked_at(const struct fixture *f)
{
    return checkpoint_look(run_result, &f->checkpoint.origin, &run_error);
}

/* An interrupted --fresh leaves a checkpoint that is newer than the result. */
static void test_newer(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(RUN_MLP, NULL);
    assert_int_equal(looked_at(f), CHECKPOINT_NONE);
    close_fixture(f);
    f = open_two();
    assert_int_equal(looked_at(f), CHECKPOINT_OURS); /* there is no result */
    const struct timespec then = {.tv_sec = 1000000000}, past[2] = {then, then};
    write_bytes(run_result, "x", 1);
    assert_int_equal(utimensat(AT_FDCWD, newest, past, 0), 0);
    assert_int_equal(looked_at(f), CHECKPOINT_NONE);
    assert_int_equal(utimensat(AT_FDCWD, run_result, past, 0), 0);
    assert_int_equal(looked_at(f), CHECKPOINT_NONE);
    assert_int_equal(utimensat(AT_FDCWD, newest, NULL, 0), 0);
    assert_int_equal(looked_at(f), CHECKPOINT_OURS);
    assert_int_equal(unlink(run_result), 0);
    close_fixture(f);
}

static int make_folder_and_names(void **state)
{
    const int failed = make_run_folder(state);
    snprintf(newest, sizeof newest, "%s.checkpoint", run_result);
    snprintf(older, sizeof older, "%s.checkpoint.old", run_result);
    snprintf(part, sizeof part, "%s.checkpoint.part", run_result);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_damage_is_found),
        cmocka_unit_test(test_falls_back),
        cmocka_unit_test(test_starts_over),
        cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_other_data),
        cmocka_unit_test(test_other_parent),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_newer),
    };
    return cmocka_run_group_tests(tests, make_folder_and_names, remove_run_folder);
}
