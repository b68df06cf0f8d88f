/* reslice import: weights that another program trained, as the result file of a run. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/import_file.h"
#include "cli/import_onnx.h"
#include "data/dataset.h"
#include "result/import_check.h"
#include "result/import_weights.h"
#include "nn/models.h"
#include "result/method_counts.h"
#include "result/result.h"
#include "settings/build_network.h"
#include "settings/data_settings.h"
#include "settings/normalise.h"
#include "settings/options.h"
#include "store/overwrite.h"
#include "simulate/currents.h"
#include "train/calibrate.h"
#include "train/run.h"

struct import_options {
    struct cli_list files, sets;
    const char *network, *run, *output, *directory, *data;
    int64_t samples; /* to calibrate on */
    bool fresh, logits, names;
};

struct session {
    struct import_options options;
    const char *weights; /* NULL: none */
    bool is_onnx;
    struct import_onnx onnx;
    char path[RESULT_PATH];
    struct experiment experiment; /* one run without parent and epochs */
    struct dataset set;
    struct training training;
    struct simulation currents;
    struct evaluation exact; /* of the network in floating point, on the test set */
    size_t calibrated;       /* samples */
};

/* ---- command line ---- */

static const char usage[] = "reslice import WEIGHTS.h5 --network WHAT [options], or NETWORK.onnx";

static bool is_file(const char *network)
{
    const size_t n = strlen(network);
    return strchr(network, '/') || (n > 5 && strcmp(network + n - 5, ".yaml") == 0) ||
           (n > 4 && strcmp(network + n - 4, ".yml") == 0);
}

/* With a built-in network an ONNX file is one of weights, which is to be made an HDF5 file. */
static bool reads_onnx(const struct import_options *options)
{
    return options->files.count == 1 && import_onnx_is(options->files.text[0]) &&
           (!options->network || is_file(options->network));
}

static bool check_options(void *context, struct error *err)
{
    const struct import_options *options = context;
    if (reads_onnx(options))
        return true;
    if (!options->network)
        return error_set(err, "import: --network is missing; usage: %s", usage);
    if (options->files.count != (options->names ? 0 : 1))
        return error_set(err, "import: %zu weight files given, expected %s; usage: %s",
                         options->files.count, options->names ? "none" : "one", usage);
    return true;
}

static bool parse_command_line(struct import_options *options, struct cli_call call, int *status)
{
    char network_help[320];
    snprintf(
        network_help, sizeof network_help,
        "a built-in network (%s), or an experiment file that has it; of an ONNX file, which has "
        "a network, an experiment file with the same list of layers",
        model_names());
    /* clang-format off */
    const struct cli_option table[] = {
        {"--network", "WHAT", CLI_TEXT, &options->network,
         .meaning = network_help},
        {"--run", "NAME", CLI_TEXT, &options->run,
         .meaning = "the run of the experiment file whose settings are used, instead of its first"},
        {"--set", "PATH=VALUE", CLI_LIST, &options->sets,
         .meaning = "a setting, e.g. data.name=cifar10, network.depth=32; may be repeated"},
        {"-o", "FILE", CLI_TEXT, &options->output, .excluded_by = "--names",
         .meaning = "the result file, instead of DIR/EXPERIMENT/RUN.h5, where runs that come from "
                    "it look"},
        {"--output", "DIR", CLI_TEXT, &options->directory, .excluded_by = "-o",
         .meaning = "that DIR"},
        {"--data", "DIR", CLI_TEXT, &options->data,
         .meaning = "where the data set is, instead of $RESLICE_DATA, ./data, "
                    "/usr/share/datasets"},
        {"--calibrate", "N", CLI_INTEGER, &options->samples, .low = 1, .high = 1e9,
         .excluded_by = "--names",
         .meaning = "activation exponents hold the largest values over so many training samples"},
        {"--logits", NULL, CLI_FLAG, &options->logits, .excluded_by = "--names",
         .meaning = "store the logits of the test samples too, as /predictions/logit"},
        {"--fresh", NULL, CLI_FLAG, &options->fresh, .excluded_by = "--names",
         .meaning = "replace a result file that is there"},
        {"--names", NULL, CLI_FLAG, &options->names,
         .meaning = "list the names and shapes that the network expects, or the network of an ONNX "
                    "file as an experiment file, and import nothing"},
    };
    /* clang-format on */
    const struct cli cli = {
        .usage = usage,
        .about =
            "Makes a result file from weights that were trained elsewhere (the state_dict of a "
            "PyTorch\nmodel as HDF5, or an ONNX file), for crossbar, report, plot and runs that "
            "come from it.",
        .options = table,
        .count = sizeof table / sizeof *table,
        .operand = "weight file",
        .most = CLI_LIST_MAX,
        .check = check_options,
        .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

/* ---- settings ---- */

/* A convolution makes an input vector a pixel: the currents of so many test samples are counted, unless
 * --set crossbar.samples or an experiment file says otherwise. */
enum { CONVOLUTION_SAMPLES = 100 };

/* An experiment whose only run is the model with the standard settings. */
static bool model_experiment(struct session *session, struct error *err)
{
    const struct import_options *options = &session->options;
    const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                              options->data};
    char yaml[320];
    const int samples = strcmp(options->network, "mlp") == 0 ? 0 : CONVOLUTION_SAMPLES;
    if (options->run)
        return error_set(err, "--run: value '%s'; a built-in network has no runs", options->run);
    if (!option_in_list(model_names(), options->network))
        return error_set(err,
                         "--network: value '%s'; allowed: %s, or an experiment file (NAME.yaml)",
                         options->network, model_names());
    snprintf(yaml, sizeof yaml,
             "experiment: import\nruns:\n  - name: %.64s\n    network: {model: %.64s}\n"
             "    training: {select: last}\n    crossbar: {samples: %d}\n",
             options->network, options->network, samples);
    return experiment_parse(&session->experiment, "--network", yaml, strlen(yaml), sets, err);
}

static bool file_experiment(struct session *session, struct error *err)
{
    const struct import_options *options = &session->options;
    const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                              options->data};
    struct experiment *experiment = &session->experiment;
    if (!experiment_load(experiment, options->network, sets, err))
        return false;
    size_t r = 0;
    while (options->run && r < experiment->run_count &&
           strcmp(experiment->runs[r].name, options->run) != 0)
        r++;
    if (r == experiment->run_count)
        return error_set(err, "--run: value '%s'; %s has no such run (reslice train %s --list)",
                         options->run, options->network, options->network);
    experiment->runs[0] = experiment->runs[r];
    experiment->run_count = 1;
    return true;
}

