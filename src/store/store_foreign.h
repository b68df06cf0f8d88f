/* HDF5 files that other programs wrote: no header, no checksums, any groups. Not collective. */
#ifndef RESLICE_STORE_STORE_FOREIGN_H
#define RESLICE_STORE_STORE_FOREIGN_H

#include "store/store_read.h"

enum { STORE_FOREIGN_PATH = 256, STORE_FOREIGN_TYPE = 16 };

struct store_foreign_entry {
    char path[STORE_FOREIGN_PATH]; /* "/features.0.weight", "/fc1/bias"; its start when too long */
    int axes;                      /* -1: no numbers, not readable, or the path is too long */
    size_t length[STORE_AXES];
    char type[STORE_FOREIGN_TYPE]; /* "float16", "int8", "uint8", "bool"; "" without numbers */
    bool is_float;                 /* floating point, of any width and byte order */
};

/* Opens any HDF5 file. store_read takes its datasets, and verifies checksums where there are some.
 * Not collective; the caller's to close (store_close). NULL and a line when it cannot be read. */
struct store_file *store_foreign_open(const char *path, struct error *err);

/* Every dataset, in alphabetical order; *entries is the caller's (mem_free). Returns their number.
 * Not collective. */
size_t store_foreign_list(const struct store_file *file, struct store_foreign_entry **entries);

#endif
