/* reslice report: tables, or a page, from result files. Rank 0 reads and prints, the others wait. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "report/report.h"
#include "report/report_page.h"

struct report_options {
    struct cli_list files, tables;
    const char *format_name, *page; /* NULL: not given */
    enum table_format format;
    unsigned wanted; /* report_table_find */
    bool rivals;
};

static bool choose_tables(struct report_options *options, struct error *err)
{
    options->wanted = options->rivals ? report_table_find("rivals") : 0;
    for (size_t t = 0; t < options->tables.count; t++) {
        const unsigned table = report_table_find(options->tables.text[t]);
        if (!table)
            return error_set(err, "--table: value '%s'; allowed: %s", options->tables.text[t],
                             report_table_names());
        options->wanted |= table;
    }
    return true;
}

/* A page is HTML, and must not replace a result by a slip of the hand. */
static bool choose_format(struct report_options *options, struct error *err)
{
    const char *name = options->format_name ? options->format_name : "text";
    if (!table_format_find(name, &options->format))
        return error_set(err, "--format: value '%s'; allowed: %s", name, table_format_names());
    if (options->page && options->format_name)
        return error_set(err, "--html writes a page; --format '%s' does not go with it", name);
    const size_t length = options->page ? strlen(options->page) : 0;
    if (length > 3 && strcmp(options->page + length - 3, ".h5") == 0)
        return error_set(err, "--html: value '%s'; allowed: the page to write, as report.html",
                         options->page);
    return true;
}

static bool parse_command_line(int argc, char **argv, struct report_options *options, bool *help,
                               struct error *err)
{
    char format_help[96], table_help[192];
    snprintf(format_help, sizeof format_help, "%s (default: text)", table_format_names());
    snprintf(table_help, sizeof table_help, "%s; may be repeated (default: all but rivals)",
             report_table_names());
    const struct cli_option table[] = {
        {"--format", "FORMAT",    CLI_TEXT, &options->format_name, 0, 0, format_help                    },
        {"--html",   "PAGE.html", CLI_TEXT, &options->page,        0, 0,
         "write a page with tables, figures and provenance instead, which needs nothing else to be read"},
        {"--table",  "NAME",      CLI_LIST, &options->tables,      0, 0, table_help                     },
        {"--rivals", NULL,        CLI_FLAG, &options->rivals,      0, 0,
         "the methods on one page: --table rivals"                                                      },
    };
    const struct cli cli = {"reslice report FILE... [options]",
                            "Prints tables of accuracy, non-zero slices, ADC bits, ADC cost and "
                            "crossbars from result files.",
                            table, sizeof table / sizeof table[0]};
    if (!cli_parse(&cli, argc, argv, &options->files, help, err) || *help)
        return *help;
    if (!choose_format(options, err))
        return false;
    if (options->files.count == 0)
        return error_set(err, "report: no result files given; usage: %s", cli.usage);
    return choose_tables(options, err);
}

/* On rank 0. Returns the exit status. */
static int write_report(const struct report_options *options, struct error *err)
{
    if (!options->page)
        return report_print(options->files.text, options->files.count, options->wanted,
                            options->format, err)
                   ? 0
                   : ERROR_STATUS_USER;
    const int status = report_page_write(options->files.text, options->files.count, options->wanted,
                                         options->page, err);
    if (status == 0)
        log_info("%s", options->page);
    return status;
}

int command_report(int argc, char **argv)
{
    struct report_options options = {.format = TABLE_TEXT};
    struct error err;
    bool help;
    int status = parse_command_line(argc, argv, &options, &help, &err) ? 0 : ERROR_STATUS_USER;
    if (status == 0 && !help) {
        if (comm_rank() == 0)
            status = write_report(&options, &err);
        comm_broadcast(&status, sizeof status);
    }
    if (status != 0)
        log_error("%s", err.text); /* rank 0 speaks, and has the line */
    return status;
}
