/* What a person sees while a run trains: a bar on a terminal, one line an epoch otherwise. */
#ifndef RESLICE_TRAIN_PROGRESS_H
#define RESLICE_TRAIN_PROGRESS_H

#include <stddef.h>

#include "train/history.h"

struct training;

struct progress {
    const struct training *training; /* not owned */
    double start_s, shown_s;
};

/* Says what the run is, and takes over its clock. */
void progress_start(struct progress *progress, const struct training *training);

/* After each step; shows at most ten times a second, and only on a terminal. `samples` of the epoch
 * are done, with this mean loss and accuracy (0..1). */
void progress_step(struct progress *progress, size_t epoch, size_t samples, double loss,
                   double accuracy);

/* After each epoch, with its complete row; epoch 0 is the state before training. */
void progress_epoch(struct progress *progress, size_t epoch, const struct history_row *row);

#endif
