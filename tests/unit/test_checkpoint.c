/* Checkpoints: a run that is interrupted after every single step is the same run; damage of any
 * kind is found; what does not belong together is refused; a failure leaves the files as they were. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "run/checkpoint.h"
#include "run/checkpoint_file.h"
#include "run/stop.h"
#include "run/training.h"

static char folder[] = "/tmp/reslice_checkpoint.XXXXXX";
static char result[64], newest[80], older[80], part[80];
static struct error err;

/* ---- a run on made-up pictures ---- */

enum { TRAIN = 50, TEST = 30, PIXELS = 3 * 32 * 32 };

static const char MLP[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: mlp, hidden: [12]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9, nesterov: true, "
    "schedule: cosine}\n"
    "runs: [{name: r, epochs: 3, prune: {threshold: 0.005}, penalty: {name: bit-slice-l1, "
    "alpha: 0.5}}]\n";

/* Batch norm, augmentation, residual sums; selection that looks at the slices. */
static const char RESNET[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10, flip: true, crop: 2}\n"
    "network: {model: resnet, depth: 8, width: 4}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9, weight_decay: 0.001, "
    "select_sparsity: true}\n"
    "crossbar: {samples: 2}\n"
    "runs: [{name: r, epochs: 2, penalty: {name: l1, alpha: 1}}]\n";

/* Dropout. */
static const char VGG[] =
    "experiment: e\n"
    "data: {name: cifar10, train: 20, test: 10}\n"
    "network: {model: vgg11, batch_norm: true}\n"
    "training: {batch: 10, shards: 2, rate: 0.05, momentum: 0.9, select: last}\n"
    "crossbar: {samples: 1}\n"
    "runs: [{name: r, epochs: 1}]\n";

/* Two constraints by ADMM, updated within an epoch and across its end. */
static const char ADMM[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: mlp, hidden: [3]}\n"
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

/* Straight-through, with running statistics that are no weights. */
static const char FORWARD[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: resnet, depth: 8, width: 4}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9}\n"
    "crossbar: {samples: 2}\n"
    "runs: [{name: r, epochs: 2, column-sparsity: {nonzeros: 6}, impose: {by: forward}}]\n";

static uint8_t *noise(size_t count, unsigned modulus, uint32_t state)
{
    uint8_t *bytes = MEM_NEW(uint8_t, count);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)((state >> 16) % modulus);
    }
    return bytes;
}

static struct dataset make_pictures(void)
{
    struct dataset set = {.name = "cifar10", .channels = 3, .height = 32, .width = 32};
    set.classes = 10;
    for (int c = 0; c < 3; c++) {
        set.mean[c] = 0.5f;
        set.std[c] = 0.25f;
    }
    set.train = (struct dataset_part){TRAIN, noise(TRAIN * PIXELS, 256, 1), noise(TRAIN, 10, 2)};
    set.test = (struct dataset_part){TEST, noise(TEST * PIXELS, 256, 3), noise(TEST, 10, 4)};
    return set;
}

struct fixture {
    struct experiment experiment;
    struct dataset set;
    struct training training;
    struct checkpoint checkpoint;
};

static void read_experiment(struct fixture *f, const char *yaml, const char *change)
{
    const struct experiment_overrides set = {change ? 1 : 0, &change};
    if (!experiment_parse(&f->experiment, "t.yaml", yaml, strlen(yaml), set, &err))
        fail_msg("%s", err.text);
}

static void start(struct fixture *f)
{
    assert_true(training_create(&f->training, &f->experiment, 0, &f->set, &err));
    checkpoint_create(&f->checkpoint, result, &f->training, checkpoint_data_crc(&f->set), 0.0);
    f->training.checkpoint = &f->checkpoint;
}

static void end(struct fixture *f)
{
    checkpoint_destroy(&f->checkpoint);
    training_destroy(&f->training);
}

