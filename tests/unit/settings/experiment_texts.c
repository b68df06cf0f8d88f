#include "unit/settings/experiment_texts.h"

#include <string.h>

#include "base/mem.h"

struct error parse_error;

bool parse_text(struct experiment *experiment, const char *text, size_t count,
                const char *const *set)
{
    const struct experiment_overrides overrides = {count, set, NULL};
    return experiment_parse(experiment, "t.yaml", text, strlen(text), overrides, &parse_error);
}

struct experiment read_good(const char *text, size_t count, const char *const *set)
{
    struct experiment experiment;
    if (!parse_text(&experiment, text, count, set))
        fail_msg("%s", parse_error.text);
    return experiment;
}

void finish_experiment(struct experiment *experiment)
{
    experiment_free(experiment);
    assert_int_equal(mem_live_blocks(), 0);
}

const char FULL_EXPERIMENT[] =
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
