/* What stands at the place of a run's result, and whether it is what the run would make now: the one
 * judgement of train, train --list, crossbar and report. */
#ifndef RESLICE_RESULT_JUDGE_H
#define RESLICE_RESULT_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "settings/experiment.h"
#include "store/store.h"

enum { JUDGE_UNKNOWN = -1 };

/* Where a result comes from, noted in its file. Numbers that are not known are not compared. Rank 0's. */
struct result_origin {
    const char
        *experiment_file;  /* "" when there is none; differs between repeats: in /provenance */
    int64_t data_crc;      /* digest_of_set of the data set */
    int64_t parent_digest; /* judge_digest of the parent's file; not known without a parent */
};

/* Notes it in a file that is written. Collective; environment errors end the job. */
void judge_write_origin(struct store *store, const struct result_origin *origin);

/* Checksum of what another run takes from a result: weights, masks, exponents; from the checksums of
 * their datasets, so of any file of version 1. JUDGE_UNKNOWN when it cannot be read. Rank 0 only. */
int64_t judge_digest(const char *path);

enum judge_state {
    JUDGE_MISSING,
    JUDGE_COMPLETE,
    JUDGE_INTERRUPTED, /* there is a checkpoint of this run, younger than a result */
    JUDGE_OTHER,       /* complete or interrupted, but of other settings, data or parent */
    JUDGE_BAD,         /* not readable */
    JUDGE_IN_USE       /* another process has the file open for writing */
};

struct judge_question {
    const char *path;                    /* of the result */
    const struct experiment_run *run;    /* NULL: any settings will do, checkpoints do not matter */
    const struct experiment_run *parent; /* of the run, or NULL */
    int64_t data_crc;                    /* rank 0; JUDGE_UNKNOWN: not compared */
};

struct judgement {
    enum judge_state state;
    struct error why; /* the line for OTHER, BAD and IN_USE */
    char note[96];    /* for COMPLETE: what could not be compared, or "" */
};

/* The parent is looked for beside the result; one that is missing is not compared. Collective. */
struct judgement judge(const struct judge_question *question);

/* The name of a state for lists: "complete", "interrupted", …. Pure. */
const char *judge_state_name(enum judge_state state);

#endif
