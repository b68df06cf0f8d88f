/* The commands of the program. argv[0] is the command's name. Collective; each returns the exit
 * status, the same on all ranks: 0, or one of base/error.h. */
#ifndef RESLICE_RUN_COMMANDS_H
#define RESLICE_RUN_COMMANDS_H

int command_train(int argc, char **argv);
int command_crossbar(int argc, char **argv);
int command_import(int argc, char **argv);

int command_report(int argc, char **argv);
int command_plot(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_options(int argc, char **argv);

#endif
