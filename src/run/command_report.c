/* reslice report: tables from result files. Rank 0 reads and prints, the others wait. */
#include <stdio.h>

#include "base/comm.h"
#include "base/log.h"
#include "run/cli.h"
#include "run/commands.h"
#include "run/report.h"

struct report_options {
    struct cli_list files, tables;
    enum table_format format;
    unsigned wanted; /* enum report_tables */
};

static bool choose_tables(struct report_options *options, struct error *err)
{
    for (size_t t = 0; t < options->tables.count; t++) {
        const unsigned table = report_table_find(options->tables.text[t]);
        if (!table)
            return error_set(err, "--table: value '%s'; allowed: %s", options->tables.text[t],
                             report_table_names());
        options->wanted |= table;
    }
    return true;
}

static bool parse_command_line(int argc, char **argv, struct report_options *options, bool *help,
                               struct error *err)
{
    const char *name = "text";
    const struct cli_option table[] = {
        {"--format", "FORMAT", CLI_TEXT, &name,            0, 0,
         "text, markdown, latex, csv or json (default: text)"},
        {"--table",  "NAME",   CLI_LIST, &options->tables, 0, 0,
         "accuracy, adc, cost, crossbars, assignments, savings, sweep or isaac; may be repeated "
         "(default: all)"                                    },
    };
    const struct cli cli = {"reslice report FILE... [options]",
                            "Prints tables of accuracy, non-zero slices, ADC bits, ADC cost and "
                            "crossbars from result files.",
                            table, sizeof table / sizeof table[0]};
    if (!cli_parse(&cli, argc, argv, &options->files, help, err))
        return false;
    if (*help) {
        cli_print_help(&cli);
        return true;
    }
    if (!table_format_find(name, &options->format))
        return error_set(err, "--format: value '%s'; allowed: %s", name, table_format_names());
    if (options->files.count == 0)
        return error_set(err, "report: no result files given; usage: %s", cli.usage);
    return choose_tables(options, err);
}

int command_report(int argc, char **argv)
{
    struct report_options options = {.format = TABLE_TEXT};
    struct error err;
    bool help;
    bool fine = parse_command_line(argc, argv, &options, &help, &err);
    if (fine && !help) {
        if (comm_rank() == 0)
            fine = report_print(options.files.text, options.files.count, options.wanted,
                                options.format, &err);
        comm_broadcast(&fine, sizeof fine);
    }
    if (!fine)
        log_error("%s", err.text); /* rank 0 speaks, and has the line */
    return fine ? 0 : ERROR_STATUS_USER;
}
