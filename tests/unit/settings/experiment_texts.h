/* Reading experiment files that are strings here. Comes first, after #define _POSIX_C_SOURCE
 * 200809L. */
#ifndef RESLICE_TESTS_EXPERIMENT_TEXTS_H
#define RESLICE_TESTS_EXPERIMENT_TEXTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "settings/experiment.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct error err;

static inline bool parse(struct experiment *experiment, const char *text, size_t count,
                         const char *const *set)
{
    const struct experiment_overrides overrides = {count, set};
    return experiment_parse(experiment, "t.yaml", text, strlen(text), overrides, &err);
}

/* Parses what must be right. */
static inline struct experiment read_good(const char *text, size_t count, const char *const *set)
{
    struct experiment experiment;
    if (!parse(&experiment, text, count, set))
        fail_msg("%s", err.text);
    return experiment;
}

static inline void finish(struct experiment *experiment)
{
    experiment_free(experiment);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Four runs, three of them from the first one. */
static const char FULL[] =
    "experiment: mnist-mlp\n"
    "data:     {name: mnist, validation: 5000}\n"
    "network:  {model: mlp, hidden: [100]}\n"
    "training: {batch: 64, shards: 4, optimizer: sgd, rate: 0.01, momentum: 0.5, "
    "select: validation}\n"
    "runs:\n"
    "  - {name: pretrain, epochs: 100, penalty: {name: l1, alpha: 10}}\n"
    "  - {name: pruned,   from: pretrain, prune: {threshold: 0.01}, epochs: 0}\n"
    "  - {name: l1,       from: pretrain, prune: {threshold: 0.01}, epochs: 50, "
    "penalty: {name: l1, alpha: 10}}\n"
    "  - {name: bitslice, from: pretrain, prune: {threshold: 0.01}, epochs: 50, "
    "penalty: {name: bit-slice-l1, alpha: 0.5}}\n";

#endif
