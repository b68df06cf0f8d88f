/* reslice crossbar: runs a trained network on crossbars, finds the converters that it needs, and adds
 * both to its result file. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/adc_option.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/crossbar_text.h"
#include "cli/device_options.h"
#include "cli/run_state.h"
#include "cli/trained_adc.h"
#include "data/digest.h"
#include "result/reopen.h"
#include "result/result_files.h"
#include "result/result_provision.h"
#include "settings/crossbar_settings.h"
#include "simulate/provision.h"
#include "store/lock.h"
#include "train/checkpoint.h"

struct crossbar_options {
    struct cli_list files, adc, sets;
    const char *data, *calibrate;
    const char *signs_name, *transfer_name; /* NULL: those of the run */
    double loss;                            /* percent points */
    int64_t samples, test, fewest;
    struct device_options device;
    bool selftest, quick, per_layer, exhaustive;
};

/* ---- command line ---- */

/* What needs no file to be found wrong. */
static bool check_values(void *context, struct error *err)
{
    struct crossbar_options *options = context;
    enum readout_signs signs;
    enum readout_transfer transfer;
    if (options->signs_name && !readout_signs_find(options->signs_name, &signs))
        return error_set(err, "--signs: value '%s'; allowed: %s", options->signs_name,
                         readout_signs_names());
    if (options->transfer_name && !readout_transfer_find(options->transfer_name, &transfer))
        return error_set(err, "--transfer: value '%s'; allowed: %s", options->transfer_name,
                         readout_transfer_names());
    if (options->calibrate && strcmp(options->calibrate, "validation") != 0 &&
        strcmp(options->calibrate, "train") != 0)
        return error_set(err, "--calibrate: value '%s'; allowed: validation, train",
                         options->calibrate);
    return device_options_check(&options->device, err);
}

