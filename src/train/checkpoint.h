/* Checkpoints: the whole state of a run in training, so that it goes on from there to the same
 * bytes on any number of ranks.
 *
 * The state is the same on every rank: rank 0 builds a small HDF5 file in memory and writes it as
 * RESULT.checkpoint.part, syncs it and renames it to RESULT.checkpoint; the one before is kept as
 * RESULT.checkpoint.old. Behind the HDF5 file stand its length and CRC-32, which are verified
 * before HDF5 sees it: a damaged newest checkpoint gives way to the older one. A checkpoint belongs
 * to the settings, the data and the parent's weights it was begun with and is refused for others.
 */
#ifndef RESLICE_TRAIN_CHECKPOINT_H
#define RESLICE_TRAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/durable_file.h"
#include "train/checkpoint_identity.h"
#include "train/training.h"

struct checkpoint {
    char path[DURABLE_FILE_PATH], old[DURABLE_FILE_PATH], part[DURABLE_FILE_PATH];
    struct checkpoint_state *state; /* owned */
    char *config;                   /* resolved settings of the run; owned */
    struct checkpoint_origin origin;
    double interval_s; /* 0: only when the run stops */
    double last_s;     /* when the last one had been written, or the run started */
    void *image;       /* [capacity] rank 0: the file while it is made; owned */
    size_t capacity;
};

/* For a run whose network has its initial or its parent's weights; takes all memory. `result` is
 * the path of its result file; `data_crc` and `parent_digest` (CHECKPOINT_UNKNOWN without a parent)
 * matter on rank 0. Not collective. */
void checkpoint_create(struct checkpoint *checkpoint, const char *result, const struct training *t,
                       int64_t data_crc, int64_t parent_digest, double interval_s);

/* Gives back all memory; the files stay. Not collective. */
void checkpoint_destroy(struct checkpoint *checkpoint);

/* Continues a run from its newest sound checkpoint: fills the state and counts in
 * t->resumptions. Without one nothing changes; damaged ones are warned of. False, with a line, when
 * there is one of other settings, data or parent, or it cannot be read. Collective. */
bool checkpoint_resume(struct checkpoint *checkpoint, struct training *t, struct error *err);

/* Whether the interval is over. Not collective: by rank 0's clock, false on others. */
bool checkpoint_is_due(const struct checkpoint *checkpoint);

/* Behind a step: writes a checkpoint. A failure is a warning, and the files that were there stay. Weights that are not finite are not saved. Not collective: rank 0 does
 * it. */
void checkpoint_in_between(struct checkpoint *checkpoint, const struct training *t);

/* Behind the last step: writes one when a tenth of the interval is over, since mapping and writing
 * the result may still take long or fail. Not collective: rank 0 does it. */
void checkpoint_at_end(struct checkpoint *checkpoint, const struct training *t);

/* Writes a checkpoint of a run that stops. False with a line when that fails. Collective. */
bool checkpoint_when_stopped(struct checkpoint *checkpoint, const struct training *t,
                             struct error *err);

/* Rank 0 removes all checkpoints of a result. Not collective. */
void checkpoint_remove(const char *result);

/* What a run would find. A checkpoint counts when it is younger than the result file, or there is none. */
enum checkpoint_found {
    CHECKPOINT_NONE,
    CHECKPOINT_OURS,  /* the run goes on from it, or starts over because it is damaged */
    CHECKPOINT_OTHER, /* of other settings, data or parent: the run refuses it */
    CHECKPOINT_UNREADABLE
};

/* Looks at the newest sound checkpoint of a result, without loading it; OTHER and UNREADABLE come with a
 * line. Rank 0 only. */
enum checkpoint_found checkpoint_look(const char *result, const struct checkpoint_origin *origin,
                                      struct error *err);

#endif
