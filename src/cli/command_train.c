/* reslice train: the runs of an experiment, in the order of its graph. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/memory_line.h"
#include "cli/run_selection.h"
#include "cli/run_state.h"
#include "cli/train_job.h"
#include "result/result.h"
#include "settings/data_settings.h"
#include "settings/experiment.h"
#include "settings/option_value.h"
#include "store/lock.h"
#include "store/overwrite.h"
#include "train/checkpoint.h"

struct train_options {
    const char *output, *data, *time_limit;
    double checkpoint_minutes, limit_s;
    struct cli_list files, runs, sets;
    int64_t task; /* only this one of the runs asked for; -1: all */
    bool fresh, list;
};

struct session {
    struct train_options options;
    struct experiment experiment;
    struct run_data data;
    struct selection selection;
    bool has_trained;
};

/* ---- checks before any work ---- */

static bool check_run(const struct experiment_run *run, struct error *err)
{
    const struct settings *s = &run->settings;
    if (s->training.shards % comm_size() != 0)
        return error_set(err,
                         "run '%s': %d ranks do not divide training.shards (%lld); allowed: a "
                         "number of ranks that divides it",
                         run->name, comm_size(), (long long)s->training.shards);
    return true;
}

/* The first option by which two runs have different data sets, or NULL. */
static const char *other_data(const struct settings *a, const struct settings *b)
{
    static const char *const paths[] = {"data.name", "data.file", "data.shape", "data.classes"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (!option_value_equal(&options_table[option_find(paths[i])], a, b))
            return paths[i];
    return NULL;
}

static bool check_runs(const struct session *session, struct error *err)
{
    const struct experiment *experiment = &session->experiment;
    for (size_t r = 0; r < experiment->run_count; r++) {
        if (!session->selection.needed[r])
            continue;
        if (!check_run(&experiment->runs[r], err))
            return false;
        const char *other =
            other_data(&experiment->runs[r].settings, &experiment->runs[0].settings);
        if (other)
            return error_set(err,
                             "run '%s': %s differs from the first run's; one data set "
                             "an experiment",
                             experiment->runs[r].name, other);
    }
    return true;
}

/* ---- each run ---- */

static int fail(const struct error *err, int status)
{
    log_error("%s", err->text);
    return status;
}

/* Whether the run's file is there and complete; else *status is not 0 when it stands in the way, and
 * *why says how. */
static bool is_complete(struct session *session, size_t r, const char *path, int *status,
                        struct error *why)
{
    *status = 0;
    if (session->options.fresh && session->selection.wanted[r])
        return false;
    const struct judgement it = run_state(&session->experiment, r, path, &session->data);
    if (it.state == JUDGE_OTHER || it.state == JUDGE_BAD || it.state == JUDGE_IN_USE) {
        *why = it.why;
        *status = error_status(why);
    }
    if (it.state != JUDGE_COMPLETE)
        return false;
    checkpoint_remove(path); /* left by a crash behind the last rename */
    log_info("%s: complete, %s%s%s%s", session->experiment.runs[r].name, path, *it.note ? " (" : "",
             it.note, *it.note ? ")" : "");
    return true;
}

/* Random weights are a result too, but not what somebody wants who is about to import some. */
static void say_untrained(const struct session *session, const struct experiment_run *run)
{
    if (run->parent < 0 && run->settings.epochs == 0)
        log_warn("%s: 0 epochs and no parent, so it keeps random weights; if they are to come from "
                 "elsewhere: reslice import WEIGHTS.h5 --network %s --run %s --output %s --fresh",
                 run->name, session->options.files.text[0], run->name, session->options.output);
}

/* Trains a run that this process has the lock of. */
static int train_locked(struct session *session, size_t r, const char *path)
{
    const struct train_options *options = &session->options;
    struct error err;
    const struct experiment_run *run = &session->experiment.runs[r];
    if (!overwrite_may_write(path, &err) || !run_data_need(&session->data, &run->settings, &err))
        return fail(&err, error_status(&err));
    if (options->fresh && session->selection.wanted[r])
        checkpoint_remove(path);
    say_untrained(session, run);
    if (data_settings_are_own(&run->settings))
        dataset_say(&session->data.set);
    const struct train_job job = {.experiment = &session->experiment,
                                  .run = r,
                                  .set = &session->data.set,
                                  .data_crc = session->data.crc,
                                  .output = options->output,
                                  .path = path,
                                  .file = options->files.text[0],
                                  .checkpoint_s = 60.0 * options->checkpoint_minutes};
    session->has_trained = true;
    return train_job_run(&job);
}

/* Trains a run unless its file is there and complete. */
static int visit_run(struct session *session, size_t r)
{
    const struct experiment *experiment = &session->experiment;
    const struct experiment_run *run = &experiment->runs[r];
    char path[RESULT_PATH];
    struct error err, busy;
    struct lock lock = {.fd = -1};
    int status;
    result_path(path, session->options.output, experiment, run);
    if (is_complete(session, r, path, &status, &err))
        return 0;
    /* what another process works on may look like anything: that it does is what there is to say */
    if (status != 0 && comm_agree(comm_rank() != 0 || lock_is_free(path, &busy), &busy))
        return fail(&err, status);
    if (status != 0)
        return fail(&busy, ERROR_STATUS_ENVIRONMENT);
    if (!comm_all_true(!stop_wanted())) {
        log_info("%s: not started: %s", run->name, stop_reason());
        return ERROR_STATUS_STOPPED;
    }
    if (!comm_agree(comm_rank() != 0 || lock_take(&lock, path, &err), &err))
        return fail(&err, ERROR_STATUS_ENVIRONMENT);
    /* another process may have completed it in between */
    if (!is_complete(session, r, path, &status, &err))
        status = status ? fail(&err, status) : train_locked(session, r, path);
    lock_release(&lock);
    return status;
}

static int train_session(struct session *session)
{
    const struct train_options *options = &session->options;
    struct error err;
    if (!selection_make(&session->selection, &session->experiment, &options->runs, options->task,
                        &err) ||
        !check_runs(session, &err))
        return fail(&err, error_status(&err));
    if (options->list) {
        selection_print(&session->selection, &session->experiment, options->output, &session->data);
        return log_arrived(&err) ? 0 : fail(&err, error_status(&err));
    }
    if (!result_prepare_folder(options->output, &session->experiment, &err))
        return fail(&err, error_status(&err));
    for (size_t r = 0; r < session->experiment.run_count; r++) {
        const int status = session->selection.needed[r] ? visit_run(session, r) : 0;
        if (status != 0)
            return status;
    }
    if (session->has_trained)
        memory_line_print("");
    return 0;
}

static bool check_limit(void *context, struct error *err)
{
    struct train_options *options = context;
    return !options->time_limit || stop_parse_limit(options->time_limit, &options->limit_s, err);
}

static bool parse_command_line(struct train_options *options, struct cli_call call, int *status)
{
    /* clang-format off */
    const struct cli_option table[] = {
        {"--run", "NAME", CLI_LIST, &options->runs,
         .meaning = "train this run (all its variants) and what it comes from; may be repeated"},
        {"--task", "N", CLI_INTEGER, &options->task, .low = 0, .high = EXPERIMENT_RUNS - 1,
         .meaning = "only the N-th of these runs, from 0: for job arrays"},
        {"--list", NULL, CLI_FLAG, &options->list,
         .meaning = "print these runs, one a line for scripts, and train nothing"},
        {"--set", "PATH=VALUE", CLI_LIST, &options->sets,
         .meaning = "override a setting of the file, e.g. training.seed=2; may be repeated"},
        {"--output", "DIR", CLI_TEXT, &options->output,
         .meaning = "results go to DIR/EXPERIMENT/RUN.h5"},
        {"--data", "DIR", CLI_TEXT, &options->data,
         .meaning = "where the data set is, instead of $RESLICE_DATA, ./data, "
                    "/usr/share/datasets"},
        {"--fresh", NULL, CLI_FLAG, &options->fresh,
         .meaning = "train again what is complete or interrupted"},
        {"--checkpoint-minutes", "M", CLI_REAL, &options->checkpoint_minutes, .low = 0, .high = 1e6,
         .unit = "minutes",
         .meaning = "write a checkpoint so often; 0 = only when stopped"},
        {"--time-limit", "TIME", CLI_TEXT, &options->time_limit,
         .meaning = "stop with a checkpoint within this time: minutes, or "
                    "[days-]hours:minutes:seconds"},
    };
    /* clang-format on */
    const struct cli cli = {
        .usage = "reslice train EXPERIMENT.yaml [options]",
        .about =
            "Trains the runs of an experiment; complete ones are skipped, interrupted ones go on.\n"
            "SIGTERM, SIGINT, SIGHUP and SIGUSR1 stop with a checkpoint and exit status 75.",
        .options = table,
        .count = sizeof table / sizeof *table,
        .operand = "experiment file",
        .fewest = 1,
        .most = 1,
        .check = check_limit,
        .context = options};
    return cli_parse(&cli, call, &options->files, status);
}

int command_train(struct cli_call call)
{
    struct session *session = MEM_NEW(struct session, 1);
    struct train_options *options = &session->options;
    struct error err;
    int status;
    options->output = "results";
    options->checkpoint_minutes = 10.0;
    options->task = -1;
    if (parse_command_line(options, call, &status)) {
        session->data.directory = options->data;
        stop_start(options->limit_s);
        const struct experiment_overrides sets = {options->sets.count, options->sets.text,
                                                  options->data};
        status = experiment_load(&session->experiment, options->files.text[0], sets, &err)
                     ? train_session(session)
                     : fail(&err, error_status(&err));
        experiment_free(&session->experiment);
        stop_end();
    }
    run_data_free(&session->data);
    selection_free(&session->selection);
    mem_free(session);
    return status;
}