static bool parse_command_line(struct crossbar_options *options, struct cli_call call, int *status)
{
    /* clang-format off */
    const struct cli_option own[] = {
        {"--adc", "BITS", CLI_LIST, &options->adc,
         .meaning = "also simulate these ADC bits, most significant slice first, as 1,3,3,3; may "
                    "be repeated"},
        {"--loss", "POINTS", CLI_REAL, &options->loss, .low = 0, .high = 100,
         .unit = "percent points", .meaning = "accuracy that provisioning may lose"},
        {"--calibrate", "PART", CLI_TEXT, &options->calibrate,
         .meaning = "samples to provision on: validation or train, instead of validation where "
                    "there are any"},
        {"--samples", "N", CLI_INTEGER, &options->samples, .low = 1, .high = 1e9,
         .meaning = "use only the first so many of them"},
        {"--test", "N", CLI_INTEGER, &options->test, .low = 0, .high = 1e9,
         .meaning = "use only the first so many test samples; 0 = all"},
        {"--signs", "HOW", CLI_TEXT, &options->signs_name,
         .meaning = "negative weights: differential (two ADCs), analog (subtract, then one ADC) "
                    "or offset; instead of the run's adc.signs"},
        {"--transfer", "HOW", CLI_TEXT, &options->transfer_name,
         .meaning = "ADC: clip (one code a cell level), scaled (by a power of two) or linear (full "
                    "range); instead of the run's adc.transfer"},
        {"--fewest", "BITS", CLI_INTEGER, &options->fewest, .low = 0, .high = 9, .unit = "bits",
         .meaning = "fewest ADC bits of a slice; 0 may leave slices out"},
        {"--per-layer", NULL, CLI_FLAG, &options->per_layer,
         .meaning = "then take bits away layer by layer too"},
        {"--exhaustive", NULL, CLI_FLAG, &options->exhaustive,
         .meaning = "try every combination of bits, cheapest first: slower, but nothing cheaper is "
                    "missed"},
        {"--quick", NULL, CLI_FLAG, &options->quick,
         .meaning = "leave out the bits by accuracy of each layer, slice and sign on its own"},
        {"--selftest", NULL, CLI_FLAG, &options->selftest,
         .meaning = "first compare every integer at full resolution with the exact product"},
        {"--set", "PATH=VALUE", CLI_LIST, &options->sets,
         .meaning = "override a setting of the run, e.g. crossbar.rows=64; may be repeated"},
        {"--data", "DIR", CLI_TEXT, &options->data,
         .meaning = "where the data set is, instead of $RESLICE_DATA, ./data, "
                    "/usr/share/datasets"},
    };
    /* clang-format on */
    enum { OWN = sizeof own / sizeof *own };
    struct cli_option table[OWN + DEVICE_OPTIONS];
    memcpy(table, own, sizeof own);
    device_options_table(&options->device, table + OWN);
    const struct cli cli = {.usage = "reslice crossbar RESULT.h5... [options]",
                            .about = "Runs trained networks on crossbars, finds the ADC bits that "
                                     "each slice needs, and adds both to the result files.",
                            .options = table,
                            .count = OWN + DEVICE_OPTIONS,
                            .operand = "result file",
                            .fewest = 1,
                            .most = CLI_LIST_MAX,
                            .check = check_values,
                            .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

/* ---- what needs the settings of a file ---- */

/* What was asked for, else the run's own: of a run without converters the standard ones. */
static const char *signs_name(const struct crossbar_options *options,
                              const struct settings *settings)
{
    return options->signs_name ? options->signs_name : settings->adc.signs;
}

static const char *transfer_name(const struct crossbar_options *options,
                                 const struct settings *settings)
{
    return options->transfer_name ? options->transfer_name : settings->adc.transfer;
}

static enum readout_signs signs_of(const struct crossbar_options *options,
                                   const struct settings *settings)
{
    enum readout_signs signs;
    readout_signs_find(signs_name(options, settings), &signs);
    return signs;
}

static enum readout_transfer transfer_of(const struct crossbar_options *options,
                                         const struct settings *settings)
{
    enum readout_transfer transfer;
    readout_transfer_find(transfer_name(options, settings), &transfer);
    return transfer;
}

static struct crossbar_format mapped_format(const struct crossbar_options *options,
                                            const struct settings *settings)
{
    return readout_format(settings_crossbar_format(settings), signs_of(options, settings));
}

static bool check_settings(const struct crossbar_options *options, const char *path,
                           const struct settings *settings, struct error *err)
{
    int bits[CROSSBAR_MAX_SLICES];
    if (!settings->fixed_point.quantise)
        return error_set(err, "%s: a run in plain floating point has no codes to map", path);
    for (size_t i = 0; i < options->adc.count; i++)
        if (!adc_option_parse("--adc", options->adc.text[i], mapped_format(options, settings), bits,
                              err))
            return false;
    if (options->calibrate && strcmp(options->calibrate, "validation") == 0 &&
        settings->data.validation == 0)
        return error_set(err,
                         "%s: --calibrate validation: the run kept no validation samples "
                         "(data.validation is 0); allowed: train",
                         path);
    return true;
}

/* A mistake in any file or option is found before there is work that it could undo. */
static bool check_file(const struct crossbar_options *options, const char *path, struct error *err)
{
    const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                              options->data};
    struct experiment experiment;
    if (!reopen_settings(&experiment, path, sets, err))
        return false;
    const bool fine = check_settings(options, path, &experiment.runs[0].settings, err);
    experiment_free(&experiment);
    return fine;
}

/* ---- one file ---- */

struct session {
    const struct crossbar_options *options;
    const char *path;
    struct reopened reopened;
    struct simulation simulation;
    struct inference inference;
    struct evaluate_job calibration, test;
    uint64_t compared; /* by the self-test */
};

static size_t at_most(int64_t wanted, size_t available)
{
    return wanted > 0 && (size_t)wanted < available ? (size_t)wanted : available;
}

static enum reopen_part choose_samples(struct session *session)
{
    const struct crossbar_options *options = session->options;
    const bool has_validation = reopen_count(&session->reopened, REOPEN_VALIDATION) > 0;
    const bool wants_train = options->calibrate && strcmp(options->calibrate, "train") == 0;
    const enum reopen_part part = has_validation && !wants_train ? REOPEN_VALIDATION : REOPEN_TRAIN;
    const size_t count = at_most(options->samples, reopen_count(&session->reopened, part));
    session->calibration = reopen_evaluation(&session->reopened, part, count);
    session->test =
        reopen_evaluation(&session->reopened, REOPEN_TEST,
                          at_most(options->test, reopen_count(&session->reopened, REOPEN_TEST)));
    return part;
}

/* False when the simulator is wrong. */
static bool run_selftest(struct session *session, struct error *err)
{
    const struct evaluation exact = evaluate(&session->test);
    const struct evaluation own = inference_selftest(&session->inference, session->test);
    session->compared = session->inference.compared;
    if (session->inference.differences > 0 || own.accuracy != exact.accuracy ||
        own.loss != exact.loss)
        return error_set(err,
                         "%s: self-test FAILED: %llu of %llu integers differ from the exact "
                         "product; accuracy %.17g on crossbars, %.17g in evaluation",
                         session->path, (unsigned long long)session->inference.differences,
                         (unsigned long long)session->compared, own.accuracy, exact.accuracy);
    log_info("self-test: at full resolution (%d bits for %d rows) all %llu outputs of all layers "
             "are the exact integer products, and loss and accuracy (%.2f %%) those of evaluation",
             readout_full_bits(session->simulation.format), session->simulation.format.rows,
             (unsigned long long)session->compared, 100 * own.accuracy);
    return true;
}

/* The choices that come from outside, and the paper's; --adc has been checked. */
static void add_wanted(struct trials *trials, const struct crossbar_options *options)
{
    const struct crossbar_format format = trials->inference->simulation->format;
    int bits[CROSSBAR_MAX_SLICES];
    char name[TRIALS_NAME];
    struct error none;
    const bool has_paper = trials->slices == 4 && options->adc.count == 0;
    work_line_start(&trials->line, "choices", 2 * (1 + options->adc.count + has_paper));
    for (int k = 0; k < trials->slices; k++)
        bits[k] = 8;
    trials_add(trials, "8 bits", bits);
    for (size_t i = 0; i < options->adc.count; i++) {
        adc_option_parse("--adc", options->adc.text[i], format, bits, &none);
        snprintf(name, sizeof name, "(%s)", options->adc.text[i]);
        trials_add(trials, name, bits);
    }
    if (has_paper)
        trials_add(trials, "paper (1,3,3,3)", (int[]){3, 3, 3, 1});
}

static void finish_file(struct session *session, struct provision *provision, enum reopen_part part,
                        struct device_settings devices)
{
    const struct crossbar_options *options = session->options;
    const struct settings *s = reopen_settings_of(&session->reopened);
    const bool has_devices = devices.seeds > 0;
    struct device_runs runs;
    if (has_devices)
        device_runs_create(&runs, provision->trials, devices);
    const struct result_setup setup = {.signs = signs_name(options, s),
                                       .transfer = transfer_name(options, s),
                                       .calibration = part == REOPEN_TRAIN ? "train" : "validation",
                                       .calibration_samples = session->calibration.count,
                                       .test_samples = session->test.count,
                                       .devices = has_devices ? &runs : NULL,
                                       .variation = options->device.variation,
                                       .leakage = options->device.leakage,
                                       .selftest_compared = session->compared};
    crossbar_print(provision, &setup);
    result_write_provision(session->path, provision, &setup);
    if (has_devices)
        device_runs_destroy(&runs);
}

static void provision_file(struct session *session, enum reopen_part part)
{
    const struct crossbar_options *options = session->options;
    const struct provision_settings settings = {(int)options->fewest, !options->quick,
                                                options->per_layer, options->exhaustive};
    const struct settings *s = reopen_settings_of(&session->reopened);
    const size_t counted = at_most(s->crossbar.samples, session->test.count);
    struct trials trials;
    struct provision provision;
    struct device_settings devices =
        device_options_settings(&options->device, session->simulation.format.cell_bits);
    devices.samples = at_most((int64_t)devices.samples, session->test.count);
    trials_create(&trials, &session->inference, session->calibration, session->test, counted,
                  options->loss / 100);
    trained_adc_refer(&trials, s, signs_name(options, s), transfer_name(options, s));
    add_wanted(&trials, options);
    provision_run(&provision, &trials, settings);
    finish_file(session, &provision, part, devices);
    provision_destroy(&provision);
    trials_destroy(&trials);
}

/* False when the self-test fails. */
static bool work_on(struct session *session, struct error *err)
{
    const struct crossbar_options *options = session->options;
    const enum reopen_part part = choose_samples(session);
    const struct settings *s = reopen_settings_of(&session->reopened);
    simulation_create(&session->simulation, &session->reopened.net, settings_crossbar_format(s),
                      signs_of(options, s));
    result_check_provision(session->path, &session->simulation);
    inference_create(&session->inference, &session->simulation);
    const bool fine = !options->selftest || run_selftest(session, err); /* converters that clip */
    for (int l = 0; l < session->simulation.layers; l++)
        session->inference.readout[l].transfer = transfer_of(options, s);
    if (fine)
        provision_file(session, part);
    inference_destroy(&session->inference);
    simulation_destroy(&session->simulation);
    return fine;
}

/* Whether another data set than the run's is asked for, by --set. */
static bool asks_for_data(const struct cli_list *sets)
{
    bool asks = false;
    for (size_t i = 0; i < sets->count; i++)
        asks = asks || strncmp(sets->text[i], "data.name=", strlen("data.name=")) == 0 ||
               strncmp(sets->text[i], "data.file=", strlen("data.file=")) == 0;
    return asks;
}

/* Under the lock, so that it is the run that the result file has now: it may have been trained anew
 * since it was checked. */
static bool load_and_work(struct session *session, struct error *err)
{
    const struct crossbar_options *options = session->options;
    const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                              options->data};
    struct reopened *reopened = &session->reopened;
    if (!reopen_with_data(reopened, session->path, options->data, sets, err))
        return false;
    log_info("%s: run %s of %s", session->path, reopened->experiment.runs[0].name,
             reopened->experiment.name);
    run_warn_if_stale(session->path, comm_rank() == 0 && !asks_for_data(&options->sets)
                                         ? digest_of_set(&reopened->set)
                                         : JUDGE_UNKNOWN);
    const bool fine = check_settings(options, session->path, reopen_settings_of(reopened), err) &&
                      work_on(session, err);
    reopen_close(reopened);
    return fine;
}

