/* reslice export: the crossbars of trained networks, for other simulators. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "result/export.h"
#include "result/reopen.h"
#include "result/result.h"
#include "settings/crossbar_settings.h"
#include "store/overwrite.h"

struct export_options {
    struct cli_list files, sets;
    const char *output;
};

static bool check_output(void *context, struct error *err)
{
    const struct export_options *options = context;
    return !options->output || options->files.count == 1 ||
           error_set(err, "-o: names one file, but there are %zu results", options->files.count);
}

static bool parse_command_line(struct export_options *options, struct cli_call call, int *status)
{
    /* clang-format off */
    const struct cli_option table[] = {
        {"-o", "FILE", CLI_TEXT, &options->output,
         .meaning = "what is written, instead of crossbars/RESULT.h5 beside RESULT.h5"},
        {"--set", "PATH=VALUE", CLI_LIST, &options->sets,
         .meaning = "override a setting of the run, e.g. crossbar.rows=64; may be repeated"},
    };
    /* clang-format on */
    const struct cli cli = {.usage = "reslice export RESULT.h5... [options]",
                            .about = "Writes the cells of every crossbar array, and the weight "
                                     "codes, in a layout for other\nsimulators (src/README.md; "
                                     "experiments/load_crossbars.py reads it).",
                            .options = table,
                            .count = sizeof table / sizeof *table,
                            .operand = "result file",
                            .fewest = 1,
                            .most = CLI_LIST_MAX,
                            .check = check_output,
                            .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

/* DIR/crossbars/RUN.h5 for DIR/RUN.h5: a pattern of results, results/RUN*.h5, does not find it. */
static void choose_path(char path[RESULT_PATH], const char *result, const char *wanted)
{
    const char *slash = strrchr(result, '/');
    const int folder = slash ? (int)(slash + 1 - result) : 0;
    if (wanted)
        snprintf(path, RESULT_PATH, "%s", wanted);
    else
        snprintf(path, RESULT_PATH, "%.*scrossbars/%s", folder, result, result + folder);
}

static bool export_file(const struct export_options *options, const char *result, struct error *err)
{
    const struct experiment_overrides sets = {options->sets.count, options->sets.text, NULL};
    struct reopened reopened;
    char path[RESULT_PATH];
    if (strlen(result) + 16 > RESULT_PATH ||
        (options->output && strlen(options->output) >= RESULT_PATH))
        return error_set(err, "export: a path is too long; allowed: %d characters",
                         RESULT_PATH - 16);
    if (!reopen_network(&reopened, result, sets, err))
        return false;
    choose_path(path, result, options->output);
    const bool fine = overwrite_check(path, EXPORT_FORMAT, true, err);
    if (fine) {
        overwrite_make_folder(path);
        const struct experiment *experiment = &reopened.experiment;
        export_write(path, &reopened.net, settings_crossbar_format(reopen_settings_of(&reopened)),
                     (struct export_source){result, experiment->name, experiment->runs[0].name});
        log_info("%s -> %s", result, path);
    }
    reopen_close(&reopened);
    return fine;
}

int command_export(struct cli_call call)
{
    struct export_options *options = MEM_NEW(struct export_options, 1);
    struct error err;
    int status;
    bool fine = parse_command_line(options, call, &status);
    for (size_t f = 0; fine && f < options->files.count; f++) {
        fine = export_file(options, options->files.text[f], &err);
        if (!fine) {
            log_error("%s", err.text);
            status = error_status(&err);
        }
    }
    mem_free(options);
    return status;
}
