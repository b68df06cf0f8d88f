/* reslice train: the runs of an experiment, in the order of its graph. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "run/checkpoint.h"
#include "run/cli.h"
#include "run/commands.h"
#include "run/experiment.h"
#include "run/lock.h"
#include "run/result.h"
#include "run/stop.h"
#include "run/train_run.h"

struct train_options {
    const char *output, *data, *time_limit;
    double checkpoint_minutes, limit_s;
    struct cli_list runs, sets;
    bool fresh;
};

struct session {
    struct train_options options;
    struct experiment experiment;
    struct dataset set;
    bool set_loaded;
    int64_t data_crc; /* of the set, rank 0 */
    bool *wanted;     /* [run_count] asked for by --run, or all */
    bool *needed;     /* [run_count] wanted, or an ancestor of one */
};

/* ---- which runs ---- */

static bool name_matches(const struct experiment_run *run, const char *name)
{
    return strcmp(run->name, name) == 0 || strcmp(run->base, name) == 0;
}

static bool unknown_run(const struct session *session, const char *name, struct error *err)
{
    char known[640] = "";
    for (size_t r = 0; r < session->experiment.run_count && strlen(known) < 500; r++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", r ? ", " : "",
                 session->experiment.runs[r].name);
    return error_set(err, "--run %s: no such run in this experiment; allowed: %s", name, known);
}

static bool choose_runs(struct session *session, struct error *err)
{
    const struct cli_list *names = &session->options.runs;
    const size_t count = session->experiment.run_count;
    session->wanted = MEM_NEW(bool, count);
    session->needed = MEM_NEW(bool, count);
    for (size_t n = 0; n < names->count; n++) {
        bool found = false;
        for (size_t r = 0; r < count; r++)
            if (name_matches(&session->experiment.runs[r], names->text[n]))
                found = session->wanted[r] = true;
        if (!found)
            return unknown_run(session, names->text[n], err);
    }
    for (size_t r = 0; r < count; r++)
        session->wanted[r] = session->wanted[r] || names->count == 0;
    for (size_t r = count; r-- > 0;) { /* parents stand before children */
        const int parent = session->experiment.runs[r].parent;
        session->needed[r] = session->needed[r] || session->wanted[r];
        if (session->needed[r] && parent >= 0)
            session->needed[parent] = true;
    }
    return true;
}

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

static bool check_runs(const struct session *session, struct error *err)
{
    const struct experiment *experiment = &session->experiment;
    for (size_t r = 0; r < experiment->run_count; r++) {
        if (!session->needed[r])
            continue;
        if (!check_run(&experiment->runs[r], err))
            return false;
        if (strcmp(experiment->runs[r].settings.data.name, experiment->runs[0].settings.data.name))
            return error_set(err,
                             "run '%s': data.name differs from the first run's; one data set "
                             "an experiment",
                             experiment->runs[r].name);
    }
    return true;
}

/* Reads the data set when the first run needs it. */
static bool need_data(struct session *session, struct error *err)
{
    if (session->set_loaded)
        return true;
    const char *name = session->experiment.runs[0].settings.data.name;
    session->set_loaded = dataset_load(&session->set, name, session->options.data, err);
    if (session->set_loaded && comm_rank() == 0)
        session->data_crc = checkpoint_data_crc(&session->set);
    return session->set_loaded;
}

/* ---- each run ---- */

static int fail(const struct error *err, int status)
{
    log_error("%s", err->text);
    return status;
}

/* Whether the run's file is there and complete; *status is not 0 when it stands in the way. */
static bool is_complete(const struct session *session, size_t r, const char *path, int *status)
{
    const struct experiment_run *run = &session->experiment.runs[r];
    struct error err = {""};
    const bool replace = session->options.fresh && session->wanted[r];
    *status = 0;
    if (replace || checkpoint_is_newer(path)) /* of a --fresh that was interrupted */
        return false;
    switch (result_check(path, run, &err)) {
    case RESULT_COMPLETE:
        checkpoint_remove(path); /* left by a crash behind the last rename */
        log_info("%s: complete, %s", run->name, path);
        return true;
    case RESULT_OTHER:
    case RESULT_BAD:
        *status = fail(&err, ERROR_STATUS_USER);
        return false;
    case RESULT_MISSING:
        break;
    }
    return false;
}

/* Trains a run that this process has the lock of. */
static int train_locked(struct session *session, size_t r, const char *path)
{
    const struct train_options *options = &session->options;
    struct error err;
    if (!need_data(session, &err))
        return fail(&err, ERROR_STATUS_USER);
    if (options->fresh && session->wanted[r])
        checkpoint_remove(path);
    const struct train_job job = {.experiment = &session->experiment,
                                  .run = r,
                                  .set = &session->set,
                                  .data_crc = session->data_crc,
                                  .output = options->output,
                                  .path = path,
                                  .checkpoint_s = 60.0 * options->checkpoint_minutes};
    return train_run(&job);
}

