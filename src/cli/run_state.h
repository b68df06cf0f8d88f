/* The state of a run's files, for train and train --list: one judgement, with the data set that it needs. */
#ifndef RESLICE_CLI_RUN_STATE_H
#define RESLICE_CLI_RUN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/dataset.h"
#include "result/judge.h"
#include "settings/experiment.h"

/* The data set of an experiment, read once, when it is first needed. */
struct run_data {
    const char *directory; /* --data, or NULL */
    struct dataset set;
    bool is_there; /* set is owned */
    bool is_sought;
    int64_t crc; /* rank 0: digest_of_set of the set */
    struct error why;
};

/* Reads the data set of the settings if that was not tried yet. False with a line when it is not there or
 * not sound. Collective. */
bool run_data_need(struct run_data *data, const struct settings *settings, struct error *err);

/* Gives back the samples. Not collective. */
void run_data_free(struct run_data *data);

/* Judges run `r` by the file `path` and its checkpoints. Where there are some, the data is read to be
 * compared; data that is not there is not compared. Collective. */
struct judgement run_state(const struct experiment *experiment, size_t r, const char *path,
                           struct run_data *data);

/* Warns of a complete result whose parent beside it, or whose data, is another one by now: its numbers
 * are right, but not those of what is there. `data_crc` matters on rank 0; JUDGE_UNKNOWN: without data.
 * Collective. */
void run_warn_if_stale(const char *path, int64_t data_crc);

#endif
