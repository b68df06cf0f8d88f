#include "cli/commands.h"

#include <string.h>

#include "base/log.h"
#include "base/names.h"

const struct command commands_table[] = {
    {"train",    command_train,    "train the runs of an experiment file"                      },
    {"summary",  command_summary,  "what a network will take, layer by layer, before training" },
    {"crossbar", command_crossbar,
     "run a trained network on crossbars, find the ADC bits it needs"                          },
    {"import",   command_import,   "a result file from weights that were trained elsewhere"    },
    {"export",   command_export,   "the cells of every crossbar, for other simulators"         },
    {"report",   command_report,   "tables of accuracy, slices, ADC bits and cost from results"},
    {"plot",     command_plot,     "figures from results, through gnuplot"                     },
    {"bench",    command_bench,    "speed on this machine, against its own matrix products"    },
    {"options",  command_options,  "every setting of an experiment file, with its default"     },
    {"help",     command_help,     "this; of a command; or the manual: man, markdown, bash"    },
};

const size_t commands_count = sizeof commands_table / sizeof commands_table[0];

const struct command *command_find(const char *name)
{
    for (size_t c = 0; c < commands_count; c++)
        if (strcmp(commands_table[c].name, name) == 0)
            return &commands_table[c];
    return NULL;
}

const char *commands_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (size_t c = 0; c < commands_count; c++)
        names_append(names, sizeof names, commands_table[c].name);
    return names;
}

void commands_print(void)
{
    log_info("reslice trains fixed-point networks with sparse bit slices, maps them to ReRAM\n"
             "crossbars, and tells which ADC each slice needs.\n\n"
             "usage: reslice COMMAND ...     (mpirun -n RANKS reslice COMMAND ... in parallel)\n");
    for (size_t c = 0; c < commands_count; c++)
        log_info("  %-10s %s", commands_table[c].name, commands_table[c].about);
    log_info("\nreslice COMMAND --help says more.");
}
