#define _POSIX_C_SOURCE 200809L
#include "unit/train/checkpoint_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "data/digest.h"

char run_folder[] = "/tmp/reslice_checkpoint.XXXXXX";

char run_result[64];

struct error run_error;

const char RUN_MLP[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: mlp, hidden: [12]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9, nesterov: true, "
    "schedule: cosine}\n"
    "runs: [{name: r, epochs: 3, prune: {threshold: 0.005}, penalty: {name: bit-slice-l1, "
    "alpha: 0.5}}]\n";

static uint8_t *noise(size_t count, unsigned modulus, uint32_t state)
{
    uint8_t *bytes = MEM_NEW(uint8_t, count);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)((state >> 16) % modulus);
    }
    return bytes;
}

static uint16_t *labels(size_t count, uint32_t state)
{
    uint8_t *bytes = noise(count, 10, state);
    uint16_t *label = MEM_NEW(uint16_t, count);
    for (size_t i = 0; i < count; i++)
        label[i] = bytes[i];
    mem_free(bytes);
    return label;
}

static struct dataset make_pictures(void)
{
    struct dataset set = {.name = "cifar10", .channels = 3, .height = 32, .width = 32};
    set.classes = 10;
    for (int c = 0; c < 3; c++) {
        set.mean[c] = 0.5f;
        set.std[c] = 0.25f;
    }
    set.train = (struct dataset_part){
        .count = TRAIN, .pixel = noise(TRAIN * PIXELS, 256, 1), .label = labels(TRAIN, 2)};
    set.test = (struct dataset_part){
        .count = TEST, .pixel = noise(TEST * PIXELS, 256, 3), .label = labels(TEST, 4)};
    return set;
}

/* ---- a run and its checkpoints ---- */

void read_experiment(struct fixture *f, const char *yaml, const char *change)
{
    const struct experiment_overrides set = {change ? 1 : 0, &change, NULL};
    if (!experiment_parse(&f->experiment, "t.yaml", yaml, strlen(yaml), set, &run_error))
        fail_msg("%s", run_error.text);
}

void begin_run(struct fixture *f)
{
    assert_true(training_create(&f->training, &f->experiment, 0, &f->set, &run_error));
    checkpoint_create(&f->checkpoint, run_result, &f->training, digest_of_set(&f->set),
                      CHECKPOINT_UNKNOWN, 0.0);
}

void end_run(struct fixture *f)
{
    checkpoint_destroy(&f->checkpoint);
    training_destroy(&f->training);
}

struct fixture *open_fixture(const char *yaml, const char *change)
{
    struct fixture *f = MEM_NEW(struct fixture, 1);
    read_experiment(f, yaml, change);
    f->set = make_pictures();
    begin_run(f);
    return f;
}

void close_fixture(struct fixture *f)
{
    end_run(f);
    experiment_free(&f->experiment);
    dataset_free(&f->set);
    mem_free(f);
    checkpoint_remove(run_result);
    assert_int_equal(mem_live_blocks(), 0);
}

bool restart_run(struct fixture *f)
{
    end_run(f);
    begin_run(f);
    return checkpoint_resume(&f->checkpoint, &f->training, &run_error);
}

int advance_run(struct fixture *f)
{
    stop_start(0.0);
    raise(SIGUSR1);
    const int status = run_train(&f->training, &f->checkpoint, &run_error);
    stop_end();
    return status;
}

/* ---- the folder: around the whole group ---- */

int make_run_folder(void **state)
{
    (void)state;
    if (!mkdtemp(run_folder))
        return -1;
    snprintf(run_result, sizeof run_result, "%s/r.h5", run_folder);
    return 0;
}

int remove_run_folder(void **state)
{
    (void)state;
    return rmdir(run_folder);
}
