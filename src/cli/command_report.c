/* reslice report: tables, or a page, from result files. Rank 0 reads and prints, the others wait. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/run_state.h"
#include "report/published.h"
#include "report/report.h"
#include "report/report_page.h"
#include "report/tables.h"
#include "result/result_files.h"

enum { NAMES = 256 };

struct report_options {
    struct cli_list files, tables;
    const char *format_name, *page, *paper; /* NULL: not given */
    enum table_format format;
    unsigned wanted; /* report_table_find */
    bool rivals;
};

static bool choose_tables(struct report_options *options, struct error *err)
{
    options->wanted = options->rivals ? report_table_find("rivals") : 0;
    if (options->paper)
        options->wanted |= report_table_find("published");
    for (size_t t = 0; t < options->tables.count; t++) {
        const unsigned table = report_table_find(options->tables.text[t]);
        char names[NAMES];
        report_table_names(names, sizeof names, false);
        if (!table)
            return error_set(err, "--table: value '%s'; allowed: %s", options->tables.text[t],
                             names);
        options->wanted |= table;
    }
    return true;
}

/* A page must not replace a result by a slip of the hand. */
static bool choose_format(struct report_options *options, struct error *err)
{
    char names[NAMES];
    table_format_names(names, sizeof names);
    if (!table_format_find(options->format_name, &options->format))
        return error_set(err, "--format: value '%s'; allowed: %s", options->format_name, names);
    const size_t length = options->page ? strlen(options->page) : 0;
    if (length > 3 && strcmp(options->page + length - 3, ".h5") == 0)
        return error_set(err, "--html: value '%s'; allowed: the page to write, as report.html",
                         options->page);
    return true;
}

static bool check_options(void *context, struct error *err)
{
    return choose_format(context, err) && choose_tables(context, err);
}

static bool parse_command_line(struct report_options *options, struct cli_call call, int *status)
{
    char names[NAMES], requested[NAMES], format_help[2 * NAMES], table_help[3 * NAMES];
    table_format_names(names, sizeof names);
    snprintf(format_help, sizeof format_help,
             "%s; json is one array of tables with their columns, rows and notes", names);
    report_table_names(names, sizeof names, false);
    report_table_names(requested, sizeof requested, true);
    snprintf(table_help, sizeof table_help, "%s; may be repeated; all but %s without it", names,
             requested);
    /* clang-format off */
    const struct cli_option table[] = {
        {"--format", "FORMAT", CLI_TEXT, &options->format_name, .meaning = format_help,
         .excluded_by = "--html"},
        {"--html", "PAGE.html", CLI_TEXT, &options->page,
         .meaning = "write a page with tables, figures and provenance instead, which needs nothing "
                    "else to be read"},
        {"--table", "NAME", CLI_LIST, &options->tables, .meaning = table_help},
        {"--paper", "FILE.csv", CLI_TEXT, &options->paper,
         .meaning = "published figures, each above the runs of its name: --table published "
                    "(experiments/paper)",
         .excluded_by = "--html"},
        {"--rivals", NULL, CLI_FLAG, &options->rivals,
         .meaning = "the methods on one page: --table rivals"},
    };
    /* clang-format on */
    const struct cli cli = {.usage = "reslice report FILE... [options]",
                            .about = "Prints tables of accuracy, non-zero slices, ADC bits, ADC "
                                     "cost and crossbars from result files.",
                            .options = table,
                            .count = sizeof table / sizeof *table,
                            .operand = "result file",
                            .fewest = 1,
                            .most = CLI_LIST_MAX,
                            .check = check_options,
                            .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

/* On rank 0. Returns the exit status. */
static int write_report(const struct report_options *options, struct error *err)
{
    static struct published published; /* too large for the stack */
    if (options->paper && !published_read(&published, options->paper, err))
        return error_status(err);
    if (!options->page)
        return report_print(options->files.text, options->files.count, options->wanted,
                            options->paper ? &published : NULL, options->format, err)
                   ? 0
                   : error_status(err);
    const int status = report_page_write(options->files.text, options->files.count, options->wanted,
                                         options->page, err);
    if (status == 0)
        log_info("%s", options->page);
    return status;
}

int command_report(struct cli_call call)
{
    struct report_options options = {.format_name = "text"};
    struct error err;
    int status;
    if (!parse_command_line(&options, call, &status))
        return status;
    if (!result_files_keep(options.files.text, &options.files.count, &err))
        status = error_status(&err);
    for (size_t f = 0; status == 0 && f < options.files.count; f++)
        run_warn_if_stale(options.files.text[f], JUDGE_UNKNOWN);
    if (status == 0 && comm_rank() == 0)
        status = write_report(&options, &err);
    comm_broadcast(&status, sizeof status);
    if (status != 0)
        log_error("%s", err.text); /* rank 0 speaks, and has the line */
    return status;
}
