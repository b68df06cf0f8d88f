/* The loop around a training: steps and evaluations until the kept network is evaluated, with what a
 * person sees of it, checkpoints, and the end when the run is to stop. */
#ifndef RESLICE_TRAIN_RUN_H
#define RESLICE_TRAIN_RUN_H

#include "base/error.h"
#include "train/checkpoint.h"
#include "train/training.h"

/* Trains from where the run stands (checkpoint_resume), keeps the best epoch and evaluates it on the
 * test set. `checkpoint` is written now and then, or NULL; before that and at the end the ranks compare
 * their copies of the weights. Returns 0: the network has the kept weights, prepared;
 * ERROR_STATUS_STOPPED: run_stop is due; with a line ERROR_STATUS_DIVERGED, or ERROR_STATUS_ENVIRONMENT
 * when the ranks' copies are no longer the same. Collective. */
int run_train(struct training *training, struct checkpoint *checkpoint, struct error *err);

/* For a run that was asked to stop, by ERROR_STATUS_STOPPED or during what its caller did with the kept
 * network: writes its checkpoint and says how to go on. Returns ERROR_STATUS_STOPPED; another status of
 * base/error.h with a line when there is no checkpoint to go on from. Collective. */
int run_stop(const struct training *training, struct checkpoint *checkpoint, struct error *err);

#endif
