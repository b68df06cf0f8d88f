/* What a person sees while a run trains: a bar on a terminal, one line an epoch otherwise. */
#ifndef RESLICE_TRAIN_PROGRESS_H
#define RESLICE_TRAIN_PROGRESS_H

#include "train/training.h"

struct progress {
    const struct training *training; /* not owned */
    double shown_s;                  /* when the bar was drawn, on comm_time_s's clock */
};

/* Says what the run is; the training must stay. Not collective, rank 0 prints. */
void progress_start(struct progress *progress, const struct training *training);

/* After each step, from the position of the training: draws the bar, at most ten times a second, and
 * only on a terminal. Not collective, rank 0 prints. */
void progress_step(struct progress *progress);

/* After each evaluation, from the last row of the history; epoch 0 is the state before training. Not
 * collective, rank 0 prints. */
void progress_epoch(const struct progress *progress);

/* "1:02:03" or "2:03" into text of `size` bytes. Pure. */
void progress_duration(char *text, size_t size, double seconds);

#endif
