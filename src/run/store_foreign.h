/* HDF5 files that other programs wrote: no header, no checksums, any groups. Not collective. */
#ifndef RESLICE_RUN_STORE_FOREIGN_H
#define RESLICE_RUN_STORE_FOREIGN_H

#include "run/store.h"

enum { STORE_FOREIGN_PATH = 256 };

struct store_foreign_entry {
    char path[STORE_FOREIGN_PATH]; /* "/features.0.weight", "/fc1/bias" */
    int axes;
    size_t length[STORE_AXES];
};

/* Opens any HDF5 file. store_read takes its datasets, and verifies checksums where there are some.
 * NULL and a line when it is none; close with store_close. */
struct store_file *store_foreign_open(const char *path, struct error *err);

/* Every dataset of numbers, in alphabetical order; *entries is the caller's (mem_free). Returns their
 * number. Datasets that cannot be read, or whose path is too long, are left out. */
size_t store_foreign_list(const struct store_file *file, struct store_foreign_entry **entries);

#endif
