/* Command line of a command: one table of options that parses, prints help and makes the manual. */
#ifndef RESLICE_CLI_CLI_H
#define RESLICE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum cli_kind {
    CLI_FLAG,    /* bool *: true when given */
    CLI_TEXT,    /* const char **: the last one given */
    CLI_LIST,    /* struct cli_list *: every one given */
    CLI_INTEGER, /* int64_t *, within [low, high] */
    CLI_REAL     /* double *, within [low, high] */
};

enum { CLI_LIST_MAX = 1024, CLI_MEANING = 1024 };

struct cli_list {
    size_t count;
    const char *text[CLI_LIST_MAX]; /* of argv, not owned */
};

/* A row of the table. Only the first four, and what it means, need to be given. */
struct cli_option {
    const char *name;     /* "--run" */
    const char *argument; /* "NAME" for the help text, or NULL for flags */
    enum cli_kind kind;
    void *
        value; /* as the kind says; what it points to when the line is parsed is the default. A text
                  * that is NULL and a number outside [low, high] are none */
    const char *meaning; /* without range and default: cli_meaning adds them */
    double low, high;    /* of a number */
    const char *unit;    /* of a number, "s"; NULL: it has none */
    /* What makes the option one without effect, which is refused: */
    const char *needs;       /* the option of this table that is missing, or "none", or 0 */
    const char *excluded_by; /* the option of this table that is given, and not "none" or 0 */
};

struct cli {
    const char *usage; /* "reslice train EXPERIMENT.yaml [options]" */
    const char *about; /* a line or two */
    const struct cli_option *options;
    size_t count;
    const char *operand; /* what stands on the line besides options: "result file"; NULL: nothing */
    size_t fewest, most; /* operands */
    /* What the table cannot say, asked last; false with a line. NULL: nothing. */
    bool (*check)(void *context, struct error *err);
    void *context; /* for check */
};

/* A command line. argv[0] is the name of the command; `print` answers --help. */
struct cli_call {
    int argc;
    char **argv;
    void (*print)(const struct cli *cli);
};

/* Parses argv[1..argc); what is not an option goes to `operands` (NULL where there are none).
 * "--name=value" and "--name value" are both fine. True when the command is to go to work. False with
 * *status otherwise: 0 after --help, which leaves the rest of the line unread, or ERROR_STATUS_USER
 * after a mistake, whose line rank 0 has printed. Not collective: every rank has the same line. */
bool cli_parse(const struct cli *cli, struct cli_call call, struct cli_list *operands, int *status);

/* Rank 0 prints about, usage and options for a terminal. Not collective. */
void cli_print(const struct cli *cli);

/* "how long (0.01..3600 s; default: 5)" into text of CLI_MEANING bytes, which it returns. The default
 * is what the value holds now, so: before the line is parsed. Not collective. */
const char *cli_meaning(const struct cli_option *option, char text[CLI_MEANING]);

#endif