/* The network is the file's; with an experiment file the settings are that one's. */
static bool onnx_experiment(struct session *session, struct error *err)
{
    const struct import_options *options = &session->options;
    const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                              options->data};
    if (!import_onnx_open(&session->onnx, session->weights, err))
        return false;
    if (options->names)
        return true;
    if (!options->network && options->run)
        return error_set(err, "--run: value '%s'; needs --network", options->run);
    if (!options->network)
        return import_onnx_experiment(&session->onnx, &session->experiment, sets, err);
    return file_experiment(session, err) &&
           import_onnx_fits(&session->onnx, &session->experiment.runs[0], sets, options->network,
                            err);
}

static bool choose_experiment(struct session *session, struct error *err)
{
    if (session->is_onnx)
        return onnx_experiment(session, err);
    return is_file(session->options.network) ? file_experiment(session, err)
                                             : model_experiment(session, err);
}

static bool read_settings(struct session *session, struct error *err)
{
    if (!choose_experiment(session, err))
        return false;
    if (session->is_onnx && session->options.names)
        return true;
    struct experiment_run *run = &session->experiment.runs[0];
    run->parent = -1;
    run->settings.epochs = 0;
    if (run->settings.training.shards % comm_size() == 0)
        return true;
    return error_set(err, "import: %d ranks do not divide training.shards (%lld)", comm_size(),
                     (long long)run->settings.training.shards);
}

static void print_expected(const struct settings *settings, const struct dataset *set)
{
    struct network net;
    build_network(&net, settings, set, 1);
    log_info("inputs: %d x %d x %d, (pixel / 255 - mean) / std of %s:", set->channels, set->height,
             set->width, set->name);
    for (int c = 0; c < set->channels; c++)
        log_info("    channel %d: mean %g, std %g", c, (double)set->mean[c], (double)set->std[c]);
    log_info("classes: %d\n", set->classes);
    import_check_print_expected(&net);
    network_destroy(&net);
}

static bool print_names(const struct session *session, struct error *err)
{
    const struct settings *settings = &session->experiment.runs[0].settings;
    struct dataset set;
    if (!data_settings_are_own(
            settings)) /* the normalisation of an own set comes from its images */
        data_settings_describe(&set, settings);
    else if (!data_settings_load(&set, settings, session->options.data, err))
        return false;
    normalise(&set, settings);
    const bool fits = build_network_check_image(settings, &set, err);
    if (fits)
        print_expected(settings, &set);
    dataset_free(&set);
    return fits;
}

static bool choose_path(struct session *session, struct error *err)
{
    const struct import_options *options = &session->options;
    if (options->output && strlen(options->output) >= RESULT_PATH)
        return error_set(err, "-o: the path is too long; allowed: %d characters", RESULT_PATH - 1);
    if (options->output)
        snprintf(session->path, RESULT_PATH, "%s", options->output);
    else if (!result_prepare_folder(options->directory, &session->experiment, err))
        return false;
    else
        result_path(session->path, options->directory, &session->experiment,
                    &session->experiment.runs[0]);
    return overwrite_check(session->path, "reslice", options->fresh, err);
}

/* ---- work ---- */

