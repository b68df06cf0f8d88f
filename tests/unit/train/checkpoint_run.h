/* A run on made-up pictures that is stopped and begun again, with its checkpoints in a folder of
 * its own. Comes first, after #define _POSIX_C_SOURCE 200809L. */
#ifndef RESLICE_TESTS_CHECKPOINT_RUN_H
#define RESLICE_TESTS_CHECKPOINT_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"
#include "train/checkpoint.h"
#include "train/run.h"
#include "train/training.h"

static char folder[] = "/tmp/reslice_checkpoint.XXXXXX";
static char result[64]; /* the file that the run would write */
static struct error err;

enum { TRAIN = 50, TEST = 30, PIXELS = 3 * 32 * 32 };

static const char MLP[] =
    "experiment: e\n"
    "data: {name: cifar10, validation: 10}\n"
    "network: {model: mlp, hidden: [12]}\n"
    "training: {batch: 16, shards: 4, rate: 0.05, momentum: 0.9, nesterov: true, "
    "schedule: cosine}\n"
    "runs: [{name: r, epochs: 3, prune: {threshold: 0.005}, penalty: {name: bit-slice-l1, "
    "alpha: 0.5}}]\n";

static inline uint8_t *noise(size_t count, unsigned modulus, uint32_t state)
{
    uint8_t *bytes = MEM_NEW(uint8_t, count);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)((state >> 16) % modulus);
    }
    return bytes;
}

static inline struct dataset make_pictures(void)
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

/* ---- a run and its checkpoints ---- */

struct fixture {
    struct experiment experiment;
    struct dataset set;
    struct training training;
    struct checkpoint checkpoint;
};

static inline void read_experiment(struct fixture *f, const char *yaml, const char *change)
{
    const struct experiment_overrides set = {change ? 1 : 0, &change};
    if (!experiment_parse(&f->experiment, "t.yaml", yaml, strlen(yaml), set, &err))
        fail_msg("%s", err.text);
}

static inline void start(struct fixture *f)
{
    assert_true(training_create(&f->training, &f->experiment, 0, &f->set, &err));
    checkpoint_create(&f->checkpoint, result, &f->training, checkpoint_data_crc(&f->set), 0.0);
}

static inline void end(struct fixture *f)
{
    checkpoint_destroy(&f->checkpoint);
    training_destroy(&f->training);
}

static inline struct fixture *open_fixture(const char *yaml, const char *change)
{
    struct fixture *f = MEM_NEW(struct fixture, 1);
    read_experiment(f, yaml, change);
    f->set = make_pictures();
    start(f);
    return f;
}

static inline void close_fixture(struct fixture *f)
{
    end(f);
    experiment_free(&f->experiment);
    dataset_free(&f->set);
    mem_free(f);
    checkpoint_remove(result);
    assert_int_equal(mem_live_blocks(), 0);
}

/* A new process, as far as the run can tell. */
static inline bool restart(struct fixture *f)
{
    end(f);
    start(f);
    return checkpoint_resume(&f->checkpoint, &f->training, &err);
}

/* Exactly one step (and the evaluation behind the step before): the request to stop is there from
 * the beginning, and is looked at behind each step. */
static inline enum training_outcome advance(struct fixture *f)
{
    stop_start(0.0);
    raise(SIGUSR1);
    const enum training_outcome outcome = run_train(&f->training, &f->checkpoint, &err);
    stop_end();
    return outcome;
}

/* ---- the folder: around the whole group ---- */

static inline int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(result, sizeof result, "%s/r.h5", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

#endif
