/* Where the bytes of a dataset stand in its file, for readers that take parts of it with pread. */
#ifndef RESLICE_STORE_STORE_PLACE_H
#define RESLICE_STORE_STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store_read.h"

struct store_place {
    uint64_t offset; /* of the first byte, in the file */
    int axes;
    size_t length[STORE_AXES];
    uint64_t bytes; /* of all */
};

/* Finds a dataset of unsigned bytes. Not collective. False with a line when it is not there, holds
 * something else, is not contiguous (chunked, compressed, in another file), was never written, or goes
 * beyond the end of the file. */
bool store_place_find(const struct store_file *file, const char *path, struct store_place *place,
                      struct error *err);

/* Whether a dataset holds whole numbers; false when it is not there. Not collective. */
bool store_place_is_whole(const struct store_file *file, const char *path);

#endif