/* In floating point: exponents from training samples, then loss and accuracy on the test set. */
static bool calibrate(struct session *session, struct error *err)
{
    struct training *t = &session->training;
    const size_t wanted = (size_t)session->options.samples;
    session->calibrated = wanted < t->train_count ? wanted : t->train_count;
    session->exact =
        calibrate_exponents(training_evaluation(t, &t->set.train, 0, session->calibrated));
    t->is_calibrated = true;
    struct evaluate_job job = training_evaluation(t, &t->set.test, 0, t->test_count);
    job.quantise = false;
    if (session->exact.is_finite)
        session->exact = evaluate(&job);
    return session->exact.is_finite ||
           error_set(err,
                     "%s: activations are not finite: these are not the weights of this "
                     "network, or it did not learn",
                     session->weights);
}

static void write_file(struct session *session)
{
    const char *network = session->options.network;
    const struct import_file file = {
        .path = session->path,
        .weights = session->weights,
        .experiment = network && is_file(network) ? network : "",
        .currents = &session->currents,
        .exact = &session->exact,
        .calibrated = session->calibrated,
        .with_logits = session->options.logits,
    };
    import_file_write(&file, &session->training);
}

/* Pruning and constraints of the run's settings change the weights that come in. */
static void say_accuracy(const struct session *session)
{
    const struct training *t = &session->training;
    char method[256] = "";
    if (t->pruned > 0 || t->constrain)
        method_print_name(&t->run->settings, method, sizeof method);
    log_info("%s: test accuracy %.2f %% in floating point", t->run->name,
             100.0 * session->exact.accuracy);
    if (t->step.quantise)
        log_info("%s: test accuracy %.2f %% with %d bits%s%s, exponents from %zu training samples",
                 t->run->name, 100.0 * t->test.accuracy, t->format.bits,
                 *method ? " and what the run asks for: " : "", method, session->calibrated);
}

/* Before the longest part of the work. */
static void say_samples(const struct training *t)
{
    const size_t wanted = (size_t)t->run->settings.crossbar.samples;
    if (!t->step.quantise)
        return;
    if (wanted > 0 && wanted < t->test_count)
        log_info("%s: bitline currents of the first %zu of %zu test samples; --set "
                 "crossbar.samples=0 counts all",
                 t->run->name, wanted, t->test_count);
    else
        log_info("%s: bitline currents of all %zu test samples; --set crossbar.samples=N counts "
                 "those of the first N",
                 t->run->name, t->test_count);
}

/* The network stands: weights, exponents, evaluation, file. */
static int import_weights(struct session *session, struct error *err)
{
    struct training *t = &session->training;
    const bool fine = session->is_onnx ? import_onnx_fill(&session->onnx, &t->net, err)
                                       : import_weights_load(&t->net, session->weights, err);
    if (!fine || !calibrate(session, err))
        return error_status(err);
    if (session->is_onnx)
        import_onnx_say(&session->onnx, &session->set);
    const int status = run_train(t, NULL, err);
    if (status != 0)
        return status;
    say_accuracy(session);
    say_samples(t);
    currents_count(&session->currents, t);
    write_file(session);
    log_info("-> %s", session->path);
    return 0;
}

static int import_with_data(struct session *session, struct error *err)
{
    const struct settings *settings = &session->experiment.runs[0].settings;
    struct error why;
    int status = ERROR_STATUS_USER;
    if (!data_settings_load(&session->set, settings, session->options.data, &why)) {
        error_set(err, "import finds the exponents of the activations on training samples: %.900s",
                  why.text);
        return status;
    }
    if (data_settings_are_own(settings))
        dataset_say(&session->set);
    if (training_create(&session->training, &session->experiment, 0, &session->set, err)) {
        status = import_weights(session, err);
        simulation_destroy(&session->currents);
        training_destroy(&session->training);
    }
    dataset_free(&session->set);
    return status;
}

static int run_session(struct session *session, struct error *err)
{
    const struct cli_list *files = &session->options.files;
    session->weights = files->count > 0 ? files->text[0] : NULL;
    session->is_onnx = reads_onnx(&session->options);
    if (!read_settings(session, err))
        return ERROR_STATUS_USER;
    if (session->options.names && session->is_onnx) {
        log_info("%s", session->onnx.text);
        return log_arrived(err) ? 0 : error_status(err);
    }
    if (session->options.names)
        return print_names(session, err) && log_arrived(err) ? 0 : error_status(err);
    return choose_path(session, err) ? import_with_data(session, err) : error_status(err);
}

int command_import(struct cli_call call)
{
    struct session *session = MEM_NEW(struct session, 1);
    struct error err;
    int status;
    session->options.directory = "results";
    session->options.samples = 1000;
    if (parse_command_line(&session->options, call, &status)) {
        status = run_session(session, &err);
        if (status != 0)
            log_error("%s", err.text);
    }
    import_onnx_close(&session->onnx);
    experiment_free(&session->experiment);
    mem_free(session);
    return status;
}
