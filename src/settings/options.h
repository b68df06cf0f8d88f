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
#include "settings/settings.h"

enum {
    OPTIONS_MAX = 128,   /* rows of the table, for arrays with one element an option */
    OPTIONS_TEXT = 4096, /* bytes that hold any value as text */
};

enum option_type {
    OPTION_INTEGER,  /* int64_t */
    OPTION_REAL,     /* double */
    OPTION_BOOLEAN,  /* bool */
    OPTION_CHOICE,   /* char[size] */
    OPTION_PATH,     /* const char *, of letters that mean nothing in YAML; NULL: none */
    OPTION_INTEGERS, /* struct integer_list */
    OPTION_REALS,    /* struct real_list */
    OPTION_LAYERS,   /* const struct layer_list *; its text is for settings/layer_text.h */
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
    const char *standard;       /* the default as text, as option_value_print gives it */
    const char *meaning;        /* one sentence */
    /* The option has an effect only where the option `only_if` has one of the values `only_values`
     * ("admm, hard"). NULL: everywhere, or settings/effects.c says where. */
    const char *only_if, *only_values;
};

extern const struct option_entry options_table[];
extern const size_t options_count;

/* Row of a path, or -1. Not collective. */
int option_find(const char *path);

/* True for a section of the table: "training". Not collective. */
bool option_is_section(const char *name);

/* Whether an option stands in a section: "network" has network.depth. Not collective. */
bool option_is_in(const struct option_entry *entry, const char *section);

/* True for epochs, prune, penalty, the constraints and how they are imposed, the ADC and
 * recalibration, as sections or as paths: they stand in a run, not in sections of the experiment.
 * Not collective. */
bool option_of_run(const char *path);

/* The numbers of a constraint (method/constraint.h) in the settings, which own them. Not
 * collective. */
const struct real_list *option_amounts(const struct settings *settings,
                                       const struct constraint_class *class);

/* Row of the option that holds the numbers of a constraint. Not collective. */
int option_of_constraint(const struct constraint_class *class);

/* Whether the settings have any constraint. Not collective. */
bool options_have_constraint(const struct settings *settings);

/* The list without numbers in which an option says nothing: the amounts of its constraint, the
 * groups of the group lasso, the bits of the ADC, the list itself for the normalisation of the data
 * set; NULL for other options. Not collective. */
const struct option_entry *option_switch(const struct option_entry *entry);

/* Whether an option is for data sets of the user's own alone: their file, shape and classes. Not
 * collective. */
bool option_of_own_data(const struct option_entry *entry);

/* Whether an option goes without saying in the settings of a run: that of a constraint or an ADC
 * that is off, how to impose nothing, no recalibration, the normalisation of the data set, its usual
 * order, and either its name or its file. Not collective. */
bool option_is_silent(const struct option_entry *entry, const struct settings *settings);

/* Whether a text may be the path of data: letters (of any language), digits and "/._-+=,@", not starting
 * with '-', '=', ',' or '@'. Not collective. */
bool option_is_path(const char *text);

/* Letters, digits, '-', '_' and '.', not starting with '-' or '.': safe as the name of a file. Not
 * collective. */
bool option_is_name(const char *text);

/* What an option may be, as "a, b, c"; NULL when that is a range. Not collective. */
const char *option_choices(const struct option_entry *entry);

/* True when `text` is one of the words of a list "a, b, c". Not collective. */
bool option_in_list(const char *list, const char *text);

/* What values an option may have, for people: "a number > 0 and <= 1000". Not collective. */
void option_allowed(const struct option_entry *entry, char *text, size_t size);

/* Always false, with the message for a path that is not in the table: what is, and the nearest.
 * Not collective. */
bool option_unknown(const char *path, struct error *err);

/* The option table as text for people, to the log: path, type and range, default, meaning. Not
 * collective. */
void options_print_table(void);

#endif
