/* The option table: every setting of a run with its path, type, range, default and meaning.
 *
 * Experiment files, `--set`, the matrix, error messages, the resolved settings in result files and
 * `reslice help options` all read it, so a new option is one field in `struct settings` and one row
 * here. Messages of this module carry no location: the caller knows where the text came from.
 */
#ifndef RESLICE_SETTINGS_OPTIONS_H
#define RESLICE_SETTINGS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "method/constraint.h"
#include "settings/experiment.h"

enum {
    OPTIONS_MAX = 64,    /* rows of the table, for arrays with one element an option */
    OPTIONS_TEXT = 4096, /* bytes that hold any value as text */
};

enum option_type {
    OPTION_INTEGER,  /* int64_t */
    OPTION_REAL,     /* double */
    OPTION_BOOLEAN,  /* bool */
    OPTION_CHOICE,   /* char[size] */
    OPTION_INTEGERS, /* int64_t[size / 8], followed by its length as int64_t */
    OPTION_REALS,    /* struct real_list */
    OPTION_LAYERS,   /* struct layer_list; its text is read and written by settings/layer_text.h */
};

/* `struct option` belongs to getopt. */
struct option_entry {
    const char *path; /* "training.rate"; no dot: an option of the run itself */
    enum option_type type;
    size_t offset, size;        /* of the value in struct settings, bytes */
    double min, max;            /* of integers, reals and the elements of lists */
    bool above, below;          /* min, max themselves are not allowed */
    bool is_whole;              /* OPTION_REALS: integers only */
    const char *choices;        /* "0, 1, 2"; NULL: anything in the range */
    const char *(*names)(void); /* OPTION_CHOICE: the same, from the table of what can be chosen */
    const char *standard;
    const char *meaning; /* one sentence */
};

extern const struct option_entry options_table[];
extern const size_t options_count;

/* Row of a path, or -1. */
int option_find(const char *path);

/* True for a section of the table: "training". */
bool option_is_section(const char *name);

/* True for epochs, prune, penalty, the constraints and how they are imposed, as sections or as paths:
 * they stand in a run, not in sections of the experiment. */
bool option_of_run(const char *path);

/* The numbers of a constraint (method/constraint.h) in the settings. */
const struct real_list *option_amounts(const struct settings *settings,
                                       const struct constraint_class *class);

/* Row of the option that holds them. */
int option_of_constraint(const struct constraint_class *class);

/* The list without numbers in which an option says nothing: the amounts of its constraint, the groups
 * of the group lasso, the list itself for the normalisation of the data set; NULL for other options. */
const struct option_entry *option_switch(const struct option_entry *entry);

/* Whether an option goes without saying in the settings of a run: that of a constraint that is off,
 * how to impose nothing, and the normalisation of the data set. */
bool option_is_silent(const struct option_entry *entry, const struct settings *settings);

/* Letters, digits, '-', '_' and '.', not starting with '-' or '.': safe as the name of a file. */
bool option_is_name(const char *text);

/* Sets one option from text; the settings are unchanged when it is refused. Lists may go without
 * their brackets: "300, 100", or "8" for a list of one number. A list of layers is refused, but for the empty one. */
bool option_set(const struct option_entry *entry, struct settings *settings, const char *text,
                struct error *err);

/* The value as text that option_set reads back to the same value: the shortest decimal number,
 * "[300, 100]", true. A list of layers is only hinted at: "[...]". */
void option_print(const struct option_entry *entry, const struct settings *settings,
                  char text[OPTIONS_TEXT]);

/* What values an option may have, for people: "a number > 0 and <= 1000". */
void option_allowed(const struct option_entry *entry, char *text, size_t size);

/* Always false, with the message for a path that is not in the table: what is, and the nearest. */
bool option_unknown(const char *path, struct error *err);

#endif