static struct fixture *open_fixture(const char *yaml, const char *change)
{
    struct fixture *f = MEM_NEW(struct fixture, 1);
    read_experiment(f, yaml, change);
    f->set = make_pictures();
    start(f);
    return f;
}

static void close_fixture(struct fixture *f)
{
    end(f);
    experiment_free(&f->experiment);
    dataset_free(&f->set);
    mem_free(f);
    checkpoint_remove(result);
    assert_int_equal(mem_live_blocks(), 0);
}

/* A new process, as far as the run can tell. */
static bool restart(struct fixture *f)
{
    end(f);
    start(f);
    return checkpoint_resume(&f->checkpoint, &f->training, &err);
}

/* Exactly one step (and the evaluation behind the step before): the request to stop is there from
 * the beginning, and is looked at behind each step. */
static enum training_outcome advance(struct fixture *f)
{
    stop_start(0.0);
    raise(SIGUSR1);
    const enum training_outcome outcome = training_train(&f->training, &err);
    stop_end();
    return outcome;
}

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
    end(f);
    experiment_free(&f->experiment);
    dataset_free(&f->set);
    mem_free(f);
}

/* A new process after each of the first steps. */
static void interrupt(const char *yaml, size_t steps)
{
    struct fixture *whole = open_fixture(yaml, NULL), *cut = open_fixture(yaml, NULL);
    size_t interruptions = 0;
    assert_int_equal(training_train(&whole->training, &err), TRAINING_DONE);
    assert_int_equal(training_finish(&whole->training, &err), TRAINING_DONE);
    while (interruptions < steps) {
        assert_int_equal(advance(cut), TRAINING_STOPPED);
        assert_true(checkpoint_when_stopped(&cut->checkpoint, &cut->training, &err));
        assert_true(restart(cut));
        assert_int_equal(cut->training.resumptions, ++interruptions);
    }
    assert_int_equal(training_train(&cut->training, &err), TRAINING_DONE);
    assert_int_equal(cut->training.at.epoch, whole->training.run->settings.epochs);
    assert_int_equal(training_finish(&cut->training, &err), TRAINING_DONE);
    assert_same_run(&whole->training, &cut->training);
    drop(whole);
    close_fixture(cut);
}

static void test_mlp(void **state)
{
    (void)state;
    interrupt(MLP, 3 * 3); /* all: 40 samples in batches of 16 */
}

static void test_resnet(void **state)
{
    (void)state;
    interrupt(RESNET, 2 * 3); /* all */
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

/* The run in one go; the kept network obeys, whatever the training did behind it. */
static void obeys(const char *yaml, const int *bits)
{
    struct fixture *f = open_fixture(yaml, NULL);
    assert_int_equal(training_train(&f->training, &err), TRAINING_DONE);
    assert_int_equal(training_finish(&f->training, &err), TRAINING_DONE);
    assert_limits(&f->training, bits);
    close_fixture(f);
}

static void test_constraints(void **state)
{
    (void)state;
    interrupt(ADMM, 3 * 3);
    interrupt(HARD, 2 * 3);
    interrupt(FORWARD, 2 * 3);
    obeys(ADMM, (int[]){3, 3, 3, 1});
    obeys(HARD, (int[]){2, 2, 3, 1});
}

static void test_vgg(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* takes minutes */
#endif
    interrupt(VGG, 1);
}

/* Stopped behind the last step: nothing is trained again. */
static void test_end(void **state)
{
    (void)state;
    struct fixture *whole = open_fixture(MLP, NULL), *cut = open_fixture(MLP, NULL);
    assert_int_equal(training_train(&whole->training, &err), TRAINING_DONE);
    assert_int_equal(training_finish(&whole->training, &err), TRAINING_DONE);
    assert_int_equal(training_train(&cut->training, &err), TRAINING_DONE);
    assert_true(checkpoint_when_stopped(&cut->checkpoint, &cut->training, &err));
    assert_true(restart(cut));
    assert_true(cut->training.at.is_measured);
    assert_int_equal(training_train(&cut->training, &err), TRAINING_DONE);
    assert_int_equal(training_finish(&cut->training, &err), TRAINING_DONE);
    memcpy(cut->training.net.params.momentum, whole->training.net.params.momentum,
           whole->training.net.params.size * sizeof(float));
    assert_same_run(&whole->training, &cut->training);
    drop(whole);
    close_fixture(cut);
}

/* ---- damage ---- */

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
    struct fixture *f = open_fixture(MLP, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(advance(f), TRAINING_STOPPED);
        assert_true(checkpoint_when_stopped(&f->checkpoint, &f->training, &err));
    }
    assert_true(exists(newest) && exists(older) && !exists(part));
    return f;
}

