/* Group /history of a result file: what the run recorded after each epoch. */
#ifndef RESLICE_RESULT_RESULT_HISTORY_H
#define RESLICE_RESULT_RESULT_HISTORY_H

#include "store/store.h"
#include "train/history.h"

/* Writes the group; `slices` of a code. Collective; environment errors end the job. */
void result_write_history(struct store *store, const struct history *history, int slices);

#endif
