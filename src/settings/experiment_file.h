/* The plan: an experiment file as written, every value checked, no matrix multiplied out yet. */
#ifndef RESLICE_SETTINGS_EXPERIMENT_FILE_H
#define RESLICE_SETTINGS_EXPERIMENT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "settings/document.h"
#include "settings/experiment.h"
#include "settings/options.h"

/* Settings, and for each option of the table where its value comes from: the line of a section of
 * the experiment, or one of the constants, or SOURCE_SET + i for override i. */
enum { SOURCE_DEFAULT = 0, SOURCE_RUN = -1, SOURCE_SET = 1 << 24 };

struct layer {
    struct settings settings;
    int source[OPTIONS_MAX];
};

/* One axis of a matrix: an option and the values it takes, in the form option_print gives. */
struct axis {
    int option;
    int line;
    bool inherited; /* then the values belong to the parent */
    size_t count;
    char (*values)[OPTIONS_TEXT];
};

/* A run as written. */
struct plan_run {
    char name[EXPERIMENT_NAME];
    int line;
    int parent; /* index of an earlier run, or -1 */
    struct layer layer;
    struct axis axes[EXPERIMENT_MATRIX_AXES];
    size_t axis_count;
    size_t first, variants; /* its variants in experiment->runs */
};

/* A parsed --set. */
struct plan_override {
    const char *text;  /* "training.seed=2"; not owned */
    const char *value; /* inside text */
    int option;
    bool used;
};

struct plan {
    const char *file; /* not owned */
    char name[EXPERIMENT_NAME];
    struct layer base;
    size_t run_count, override_count;
    struct plan_run *runs;
    struct plan_override *overrides;
};

/* Reads the file and then `--set` into a zeroed plan. On failure the plan holds what was read so
 * far: plan_free is due in any case. */
bool plan_read(struct plan *plan, const struct document *document,
               struct experiment_overrides overrides, struct error *err);

void plan_free(struct plan *plan);

#endif
