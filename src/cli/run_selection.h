/* Which runs of an experiment are asked for, and the list of them for scripts. */
#ifndef RESLICE_CLI_RUN_SELECTION_H
#define RESLICE_CLI_RUN_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/run_state.h"
#include "settings/experiment.h"

struct selection {
    bool *wanted; /* [run_count] asked for; owned */
    bool *needed; /* [run_count] wanted, or an ancestor of one; owned */
};

/* `names`: of runs or of variants, empty for all. `task` >= 0: only that one of them, counted from 0
 * in the order of the experiment, as in a job array. False with a line for a name or a number that
 * is not there; selection_free is due in any case. Not collective. */
bool selection_make(struct selection *selection, const struct experiment *experiment,
                    const struct cli_list *names, int64_t task, struct error *err);

/* Gives back the memory. Not collective. */
void selection_free(struct selection *selection);

/* Rank 0 prints a line for each wanted run: number for --task, name, run as written in the file,
 * parent or "-", shards, state (judge_state_name), result file below `output`; separated by tabs. What
 * differs in a file that is `other` or `damaged` is a warning. Collective. */
void selection_print(const struct selection *selection, const struct experiment *experiment,
                     const char *output, struct run_data *data);

#endif
