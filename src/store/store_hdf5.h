/* What all files of this folder that speak HDF5 share: an open file, types, causes of failures.
 * Brings hdf5.h, so only store*.c include it. */
#ifndef RESLICE_STORE_STORE_HDF5_H
#define RESLICE_STORE_STORE_HDF5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/store_type.h"

struct store_file {
    hid_t file;
    int lock;        /* descriptor whose lock (flock) other programs see; -1: none */
    size_t bytes;    /* of the file */
    bool is_foreign; /* somebody else's: datasets may go without a checksum */
    char path[4096];
};

/* The type in memory and, on the little-endian machines we run on, in the file. Nothing to close.
 * Not collective. */
hid_t store_hdf5_type(enum store_type type);

/* Variable-length UTF-8 text; the caller closes it (H5Tclose). Not collective. */
hid_t store_text_type(void);

/* Why the last HDF5 call failed: the system's words for its errno where HDF5 noted one (*number, or
 * 0), else HDF5's innermost words; `text` of `size` bytes. Not collective. */
void store_cause(char *text, size_t size, int *number);

/* After an HDF5 call that failed: ends the job when the system could not read the file. What an open
 * file lacks is for the caller to judge; that its disk fails must not look like that. Not collective. */
void store_check_disk(const struct store_file *file);

#endif