/* One process at a time works on a file, and none while the run is being trained anew. Returns the
 * status; not 0: with a line. */
static int visit_file(const struct crossbar_options *options, const char *path, struct error *err)
{
    struct session *session = MEM_NEW(struct session, 1);
    struct lock lock = {.fd = -1};
    const double start_s = comm_time_s();
    int status = ERROR_STATUS_ENVIRONMENT;
    session->options = options;
    session->path = path;
    if (comm_agree(comm_rank() != 0 || lock_take(&lock, path, err), err)) {
        status = load_and_work(session, err) ? 0 : error_status(err);
        lock_release(&lock);
    }
    mem_free(session);
    if (status == 0)
        log_info("%.1f s -> %s, groups /crossbars and /adc", comm_time_s() - start_s, path);
    return status;
}

/* Returns the status; not 0: with a line. */
static int visit_files(struct crossbar_options *options, struct error *err)
{
    struct cli_list *files = &options->files;
    if (!result_files_keep(files->text, &files->count, err))
        return error_status(err);
    for (size_t f = 0; f < files->count; f++)
        if (!check_file(options, files->text[f], err))
            return error_status(err);
    int status = 0;
    for (size_t f = 0; status == 0 && f < files->count; f++)
        status = visit_file(options, files->text[f], err);
    return status;
}

int command_crossbar(struct cli_call call)
{
    struct crossbar_options *options = MEM_NEW(struct crossbar_options, 1);
    struct error err;
    int status;
    options->loss = 0.5;
    options->samples = 5000;
    options->fewest = 1;
    if (parse_command_line(options, call, &status)) {
        status = visit_files(options, &err);
        if (status != 0)
            log_error("%s", err.text);
    }
    mem_free(options);
    return status;
}
