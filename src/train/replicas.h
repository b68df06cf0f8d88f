/* Every rank has the whole state of a run and updates it by itself: the copies must stay the same
 * bytes. A fault of memory, or processors that round differently, makes them drift apart. */
#ifndef RESLICE_TRAIN_REPLICAS_H
#define RESLICE_TRAIN_REPLICAS_H

#include <stdbool.h>

#include "base/error.h"
#include "train/training.h"

/* Whether weights, momentum, masks, the kept epoch's weights and ADMM's points have the same checksum
 * on every rank. False with a line, an environment error: nothing of this state should be saved.
 * About 2 ms for each MB (0.3 s for VGG-11); nothing on one rank. Collective. */
bool replicas_are_same(const struct training *training, struct error *err);

#endif