static enum checkpoint_file_state state_of(const char *path)
{
    void *image;
    size_t length;
    const enum checkpoint_file_state state = checkpoint_file_read(path, &image, &length, &err);
    if (state == CHECKPOINT_FILE_SOUND)
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
    assert_int_equal(state_of(newest), CHECKPOINT_FILE_SOUND);
    for (size_t at = 0; at < size; at += at + 24 < size ? size / 200 : 1) {
        if (at >= size - 4)
            break; /* unused */
        bytes[at] ^= (char)(1 << at % 8);
        write_bytes(newest, bytes, size);
        assert_int_equal(state_of(newest), CHECKPOINT_FILE_DAMAGED);
        bytes[at] ^= (char)(1 << at % 8);
    }
    for (size_t length = 0; length < size; length += length + 40 < size ? size / 50 : 1) {
        write_bytes(newest, bytes, length);
        assert_int_equal(state_of(newest), CHECKPOINT_FILE_DAMAGED);
    }
    write_bytes(newest, bytes, size);
    assert_int_equal(state_of(newest), CHECKPOINT_FILE_SOUND);
    assert_int_equal(state_of(part), CHECKPOINT_FILE_MISSING);
    assert_int_equal(state_of(folder), CHECKPOINT_FILE_UNREADABLE);
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
    assert_true(restart(f));
    assert_int_equal(f->training.at.samples, 16);
    assert_int_equal(state_of(newest), CHECKPOINT_FILE_SOUND);
    assert_false(exists(older));
    close_fixture(f);

    f = open_two(); /* a crash between the two renames */
    assert_int_equal(unlink(newest), 0);
    assert_true(restart(f));
    assert_int_equal(f->training.at.samples, 16);
    close_fixture(f);
}

static void test_starts_over(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    damage(newest);
    damage(older);
    assert_true(restart(f));
    assert_int_equal(f->training.resumptions, 0);
    assert_int_equal(advance(f), TRAINING_STOPPED);
    assert_true(checkpoint_when_stopped(&f->checkpoint, &f->training, &err));
    assert_true(restart(f));
    assert_int_equal(f->training.resumptions, 1);
    close_fixture(f);
}

/* ---- what does not belong together ---- */

