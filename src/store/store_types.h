/* What writing (store.c) and reading (store_read.c) of result files share. */
#ifndef RESLICE_STORE_STORE_TYPES_H
#define RESLICE_STORE_STORE_TYPES_H

#include <hdf5.h>

#include "store/store.h"

struct store_file {
    hid_t file;
    size_t bytes;    /* of the file */
    bool is_foreign; /* somebody else's: datasets may go without a checksum */
    char path[4096];
};

/* Opens any HDF5 file for reading; NULL and a line when it is none. */
struct store_file *store_open_any(const char *path, struct error *err);

/* Lengths of the axes of an open dataset; -1 when it is not one that can be read. */
int store_shape_of(const struct store_file *file, hid_t dataset, size_t length[STORE_AXES]);

/* The type in memory and, on the little-endian machines we run on, in the file. */
hid_t store_hdf5_type(enum store_type type);

/* Variable-length UTF-8 text; close with H5Tclose. */
hid_t store_text_type(void);

/* Reads every dataset of a file back and compares checksums. Not collective. */
bool store_verify(const char *path, struct error *err);

#endif
