/* Types, shapes and elements of HDF5 files out of the input, for targets that read such files. */
#ifndef RESLICE_TESTS_FUZZ_HDF5_H
#define RESLICE_TESTS_FUZZ_HDF5_H

#include <hdf5.h>

#include "fuzz.h"

enum { FUZZ_BUFFER = 1 << 16, FUZZ_AXES = 6, FUZZ_WORD = 4096 };

extern uint8_t fuzz_buffer[FUZZ_BUFFER]; /* elements to be written, or that were read */

/* UTF-8 text of a size, or H5T_VARIABLE; the caller closes it. */
hid_t fuzz_text_type(size_t size);

/* Bytes of the data; 0 when they are too many for the buffer, or not in the dataset itself. */
size_t fuzz_direct_bytes(hid_t type, hid_t space);

/* A word of input bytes, up to 4095 of them by repetition; stands until the next call. */
const char *fuzz_take_word(struct fuzz_bytes *bytes);

/* A type, a shape, a way to store that shape; the caller closes each. */
hid_t fuzz_take_type(struct fuzz_bytes *bytes);
hid_t fuzz_take_space(struct fuzz_bytes *bytes);
hid_t fuzz_take_storage(struct fuzz_bytes *bytes, hid_t space);

/* Fills the buffer with elements of a type that H5Dwrite and H5Awrite may take. */
void fuzz_take_data(struct fuzz_bytes *bytes, hid_t type);

#endif
