/* reslice options: the table of every setting of an experiment file. */
#include <stdio.h>

#include "base/comm.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "settings/experiment.h"
#include "settings/options.h"
#include "table/table.h"

static void print_table(enum table_format format)
{
    struct table *table = table_create("settings", "Settings of an experiment file");
    table_column(table, TABLE_WORDS, "setting", NULL);
    table_column(table, TABLE_WORDS, "default", NULL);
    table_column(table, TABLE_WORDS, "allowed", NULL);
    table_column(table, TABLE_WORDS, "meaning", NULL);
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        char allowed[256];
        option_allowed(entry, allowed, sizeof allowed);
        table_words(table, "%s", entry->path);
        table_words(table, "%s", entry->standard);
        table_words(table, "%s", allowed);
        table_words(table, "%s", entry->meaning);
    }
    table_print(table, format, stdout);
    table_destroy(table);
}

enum { NAMES = 64 };

struct options_options {
    const char *format_name;
    enum table_format format;
};

static bool check_format(void *context, struct error *err)
{
    struct options_options *options = context;
    char names[NAMES];
    table_format_names(names, sizeof names);
    return table_format_find(options->format_name, &options->format) ||
           error_set(err, "--format: value '%s'; allowed: %s", options->format_name, names);
}

int command_options(struct cli_call call)
{
    struct options_options options = {.format_name = "text"};
    char names[NAMES];
    table_format_names(names, sizeof names);
    /* clang-format off */
    const struct cli_option table[] = {
        {"--format", "FORMAT", CLI_TEXT, &options.format_name, .meaning = names},
    };
    /* clang-format on */
    const struct cli cli = {.usage = "reslice options [--format FORMAT]",
                            .about = "Lists every setting of an experiment file.",
                            .options = table,
                            .count = sizeof table / sizeof *table,
                            .check = check_format,
                            .context = &options};
    int status;
    if (!cli_parse(&cli, call, NULL, &status))
        return status;
    if (comm_rank() == 0 && options.format == TABLE_TEXT)
        options_print_table();
    else if (comm_rank() == 0)
        print_table(options.format);
    struct error err;
    if (log_arrived(&err))
        return 0;
    log_error("%s", err.text);
    return error_status(&err);
}
