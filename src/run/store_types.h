/* What writing (store.c) and reading (store_read.c) of result files share. */
#ifndef RESLICE_RUN_STORE_TYPES_H
#define RESLICE_RUN_STORE_TYPES_H

#include <hdf5.h>

#include "run/store.h"

/* The type in memory and, on the little-endian machines we run on, in the file. */
hid_t store_hdf5_type(enum store_type type);

/* Variable-length UTF-8 text; close with H5Tclose. */
hid_t store_text_type(void);

/* Reads every dataset of a file back and compares checksums. Not collective. */
bool store_verify(const char *path, struct error *err);

#endif
