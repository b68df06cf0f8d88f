#include "unit/settings/layer_lists.h"

#include <stdio.h>

bool read_list(const char *data, const char *list, struct experiment *experiment, struct error *err)
{
    char text[8192];
    const int n = snprintf(text, sizeof text,
                           "experiment: e\ndata: {name: %s}\ntraining: {select: last}\n"
                           "runs: [{name: a}]\nnetwork:\n  layers: %s\n",
                           data, list);
    return experiment_parse(experiment, "t.yaml", text, (size_t)n, (struct experiment_overrides){0},
                            err);
}
