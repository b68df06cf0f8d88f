/* reslice: starts MPI, picks the command, stops MPI. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/names.h"
#include "nn/network.h"
#include "run/commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} commands[] = {
    {"train",    command_train,    "train the runs of an experiment file"                      },
    {"crossbar", command_crossbar,
     "run a trained network on crossbars, find the ADC bits it needs"                          },
    {"import",   command_import,   "a result file from weights that were trained elsewhere"    },
    {"report",   command_report,   "tables of accuracy, slices, ADC bits and cost from results"},
    {"plot",     command_plot,     "figures from results, through gnuplot"                     },
    {"bench",    command_bench,    "speed on this machine, against its own matrix products"    },
    {"options",  command_options,  "every setting of an experiment file, with its default"     },
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(void)
{
    log_info("reslice trains fixed-point networks with sparse bit slices, maps them to ReRAM\n"
             "crossbars, and tells which ADC each slice needs.\n\n"
             "usage: reslice COMMAND ...     (mpirun -n RANKS reslice COMMAND ... in parallel)\n");
    for (int c = 0; c < COMMANDS; c++)
        log_info("  %-10s %s", commands[c].name, commands[c].about);
    log_info("\nreslice COMMAND --help says more.");
}

static int run_command(int argc, char **argv)
{
    if (argc < 2) {
        print_usage();
        return ERROR_STATUS_USER;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage();
        return 0;
    }
    char allowed[128] = "";
    for (int c = 0; c < COMMANDS; c++) {
        if (strcmp(argv[1], commands[c].name) == 0)
            return commands[c].run(argc - 1, argv + 1);
        names_append(allowed, sizeof allowed, commands[c].name);
    }
    log_error("unknown command '%s'; allowed: %s", argv[1], allowed);
    return ERROR_STATUS_USER;
}

int main(int argc, char **argv)
{
    comm_start(&argc, &argv);
    network_use_one_thread();
    const int status = run_command(argc, argv);
    if (status == 0 && mem_live_blocks() != 0)
        log_warn("%zu memory blocks were not given back", mem_live_blocks());
    comm_stop();
    return status;
}