static void assert_says(const char *words)
{
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_other_settings(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    experiment_free(&f->experiment);
    read_experiment(f, MLP, "training.rate=0.07");
    assert_false(restart(f));
    assert_says("begun with other settings ('rate: 0.05' there, 'rate: 0.07' now); --fresh");
    assert_true(exists(newest) && exists(older));
    close_fixture(f);
}

static void test_other_data(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    f->set.test.pixel[17] ^= 1;
    assert_false(restart(f));
    assert_says("other data");
    f->set.test.pixel[17] ^= 1;
    f->set.train.label[TRAIN - 1] ^= 1;
    assert_false(restart(f));
    assert_says("other data");
    f->set.train.label[TRAIN - 1] ^= 1;
    assert_true(restart(f));
    close_fixture(f);
}

static void test_other_parent(void **state)
{
    (void)state;
    struct fixture *f = open_two();
    end(f);
    assert_true(training_create(&f->training, &f->experiment, 0, &f->set, &err));
    struct experiment_run child = f->experiment.runs[0];
    child.parent = 0;
    f->training.run = &child;
    checkpoint_create(&f->checkpoint, result, &f->training, checkpoint_data_crc(&f->set), 0.0);
    assert_false(checkpoint_resume(&f->checkpoint, &f->training, &err));
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
    const bool written = checkpoint_when_stopped(&f->checkpoint, &f->training, &err);
    f->checkpoint.interval_s = 1e-9; /* a warning only */
    checkpoint_now_and_then(&f->checkpoint, &f->training);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(written);
    assert_says("File too large");
    assert_says(newest);
    assert_false(exists(part));
    assert_unchanged(newest, before[0]);
    assert_unchanged(older, before[1]);
    assert_true(restart(f));
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
    checkpoint_now_and_then(&f->checkpoint, &f->training);
    checkpoint_at_end(&f->checkpoint, &f->training);
    f->training.net.params.value[3] = 0.0f;
    f->training.net.params.momentum[5] = NAN;
    checkpoint_now_and_then(&f->checkpoint, &f->training);
    assert_unchanged(newest, before);
    f->training.net.params.momentum[5] = 0.0f;
    checkpoint_now_and_then(&f->checkpoint, &f->training);
    size_t size;
    char *bytes = read_bytes(newest, &size);
    assert_true(size > 0);
    mem_free(bytes);
    close_fixture(f);
}

static void test_interval(void **state)
{
    (void)state;
    struct fixture *f = open_fixture(MLP, NULL);
    f->checkpoint.interval_s = 0.0; /* never */
    assert_int_equal(training_train(&f->training, &err), TRAINING_DONE);
    assert_false(exists(newest));
    end(f);
    start(f);
    f->checkpoint.interval_s = 1000.0;
    f->checkpoint.last_s -= 99.0;
    checkpoint_at_end(&f->checkpoint, &f->training);
    assert_false(exists(newest));
    f->checkpoint.last_s -= 2.0; /* a tenth is over */
    checkpoint_now_and_then(&f->checkpoint, &f->training);
    assert_false(exists(newest));
    checkpoint_at_end(&f->checkpoint, &f->training);
    assert_true(exists(newest));
    checkpoint_remove(result);
    assert_false(exists(newest));
    f->checkpoint.last_s -= 1001.0;
    checkpoint_now_and_then(&f->checkpoint, &f->training);
    assert_true(exists(newest));
    close_fixture(f);
}

/* An interrupted --fresh leaves a checkpoint that is newer than the result. */
static void test_newer(void **state)
{
    (void)state;
    assert_false(checkpoint_is_newer(result));
    struct fixture *f = open_two();
    assert_true(checkpoint_is_newer(result)); /* there is no result */
    const struct timespec then = {.tv_sec = 1000000000}, past[2] = {then, then};
    write_bytes(result, "x", 1);
    assert_int_equal(utimensat(AT_FDCWD, newest, past, 0), 0);
    assert_false(checkpoint_is_newer(result));
    assert_int_equal(utimensat(AT_FDCWD, result, past, 0), 0);
    assert_false(checkpoint_is_newer(result));
    assert_int_equal(utimensat(AT_FDCWD, newest, NULL, 0), 0);
    assert_true(checkpoint_is_newer(result));
    assert_int_equal(unlink(result), 0);
    close_fixture(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),
        cmocka_unit_test(test_resnet),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_vgg),
        cmocka_unit_test(test_end),
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
    if (!mkdtemp(folder))
        return 1;
    snprintf(result, sizeof result, "%s/r.h5", folder);
    snprintf(newest, sizeof newest, "%s.checkpoint", result);
    snprintf(older, sizeof older, "%s.checkpoint.old", result);
    snprintf(part, sizeof part, "%s.checkpoint.part", result);
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failures;
}
