/* The manual as one page of Markdown. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/manual_pages.h"
#include "settings/options.h"

enum { TEXT = 2048 };

/* A text as a cell of a table. */
static const char *cell(const char *text, char out[TEXT])
{
    size_t n = 0;
    for (; *text && n + 3 < TEXT; text++) {
        if (*text == '|' || *text == '*' || *text == '<')
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n] = '\0';
    return out;
}

static void begin(void)
{
    log_info("# reslice %s\n\nMade by `reslice help markdown` from the tables that parse.",
             RESLICE_VERSION);
}

static void command(const struct cli *cli)
{
    char text[TEXT], meaning[CLI_MEANING];
    log_info("\n## %.*s\n\n%s\n\n    %s", (int)strcspn(cli->usage + 8, " "), cli->usage + 8,
             cli->about, cli->usage);
    if (cli->count > 0)
        log_info("\n| option | meaning |\n|---|---|");
    for (size_t i = 0; i < cli->count; i++) {
        const struct cli_option *option = &cli->options[i];
        log_info("| `%s%s%s` | %s |", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "",
                 cell(cli_meaning(option, meaning), text));
    }
}

static void end(void)
{
    char text[TEXT], allowed[256], other[TEXT];
    log_info("\n## Settings of an experiment file\n\n| setting | default | allowed | meaning |\n"
             "|---|---|---|---|");
    for (size_t i = 0; i < options_count; i++) {
        option_allowed(&options_table[i], allowed, sizeof allowed);
        log_info("| `%s` | `%s` | %s | %s |", options_table[i].path, options_table[i].standard,
                 cell(allowed, other), cell(options_table[i].meaning, text));
    }
    log_info("\n## Environment\n\n| variable | meaning |\n|---|---|");
    for (int i = 0; i < MANUAL_VARIABLES; i++)
        log_info("| `%s` | %s |", manual_environment[i].name, manual_environment[i].meaning);
    log_info("\n## Exit status\n\n| status | meaning |\n|---|---|");
    for (int i = 0; i < MANUAL_STATUSES; i++)
        log_info("| %d | %s |", manual_statuses[i].status, manual_statuses[i].meaning);
    log_info("\n## Examples");
    for (int i = 0; i < MANUAL_EXAMPLES; i++)
        log_info("\n%s\n\n    %s", manual_examples[i].meaning, manual_examples[i].name);
}

const struct manual_page manual_markdown = {begin, command, end};
