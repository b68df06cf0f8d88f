#include "cli/manual.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/manual_pages.h"

static const struct {
    const char *name;
    const struct manual_page *page;
} formats[MANUAL_FORMATS] = {
    [MANUAL_MAN] = {"man",      &manual_man     },
    [MANUAL_MARKDOWN] = {"markdown", &manual_markdown},
    [MANUAL_BASH] = {"bash",     &manual_bash    },
};

const struct manual_status manual_statuses[MANUAL_STATUSES] = {
    {0,                        "done"                                                   },
    {ERROR_STATUS_USER,        "bad input: one line says where, and what is allowed"    },
    {ERROR_STATUS_ENVIRONMENT, "disk, memory, HDF5, another process at the same run"    },
    {ERROR_STATUS_DIVERGED,    "training has diverged"                                  },
    {ERROR_STATUS_STOPPED,     "stopped with a checkpoint: start the same command again"},
};

const struct manual_text manual_environment[MANUAL_VARIABLES] = {
    {"RESLICE_DATA",         "where the data sets are, when there is no --data"},
    {"RESLICE_SIMD",
     "highest instruction set that is used: portable, avx2, avx512 or amx; its results may differ "
     "in the last bit of a gradient"                                           },
    {"OPENBLAS_NUM_THREADS", "set it to 1: ranks are the parallelism"          },
};

const struct manual_text manual_examples[MANUAL_EXAMPLES] = {
    {"reslice summary mnist-mlp.yaml",
     "What the network will take: weights, operations, crossbar arrays, memory."                             },
    {"mpirun -n 4 reslice train mnist-mlp.yaml --data $HOME/data",
     "Train every run of an experiment; the same command goes on after an interruption."                     },
    {"mpirun -n 4 reslice crossbar results/mnist-mlp/bitslice.h5",
     "Find the ADC bits that each slice of a trained network needs."                                         },
    {"reslice report results/mnist-mlp/*.h5 --format latex",                            "Tables for a paper."},
    {"reslice import weights.h5 --network resnet --set data.name=cifar10 -o resnet.h5",
     "Make a result file from the weights of a PyTorch model."                                               },
};

/* Every command prints its own table, since it alone has it. */
static void print_commands(const struct manual_page *page)
{
    char help[] = "--help", name[32];
    for (size_t c = 0; c < commands_count; c++) {
        snprintf(name, sizeof name, "%s", commands_table[c].name);
        commands_table[c].run((struct cli_call){
            2, (char *[]){name, help, NULL},
              page->command
        });
    }
}

enum manual_format manual_find(const char *name)
{
    int format = 0;
    while (format < MANUAL_FORMATS && strcmp(formats[format].name, name) != 0)
        format++;
    return (enum manual_format)format;
}

void manual_print(enum manual_format format)
{
    const struct manual_page *page = formats[format].page;
    page->begin();
    print_commands(page);
    page->end();
}
