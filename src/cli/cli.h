/* Command line options of a command: one table that parses and prints help. */
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

enum { CLI_LIST_MAX = 1024 };

struct cli_list {
    size_t count;
    const char *text[CLI_LIST_MAX]; /* of argv, not owned */
};

struct cli_option {
    const char *name;     /* "--run" */
    const char *argument; /* "NAME" for the help text, or NULL for flags */
    enum cli_kind kind;
    void *value;
    double low, high;
    const char *meaning;
};

struct cli {
    const char *usage; /* "reslice train EXPERIMENT.yaml [options]" */
    const char *about; /* one line */
    const struct cli_option *options;
    size_t count;
};

/* Parses argv[1..argc); what is not an option goes to `positional`. "--name=value" and
 * "--name value" are both fine. --help prints the table on rank 0, sets *help and leaves the rest
 * unread. False, and *help false, with one line on any mistake. */
bool cli_parse(const struct cli *cli, int argc, char **argv, struct cli_list *positional,
               bool *help, struct error *err);

/* From now on --help calls this instead of printing: the same tables make the manual (cli/manual.h). */
void cli_print_with(void (*print)(const struct cli *cli));

#endif
