/* The commands of the program. argv[0] is the command's name. Collective; each returns the exit
 * status, the same on all ranks: 0, or one of base/error.h. */
#ifndef RESLICE_CLI_COMMANDS_H
#define RESLICE_CLI_COMMANDS_H

#include <stddef.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
};

extern const struct command commands_table[];
extern const size_t commands_count;

/* NULL when there is none of this name. */
const struct command *command_find(const char *name);

/* "train, crossbar, …" */
const char *commands_names(void);

/* Rank 0 prints what there is. */
void commands_print(void);

int command_train(int argc, char **argv);
int command_crossbar(int argc, char **argv);
int command_import(int argc, char **argv);
int command_export(int argc, char **argv);
int command_report(int argc, char **argv);
int command_plot(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_options(int argc, char **argv);
int command_help(int argc, char **argv);

/* "reslice 0.1.0 (commit)" */
int command_version(void);

#endif
