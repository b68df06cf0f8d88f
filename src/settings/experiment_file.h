/* An experiment file as written: every value checked, no matrix multiplied out yet. */
#ifndef RESLICE_SETTINGS_EXPERIMENT_FILE_H
#define RESLICE_SETTINGS_EXPERIMENT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "settings/document.h"
#include "settings/option_value.h"
#include "settings/runs.h"

/* Who gave an option its value. */
enum source_kind {
    SOURCE_DEFAULT,
    SOURCE_SECTION,   /* a section of the experiment */
    SOURCE_RUN,       /* the run, or its matrix */
    SOURCE_INHERITED, /* the matrix of the run's parent */
    SOURCE_RECORDED,  /* a result file, which has all options */
    SOURCE_SET,       /* --set */
};

struct source {
    enum source_kind kind;
    int at; /* line of the option in the file; SOURCE_SET: index of the override */
};

/* Settings, and for each option of the table where its value comes from. */
struct sourced_settings {
    struct settings settings; /* their lists are the experiment's */
    struct source source[OPTIONS_MAX];
};

/* One axis of a matrix: an option and the values it takes. */
struct axis {
    int option; /* row of the table */
    int line;
    bool inherited; /* then the values belong to the parent */
    size_t count;
    union option_value *values; /* [count] */
};

/* A run as written. */
struct run_entry {
    char name[EXPERIMENT_NAME];
    int line;
    int parent; /* index of an earlier run, or -1 */
    struct sourced_settings given;
    struct axis axes[EXPERIMENT_MATRIX_AXES];
    size_t axis_count;
    size_t first, variants; /* its variants in experiment->runs */
};

/* A parsed --set. */
struct override {
    const char *text; /* "training.seed=2"; not owned */
    int option;       /* row of the table */
    union option_value value;
    bool used;
};

struct experiment_file {
    const char *name; /* of the file, for messages; not owned */
    char experiment[EXPERIMENT_NAME];
    bool is_recorded;             /* the settings of a result file */
    const char *data;             /* folder of own data sets, or NULL; not owned */
    struct settings_lists *lists; /* what all the settings point into; not owned */
    struct sourced_settings base; /* the sections of the experiment */
    size_t run_count, override_count;
    struct run_entry *runs;     /* owned */
    struct override *overrides; /* owned */
};

/* Reads the document and then `--set` into a file that is zeroed but for `lists`, `data` and `is_recorded`.
 * On failure there is a located message, and the file holds what was read so far:
 * experiment_file_free is due in any case. Not collective. */
bool experiment_file_read(struct experiment_file *file, const struct document *document,
                          struct experiment_overrides overrides, struct error *err);

/* Writes "file:line: run 'x'" and the rest of the sentence; always false. Not collective. */
bool experiment_file_error(const struct experiment_file *file, const struct run_entry *run,
                           int line, struct error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Frees what the file owns, so not its lists. Not collective. */
void experiment_file_free(struct experiment_file *file);

#endif
