/* One run from its start or its checkpoint to its result file. */
#ifndef RESLICE_TRAIN_RUN_H
#define RESLICE_TRAIN_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "data/dataset.h"
#include "settings/experiment.h"

struct train_job {
    const struct experiment *experiment;
    size_t run; /* of the experiment */
    const struct dataset *set;
    int64_t data_crc; /* checkpoint_data_crc of the set; rank 0 */
    const char *output, *path;
    double checkpoint_s; /* seconds between checkpoints; 0: only when stopped */
};

/* Trains the run, its parent's file being complete, writes its result and removes its checkpoints.
 * Returns the exit status: 0 or one of base/error.h; messages are out. Collective. */
int train_run(const struct train_job *job);

#endif
