/* reslice summary: what a network will take, layer by layer, before any training. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/input_shape.h"
#include "cli/summary_tables.h"
#include "nn/models.h"
#include "result/reopen.h"
#include "settings/build_network.h"
#include "settings/data_settings.h"
#include "settings/experiment.h"

enum { NAMES = 64 };

struct summary_options {
    struct cli_list files, sets;
    const char *run, *input, *format_name, *data;
    int64_t classes; /* 0: those of the data set */
    enum table_format format;
    struct model_input shape; /* of --input */
};

/* ---- command line ---- */

static bool check_options(void *context, struct error *err)
{
    struct summary_options *options = context;
    char names[NAMES];
    table_format_names(names, sizeof names);
    if (!table_format_find(options->format_name, &options->format))
        return error_set(err, "--format: value '%s'; allowed: %s", options->format_name, names);
    return !options->input ||
           input_shape_parse(options->input, INPUT_SHAPE_CHANNELS, &options->shape, err);
}

static bool parse_command_line(struct summary_options *options, struct cli_call call, int *status)
{
    char names[NAMES];
    table_format_names(names, sizeof names);
    /* clang-format off */
    const struct cli_option table[] = {
        {"--run", "NAME", CLI_TEXT, &options->run,
         .meaning = "the run of the experiment file that is shown, instead of its first"},
        {"--set", "PATH=VALUE", CLI_LIST, &options->sets,
         .meaning = "a setting, e.g. crossbar.rows=64, training.batch=256; may be repeated"},
        {"--input", "CxHxW", CLI_TEXT, &options->input,
         .meaning = "images of so many channels, rows and columns, as 3x224x224, instead of the "
                    "data set's"},
        {"--classes", "N", CLI_INTEGER, &options->classes, .low = 1, .high = INPUT_SHAPE_CLASSES,
         .meaning = "instead of the data set's"},
        {"--data", "DIR", CLI_TEXT, &options->data,
         .meaning = "where the files of data.file are, instead of $RESLICE_DATA, ./data, "
                    "/usr/share/datasets"},
        {"--format", "FORMAT", CLI_TEXT, &options->format_name, .meaning = names},
    };
    /* clang-format on */
    const struct cli cli = {
        .usage = "reslice summary EXPERIMENT.yaml|RESULT.h5|NETWORK [options]",
        .about = "Lists the layers of a network before any training: shapes, weights, "
                 "multiply-accumulates,\ncrossbar arrays, the ADC bits that lose nothing, "
                 "conversions, and the memory of a rank.\nA network is an experiment file, a "
                 "result file or the name of a built-in one.",
        .options = table,
        .count = sizeof table / sizeof *table,
        .operand = "network",
        .fewest = 1,
        .most = 1,
        .check = check_options,
        .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

/* ---- which network ---- */

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* An experiment whose only run is the network, with the standard settings. */
static bool model_experiment(struct experiment *experiment, const struct summary_options *options,
                             struct experiment_overrides sets, struct error *err)
{
    const char *name = options->files.text[0];
    struct model_input input;
    char yaml[256];
    if (!model_usual_input(name, &input))
        return error_set(err, "summary: '%.200s'; allowed: EXPERIMENT.yaml, RESULT.h5, %s", name,
                         model_names());
    if (options->run)
        return error_set(err, "--run: value '%s'; a built-in network has no runs", options->run);
    snprintf(yaml, sizeof yaml,
             "experiment: summary\nruns:\n  - name: %s\n    network: {model: %s}\n"
             "    training: {select: last}\n",
             name, name);
    return experiment_parse(experiment, "summary", yaml, strlen(yaml), sets, err);
}

/* The run that is shown, of those of a file; NULL with a line. */
static const struct experiment_run *find_run(const struct experiment *experiment, const char *file,
                                             const char *name, struct error *err)
{
    for (size_t r = 0; r < experiment->run_count; r++)
        if (!name || strcmp(experiment->runs[r].name, name) == 0)
            return &experiment->runs[r];
    error_set(err, "--run: value '%s'; %s has no such run (reslice train %s --list)", name, file,
              file);
    return NULL;
}

static bool read_experiment(struct experiment *experiment, const struct summary_options *options,
                            struct error *err)
{
    const char *file = options->files.text[0];
    const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                              options->data};
    if (ends_with(file, ".yaml") || ends_with(file, ".yml"))
        return experiment_load(experiment, file, sets, err);
    if (ends_with(file, ".h5"))
        return reopen_settings(experiment, file, sets, err);
    return model_experiment(experiment, options, sets, err);
}

/* Whether --set names the data set. */
static bool sets_data(const struct cli_list *sets)
{
    for (size_t i = 0; i < sets->count; i++)
        if (strncmp(sets->text[i], "data.name=", strlen("data.name=")) == 0 ||
            strncmp(sets->text[i], "data.file=", strlen("data.file=")) == 0)
            return true;
    return false;
}

/* Shape and classes: the options', else those of the data set that is named, else what the built-in
 * network was made for. */
static void choose_shape(struct dataset *set, const struct settings *settings,
                         const struct summary_options *options)
{
    struct model_input usual;
    data_settings_describe(set, settings);
    if (!sets_data(&options->sets) && model_usual_input(options->files.text[0], &usual)) {
        set->channels = usual.channels;
        set->height = usual.height;
        set->width = usual.width;
        set->classes = usual.classes;
        snprintf(set->name, sizeof set->name, "images");
    }
    if (options->input) {
        set->channels = options->shape.channels;
        set->height = options->shape.height;
        set->width = options->shape.width;
        snprintf(set->name, sizeof set->name, "--input");
    }
    if (options->classes)
        set->classes = (int)options->classes;
}

static bool summarise(const struct experiment *experiment, const struct summary_options *options,
                      struct error *err)
{
    const struct experiment_run *run =
        find_run(experiment, options->files.text[0], options->run, err);
    struct dataset set;
    if (!run)
        return false;
    choose_shape(&set, &run->settings, options);
    if (!build_network_fits(&run->settings, &set, err))
        return false;
    if (comm_rank() == 0)
        summary_tables_print(run, &set, options->format);
    return true;
}

int command_summary(struct cli_call call)
{
    struct summary_options *options = MEM_NEW(struct summary_options, 1);
    struct experiment experiment = {0};
    struct error err;
    int status;
    options->format_name = "text";
    if (parse_command_line(options, call, &status)) {
        const bool fine = read_experiment(&experiment, options, &err) &&
                          summarise(&experiment, options, &err) && log_arrived(&err);
        if (!fine) {
            log_error("%s", err.text);
            status = error_status(&err);
        }
        experiment_free(&experiment);
    }
    mem_free(options);
    return status;
}
