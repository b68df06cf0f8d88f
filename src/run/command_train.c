/* reslice train: the runs of an experiment, in the order of its graph. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "run/cli.h"
#include "run/commands.h"
#include "run/experiment.h"
#include "run/result.h"
#include "run/training.h"

struct train_options {
    const char *output, *data;
    struct cli_list runs, sets;
    bool fresh;
};

struct session {
    struct train_options options;
    struct experiment experiment;
    struct dataset set;
    bool set_loaded;
    bool *wanted; /* [run_count] asked for by --run, or all */
    bool *needed; /* [run_count] wanted, or an ancestor of one */
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
    return session->set_loaded;
}

/* ---- one run ---- */

static int fail(const struct error *err, int status)
{
    log_error("%s", err->text);
    return status;
}

static int train_one(struct session *session, size_t r, const char *path)
{
    const struct experiment *experiment = &session->experiment;
    const struct experiment_run *run = &experiment->runs[r];
    struct training training;
    struct error err;
    if (!training_create(&training, experiment, r, &session->set, &err))
        return fail(&err, ERROR_STATUS_USER);
    int status = 0;
    if (run->parent >= 0) {
        char parent[RESULT_PATH];
        result_path(parent, session->options.output, experiment, &experiment->runs[run->parent]);
        if (!result_load_state(parent, &training, &err))
            status = fail(&err, ERROR_STATUS_USER);
    }
    if (status == 0 && !(training_train(&training, &err) && training_finish(&training, &err)))
        status = fail(&err, ERROR_STATUS_DIVERGED);
    if (status == 0) {
        result_write(path, &training);
        log_info("%s: kept epoch %zu, test accuracy %.2f %%, %.1f s -> %s", run->name,
                 training.best.epoch, 100.0 * training.test.accuracy,
                 comm_time_s() - training.start_s, path);
    }
    training_destroy(&training);
    return status;
}

/* Trains a run unless its file is there and complete. */
static int visit_run(struct session *session, size_t r)
{
    const struct experiment *experiment = &session->experiment;
    const struct experiment_run *run = &experiment->runs[r];
    char path[RESULT_PATH];
    struct error err = {""};
    result_path(path, session->options.output, experiment, run);
    const bool replace = session->options.fresh && session->wanted[r];
    switch (replace ? RESULT_MISSING : result_check(path, run, &err)) {
    case RESULT_COMPLETE:
        log_info("%s: complete, %s", run->name, path);
        return 0;
    case RESULT_OTHER:
    case RESULT_BAD:
        return fail(&err, ERROR_STATUS_USER);
    case RESULT_MISSING:
        break;
    }
    if (!need_data(session, &err))
        return fail(&err, ERROR_STATUS_USER);
    return train_one(session, r, path);
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
        {"--run",    "NAME",       CLI_LIST, &options->runs,   0, 0,
         "train this run (all its variants) and what it comes from; may be repeated"                       },
        {"--set",    "PATH=VALUE", CLI_LIST, &options->sets,   0, 0,
         "override a setting of the file, e.g. training.seed=2; may be repeated"                           },
        {"--output", "DIR",        CLI_TEXT, &options->output, 0, 0,
         "results go to DIR/EXPERIMENT/RUN.h5 (default: results)"                                          },
        {"--data",   "DIR",        CLI_TEXT, &options->data,   0, 0,
         "where the data set is (default: $RESLICE_DATA, ./data, /usr/share/datasets)"                     },
        {"--fresh",  NULL,         CLI_FLAG, &options->fresh,  0, 0, "train again what is complete already"},
    };
    const struct cli cli = {"reslice train EXPERIMENT.yaml [options]",
                            "Trains the runs of an experiment; complete ones are skipped.", table,
                            sizeof table / sizeof table[0]};
    struct cli_list positional = {0};
    if (!cli_parse(&cli, argc, argv, &positional, help, err))
        return false;
    if (*help)
        cli_print_help(&cli);
    else if (positional.count != 1)
        return error_set(err, "train: %zu experiment files given, expected one; usage: %s",
                         positional.count, cli.usage);
    *file = positional.text[0];
    return true;
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
    if (!parse_command_line(options, argc, argv, &file, &help, &err)) {
        status = fail(&err, ERROR_STATUS_USER);
    } else if (!help) {
        const struct experiment_overrides sets = {options->sets.count, options->sets.text};
        status = experiment_load(&session->experiment, file, sets, &err)
                     ? train_session(session)
                     : fail(&err, ERROR_STATUS_USER);
        experiment_free(&session->experiment);
    }
    if (session->set_loaded)
        dataset_free(&session->set);
    mem_free(session->wanted);
    mem_free(session->needed);
    mem_free(session);
    return status;
}
