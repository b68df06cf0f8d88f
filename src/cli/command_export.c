/* reslice export: the crossbars of trained networks, for other simulators. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "data/dataset.h"
#include "result/export.h"
#include "result/reopen.h"
#include "result/result.h"
#include "settings/build_network.h"
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
         .meaning = "what is written, instead of RESULT.crossbars.h5 beside RESULT.h5"},
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

/* The network of a result file; needs no data. network_destroy is due when it is true. */
static bool load_network(struct network *net, const struct settings *settings, const char *path,
                         struct error *err)
{
    const struct pass pass = {.quantise = true, .bits = (int)settings->fixed_point.bits};
    struct dataset set;
    if (!settings->fixed_point.quantise)
        return error_set(err, "%s: a run in plain floating point has no codes to map", path);
    dataset_describe(&set, settings->data.name);
    if (!build_network_check_image(settings, &set, err))
        return false;
    build_network(net, settings, &set, 1);
    if (result_load_network(path, net, err) &&
        (network_prepare(net, &pass) || error_set(err, "%s: a weight is not finite", path)))
        return true;
    network_destroy(net);
    return false;
}

static void choose_path(char path[RESULT_PATH], const char *result, const char *wanted)
{
    const size_t n = strlen(result);
    const bool has_end = n > 3 && strcmp(result + n - 3, ".h5") == 0;
    if (wanted)
        snprintf(path, RESULT_PATH, "%s", wanted);
    else
        snprintf(path, RESULT_PATH, "%.*s.crossbars.h5", (int)(has_end ? n - 3 : n), result);
}

static bool export_file(const struct export_options *options, const char *result, struct error *err)
{
    const struct experiment_overrides sets = {options->sets.count, options->sets.text};
    struct experiment experiment;
    struct network net;
    char path[RESULT_PATH];
    if (strlen(result) + 16 > RESULT_PATH ||
        (options->output && strlen(options->output) >= RESULT_PATH))
        return error_set(err, "export: a path is too long; allowed: %d characters",
                         RESULT_PATH - 16);
    if (!loaded_settings(&experiment, result, sets, err))
        return false;
    choose_path(path, result, options->output);
    const struct settings *settings = &experiment.runs[0].settings;
    const bool fine = overwrite_check(path, EXPORT_FORMAT, true, err) &&
                      load_network(&net, settings, result, err);
    if (fine) {
        export_write(path, &net, settings_crossbar_format(settings),
                     (struct export_source){result, experiment.name, experiment.runs[0].name});
        network_destroy(&net);
        log_info("%s -> %s", result, path);
    }
    experiment_free(&experiment);
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
