/* One run from its parent's weights to its result file. */
#ifndef RESLICE_CLI_TRAIN_JOB_H
#define RESLICE_CLI_TRAIN_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "data/dataset.h"
#include "settings/experiment.h"

struct train_job {
    const struct experiment *experiment;
    size_t run; /* of the experiment */
    const struct dataset *set;
    int64_t data_crc;    /* digest_of_set of the set; rank 0 */
    const char *output;  /* folder of all results */
    const char *path;    /* of this result */
    const char *file;    /* the experiment's */
    double checkpoint_s; /* seconds between checkpoints; 0: only when stopped */
};

/* Trains the run from its start or its checkpoint, its parent's file being complete, counts the
 * currents of the kept network, writes the result and removes the run's checkpoints. Returns the exit
 * status: 0 or one of base/error.h; messages are out. Collective. */
int train_job_run(const struct train_job *job);

#endif
