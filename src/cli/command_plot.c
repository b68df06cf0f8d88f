/* reslice plot: figures from result files. Rank 0 reads and draws, the others wait. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/rows.h"
#include "result/result_files.h"
#include "store/folder.h"

enum { PLOT_PATH = 4096 };

static const char usage[] = "reslice plot RESULT.h5... -o DIR [options]";

struct plot_options {
    struct cli_list files;
    const char *folder, *format_name;
    enum plot_format format;
    bool keep;
};

static bool check_options(void *context, struct error *err)
{
    struct plot_options *options = context;
    char formats[32];
    plot_format_names(formats, sizeof formats);
    if (!plot_format_find(options->format_name, &options->format))
        return error_set(err, "--format: value '%s'; allowed: %s", options->format_name, formats);
    return options->folder || error_set(err, "plot: where to? -o DIR is missing; usage: %s", usage);
}

static bool parse_command_line(struct plot_options *options, struct cli_call call, int *status)
{
    char formats[32], format_help[96];
    plot_format_names(formats, sizeof formats);
    snprintf(format_help, sizeof format_help, "%s; png has 288 dots an inch", formats);
    /* clang-format off */
    const struct cli_option table[] = {
        {"--output", "DIR", CLI_TEXT, &options->folder,
         .meaning = "where the figures go, made when it is missing (-o for short)"},
        {"-o", "DIR", CLI_TEXT, &options->folder, .meaning = "the same"},
        {"--format", "FORMAT", CLI_TEXT, &options->format_name, .meaning = format_help},
        {"--keep", NULL, CLI_FLAG, &options->keep,
         .meaning = "keep each figure's gnuplot script (.gp) and numbers (.dat) beside it"},
    };
    /* clang-format on */
    const struct cli cli = {.usage = usage,
                            .about = "Draws training curves, non-zero slices, weights per digit, "
                                     "bitline currents, accuracy by ADC bits and energy against "
                                     "accuracy.",
                            .options = table,
                            .count = sizeof table / sizeof *table,
                            .operand = "result file",
                            .fewest = 1,
                            .most = CLI_LIST_MAX,
                            .check = check_options,
                            .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

/* ---- the figures' way out of the temporary folder ---- */

static bool publish(const struct plot_options *options, const struct figure_file *file,
                    const char *ending, struct error *err)
{
    char from[PLOT_PATH], to[PLOT_PATH];
    snprintf(from, sizeof from, "%s/%s.%s", file->folder, file->name, ending);
    snprintf(to, sizeof to, "%s/%s.%s", options->folder, file->name, ending);
    return rename(from, to) == 0
               ? true
               : error_set(err, "file '%s': cannot rename to '%s': %s", from, to, strerror(errno));
}

static bool take_figure(void *context, const struct figure_file *file, struct error *err)
{
    const struct plot_options *options = context;
    const char *ending = plot_format_name(options->format);
    if (!publish(options, file, ending, err) ||
        (options->keep &&
         (!publish(options, file, "gp", err) || !publish(options, file, "dat", err))))
        return false;
    log_info("%s/%s.%s", options->folder, file->name, ending);
    return true;
}

/* On rank 0. Returns the exit status. */
static int plot_files(struct plot_options *options, struct error *err)
{
    struct report report;
    if (!gnuplot_is_there()) {
        error_set(err, "%s", gnuplot_missing);
        return ERROR_STATUS_ENVIRONMENT;
    }
    enum figures_state state = FIGURES_BAD_FILE;
    if (report_load(&report, options->files.text, options->files.count, err)) {
        state =
            folder_make(options->folder, err)
                ? figures_draw(&report, options->format, options->folder, take_figure, options, err)
                : FIGURES_BAD_FILE;
    }
    report_free(&report);
    return state == FIGURES_FINE       ? 0
           : state == FIGURES_BAD_FILE ? error_status(err)
                                       : ERROR_STATUS_ENVIRONMENT;
}

int command_plot(struct cli_call call)
{
    struct plot_options options = {.format_name = "svg"};
    struct error err;
    int status;
    if (!parse_command_line(&options, call, &status))
        return status;
    if (!result_files_keep(options.files.text, &options.files.count, &err))
        status = error_status(&err);
    else if (comm_rank() == 0)
        status = plot_files(&options, &err);
    comm_broadcast(&status, sizeof status);
    if (status != 0)
        log_error("%s", err.text); /* rank 0 speaks, and has the line */
    return status;
}
