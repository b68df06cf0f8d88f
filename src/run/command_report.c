/* reslice report: tables from result files. Rank 0 reads and prints, the others wait. */
#include <stdio.h>

#include "base/comm.h"
#include "base/log.h"
#include "run/cli.h"
#include "run/commands.h"
#include "run/report.h"

static bool parse_command_line(int argc, char **argv, struct cli_list *files,
                               enum table_format *format, bool *help, struct error *err)
{
    const char *name = "text";
    const struct cli_option table[] = {
        {"--format", "FORMAT", CLI_TEXT, &name, 0, 0,
         "text, markdown, latex or csv (default: text)"},
    };
    const struct cli cli = {"reslice report FILE... [--format FORMAT]",
                            "Prints tables of accuracy, non-zero slices, ADC bits, ADC cost and "
                            "crossbars from result files.",
                            table, sizeof table / sizeof table[0]};
    if (!cli_parse(&cli, argc, argv, files, help, err))
        return false;
    if (*help) {
        cli_print_help(&cli);
        return true;
    }
    if (!table_format_find(name, format))
        return error_set(err, "--format: value '%s'; allowed: %s", name, table_format_names());
    if (files->count == 0)
        return error_set(err, "report: no result files given; usage: %s", cli.usage);
    return true;
}

int command_report(int argc, char **argv)
{
    struct cli_list files = {0};
    enum table_format format = TABLE_TEXT;
    struct error err;
    bool help;
    bool fine = parse_command_line(argc, argv, &files, &format, &help, &err);
    if (fine && !help) {
        if (comm_rank() == 0)
            fine = report_print(files.text, files.count, format, &err);
        comm_broadcast(&fine, sizeof fine);
    }
    if (!fine)
        log_error("%s", err.text); /* rank 0 speaks, and has the line */
    return fine ? 0 : ERROR_STATUS_USER;
}