/* Trains a run unless its file is there and complete. */
static int visit_run(struct session *session, size_t r)
{
    const struct experiment *experiment = &session->experiment;
    const struct experiment_run *run = &experiment->runs[r];
    char path[RESULT_PATH];
    struct error err;
    struct lock lock = {.fd = -1};
    int status;
    result_path(path, session->options.output, experiment, run);
    if (is_complete(session, r, path, &status) || status != 0)
        return status;
    if (!comm_all_true(!stop_wanted())) {
        log_info("%s: not started: %s", run->name, stop_reason());
        return ERROR_STATUS_STOPPED;
    }
    if (!comm_agree(comm_rank() != 0 || lock_take(&lock, path, &err), &err))
        return fail(&err, ERROR_STATUS_ENVIRONMENT);
    /* another process may have completed it in between */
    if (!is_complete(session, r, path, &status) && status == 0)
        status = train_locked(session, r, path);
    lock_release(&lock);
    return status;
}

static int train_session(struct session *session)
{
    struct error err;
    if (!choose_runs(session, &err) || !check_runs(session, &err) ||
        !result_prepare_folder(session->options.output, &session->experiment, &err))
        return fail(&err, ERROR_STATUS_USER);
    for (size_t r = 0; r < session->experiment.run_count; r++) {
        const int status = session->needed[r] ? visit_run(session, r) : 0;
        if (status != 0)
            return status;
    }
    return 0;
}

static bool parse_command_line(struct train_options *options, int argc, char **argv,
                               const char **file, bool *help, struct error *err)
{
    const struct cli_option table[] = {
        {"--run",                "NAME",       CLI_LIST, &options->runs,               0, 0,
         "train this run (all its variants) and what it comes from; may be repeated"        },
        {"--set",                "PATH=VALUE", CLI_LIST, &options->sets,               0, 0,
         "override a setting of the file, e.g. training.seed=2; may be repeated"            },
        {"--output",             "DIR",        CLI_TEXT, &options->output,             0, 0,
         "results go to DIR/EXPERIMENT/RUN.h5 (default: results)"                           },
        {"--data",               "DIR",        CLI_TEXT, &options->data,               0, 0,
         "where the data set is (default: $RESLICE_DATA, ./data, /usr/share/datasets)"      },
        {"--fresh",              NULL,         CLI_FLAG, &options->fresh,              0, 0,
         "train again what is complete or interrupted"                                      },
        {"--checkpoint-minutes", "M",          CLI_REAL, &options->checkpoint_minutes, 0, 1e6,
         "write a checkpoint so often (default: 10); 0 = only when stopped"                 },
        {"--time-limit",         "TIME",       CLI_TEXT, &options->time_limit,         0, 0,
         "stop with a checkpoint within this time: minutes, or [days-]hours:minutes:seconds"},
    };
    const struct cli cli = {
        "reslice train EXPERIMENT.yaml [options]",
        "Trains the runs of an experiment; complete ones are skipped, interrupted ones go on.\n"
        "SIGTERM, SIGINT and SIGUSR1 stop with a checkpoint and exit status 75.",
        table, sizeof table / sizeof table[0]};
    struct cli_list positional = {0};
    if (!cli_parse(&cli, argc, argv, &positional, help, err))
        return false;
    if (*help)
        cli_print_help(&cli);
    else if (positional.count != 1)
        return error_set(err, "train: %zu experiment files given, expected one; usage: %s",
                         positional.count, cli.usage);
    *file = positional.text[0];
    return !options->time_limit || stop_parse_limit(options->time_limit, &options->limit_s, err);
}

int command_train(int argc, char **argv)
{
    struct session *session = MEM_NEW(struct session, 1);
    struct train_options *options = &session->options;
    const char *file = NULL;
    bool help;
    struct error err;
    int status = 0;
    options->output = "results";
    options->checkpoint_minutes = 10.0;
    if (!parse_command_line(options, argc, argv, &file, &help, &err)) {
        status = fail(&err, ERROR_STATUS_USER);
    } else if (!help) {
        stop_start(options->limit_s);
        const struct experiment_overrides sets = {options->sets.count, options->sets.text};
        status = experiment_load(&session->experiment, file, sets, &err)
                     ? train_session(session)
                     : fail(&err, ERROR_STATUS_USER);
        experiment_free(&session->experiment);
        stop_end();
    }
    if (session->set_loaded)
        dataset_free(&session->set);
    mem_free(session->wanted);
    mem_free(session->needed);
    mem_free(session);
    return status;
}
