/* How the manual looks in each format, and what it says besides the tables. For manual*.c only. */
#ifndef RESLICE_CLI_MANUAL_PAGES_H
#define RESLICE_CLI_MANUAL_PAGES_H

#include "cli/cli.h"

struct manual_page {
    void (*begin)(void);
    void (*command)(const struct cli *cli);
    void (*end)(void);
};

extern const struct manual_page manual_man, manual_markdown, manual_bash;

enum { MANUAL_STATUSES = 5, MANUAL_VARIABLES = 3, MANUAL_EXAMPLES = 5 };

struct manual_status {
    int status;
    const char *meaning;
};

struct manual_text {
    const char *name, *meaning;
};

extern const struct manual_status manual_statuses[MANUAL_STATUSES];
extern const struct manual_text manual_environment[MANUAL_VARIABLES];
extern const struct manual_text manual_examples[MANUAL_EXAMPLES];

#endif
