/* What a checkpoint belongs to: the settings, the data and the parent's weights that its run was begun
 * with. */
#ifndef RESLICE_TRAIN_CHECKPOINT_IDENTITY_H
#define RESLICE_TRAIN_CHECKPOINT_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "settings/experiment.h"
#include "store/store_image.h"

enum { CHECKPOINT_UNKNOWN = -1 };

/* Numbers that are not known are not compared. */
struct checkpoint_origin {
    const struct settings *settings; /* of the run; not owned */
    int64_t data_crc;                /* digest_of_set of the data set */
    int64_t parent_digest;           /* of the parent's result file; not known without a parent */
    int64_t
        parent_crc; /* of the parent's weights, masks and exponents in memory; 0 without a parent */
};

enum { CHECKPOINT_IDENTITY = 4 };

/* The fields of a file that say it; `value` is what they point to, in their order: version, data_crc,
 * parent_crc, parent_digest (which older checkpoints lack). Not collective. */
void checkpoint_identity_list(int64_t value[CHECKPOINT_IDENTITY],
                              struct store_field field[CHECKPOINT_IDENTITY]);

/* The values of a checkpoint that is written. Not collective. */
void checkpoint_identity_fill(int64_t value[CHECKPOINT_IDENTITY],
                              const struct checkpoint_origin *origin);

/* Whether a sound file is a checkpoint of such a run; `path` is for messages. False with a line that says
 * what differs. Not collective. */
bool checkpoint_identity_fits(const struct store_file *file, const char *path,
                              const struct checkpoint_origin *origin, struct error *err);

/* What checkpoints call themselves. */
extern const char checkpoint_format[];

#endif
