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

int command_options(int argc, char **argv)
{
    const char *name = "text";
    const struct cli_option rows[] = {
        {"--format", "FORMAT", CLI_TEXT, &name, 0, 0,
         "text, markdown, latex, csv or json (default: text)"},
    };
    const struct cli cli = {"reslice options [--format FORMAT]",
                            "Lists every setting of an experiment file.", rows, 1};
    struct cli_list positional = {0};
    struct error err;
    enum table_format format;
    bool help;
    bool fine = cli_parse(&cli, argc, argv, &positional, &help, &err);
    if (fine && positional.count > 0)
        fine = error_set(&err, "options takes no argument, '%s' given", positional.text[0]);
    if (fine && !table_format_find(name, &format))
        fine = error_set(&err, "--format: value '%s'; allowed: %s", name, table_format_names());
    if (!fine) {
        log_error("%s", err.text);
        return ERROR_STATUS_USER;
    }
    if (help || comm_rank() != 0)
        return 0;
    if (format == TABLE_TEXT)
        experiment_print_options();
    else
        print_table(format);
    return 0;
}
