/* A data set of the user's own, called by where it is: packed images, a folder with four IDX files, or
 * what their names begin with. Shape, classes and normalisation come from the files. */
#ifndef RESLICE_DATA_OWN_SET_H
#define RESLICE_DATA_OWN_SET_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset_part.h"
#include "data/dataset_search.h"

struct own_set {
    bool is_pack;
    char path[DATASET_PATH]; /* of the packed images, or for idx_set_look */
};

/* Looks for `file` below `directory`; when that is NULL in the working folder, then below $RESLICE_DATA,
 * ./data and /usr/share/datasets; an absolute one where it is. False with one line that says every place
 * that was looked at. Not collective. */
bool own_set_find(struct own_set *own, const char *file, const char *directory, struct error *err);

/* Name, shape, classes and first label, and no samples. Not collective. False with one line. */
bool own_set_look(const struct own_set *own, struct dataset *set, struct error *err);

/* The samples of a set that was looked at, and their normalisation: that of packed images, else mean and
 * standard deviation of the training pixels, to four decimals, so that what is printed is what is used. Not collective. False with
 * one line; what was read belongs to `set` on false too. */
bool own_set_read(const struct own_set *own, struct dataset *set, struct error *err);

#endif
