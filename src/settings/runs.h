/* What an experiment file becomes: a list of runs, each with its complete, checked settings. */
#ifndef RESLICE_SETTINGS_RUNS_H
#define RESLICE_SETTINGS_RUNS_H

#include <stddef.h>

#include "settings/settings.h"

enum {
    EXPERIMENT_NAME = 128,      /* bytes of a name */
    EXPERIMENT_MATRIX_AXES = 4, /* of a run, with those of its parent */
    EXPERIMENT_RUNS = 4096,     /* of an experiment, all variants counted */
};

struct experiment_run {
    char name[EXPERIMENT_NAME]; /* "bitslice" or "bitslice@alpha=2,seed=1" */
    char base[EXPERIMENT_NAME]; /* name without the variant: "bitslice" */
    int parent;                 /* index into runs, or -1; always smaller than the own index */
    struct settings settings;   /* their lists are the experiment's */
};

struct experiment {
    char name[EXPERIMENT_NAME];
    size_t run_count;
    struct experiment_run *runs; /* owned; parents come before children */
    struct settings_lists lists; /* owned; the settings of the runs point into them */
};

/* Command line settings: "training.seed=2". They win over the file. */
struct experiment_overrides {
    size_t count;
    const char *const *text;
    const char *data; /* --data: where own data sets are, or NULL */
};

#endif
