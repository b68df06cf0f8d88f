#include "cli/run_selection.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "result/result.h"

static bool name_matches(const struct experiment_run *run, const char *name)
{
    return strcmp(run->name, name) == 0 || strcmp(run->base, name) == 0;
}

static bool unknown_run(const struct experiment *experiment, const char *name, struct error *err)
{
    char known[640] = "";
    for (size_t r = 0; r < experiment->run_count && strlen(known) < 500; r++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", r ? ", " : "",
                 experiment->runs[r].name);
    return error_set(err, "--run %s: no such run in this experiment; allowed: %s", name, known);
}

static bool choose_by_name(bool *wanted, const struct experiment *experiment,
                           const struct cli_list *names, struct error *err)
{
    const size_t count = experiment->run_count;
    for (size_t n = 0; n < names->count; n++) {
        bool found = false;
        for (size_t r = 0; r < count; r++)
            if (name_matches(&experiment->runs[r], names->text[n]))
                found = wanted[r] = true;
        if (!found)
            return unknown_run(experiment, names->text[n], err);
    }
    for (size_t r = 0; r < count; r++)
        wanted[r] = wanted[r] || names->count == 0;
    return true;
}

static bool choose_task(bool *wanted, size_t count, int64_t task, struct error *err)
{
    int64_t number = 0;
    bool found = false;
    for (size_t r = 0; r < count; r++)
        if (wanted[r]) {
            wanted[r] = number++ == task;
            found = found || wanted[r];
        }
    return found || error_set(err,
                              "--task: value '%lld'; allowed: an integer from 0 to %lld, one "
                              "for each run that is asked for",
                              (long long)task, (long long)number - 1);
}

bool selection_make(struct selection *selection, const struct experiment *experiment,
                    const struct cli_list *names, int64_t task, struct error *err)
{
    const size_t count = experiment->run_count;
    bool *wanted = selection->wanted = MEM_NEW(bool, count);
    bool *needed = selection->needed = MEM_NEW(bool, count);
    if (!choose_by_name(wanted, experiment, names, err) ||
        (task >= 0 && !choose_task(wanted, count, task, err)))
        return false;
    for (size_t r = count; r-- > 0;) { /* parents stand before children */
        const int parent = experiment->runs[r].parent;
        needed[r] = needed[r] || wanted[r];
        if (needed[r] && parent >= 0)
            needed[parent] = true;
    }
    return true;
}

void selection_free(struct selection *selection)
{
    mem_free(selection->wanted);
    mem_free(selection->needed);
}

/* Scripts read the list; what is wrong goes beside it. */
static const char *state_of(const struct experiment *experiment, size_t r, const char *path,
                            struct run_data *data)
{
    const struct judgement it = run_state(experiment, r, path, data);
    if (it.state == JUDGE_OTHER || it.state == JUDGE_BAD || it.state == JUDGE_IN_USE)
        log_warn("%s", it.why.text);
    return judge_state_name(it.state);
}

void selection_print(const struct selection *selection, const struct experiment *experiment,
                     const char *output, struct run_data *data)
{
    int task = 0;
    for (size_t r = 0; r < experiment->run_count; r++) {
        const struct experiment_run *run = &experiment->runs[r];
        char path[RESULT_PATH];
        if (!selection->wanted[r])
            continue;
        result_path(path, output, experiment, run);
        log_info("%d\t%s\t%s\t%s\t%lld\t%s\t%s", task++, run->name, run->base,
                 run->parent < 0 ? "-" : experiment->runs[run->parent].name,
                 (long long)run->settings.training.shards, state_of(experiment, r, path, data),
                 path);
    }
}
