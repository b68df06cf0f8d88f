/* The commands of the program. argv[0] is the command's name. Collective; each returns the exit
 * status, the same on all ranks: 0, or one of base/error.h. */
#ifndef RESLICE_CLI_COMMANDS_H
#define RESLICE_CLI_COMMANDS_H

#include <stddef.h>

#include "cli/cli.h"

struct command {
    const char *name;
    int (*run)(struct cli_call call);
    const char *about;
};

extern const struct command commands_table[];
extern const size_t commands_count;

/* A row of the table; NULL when there is none of this name. Not collective. */
const struct command *command_find(const char *name);

/* "train, crossbar, …", for messages: a buffer of this function's. Not collective. */
const char *commands_names(void);

/* Rank 0 prints the list of commands. Not collective. */
void commands_print(void);

int command_summary(struct cli_call call);
int command_train(struct cli_call call);
int command_crossbar(struct cli_call call);
int command_import(struct cli_call call);
int command_export(struct cli_call call);
int command_report(struct cli_call call);
int command_plot(struct cli_call call);
int command_bench(struct cli_call call);
int command_options(struct cli_call call);
int command_help(struct cli_call call);

/* Rank 0 prints "reslice 0.1.0 (commit)". Returns 0. Not collective. */
int command_version(void);

#endif
