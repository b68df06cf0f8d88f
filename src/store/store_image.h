/* A small HDF5 file as bytes in memory: built and read by one rank, not collective.
 *
 * HDF5's core driver without a backing store: putting the bytes on a disk is then a matter of plain
 * write and rename, whose errors are ordinary ones (a full disk makes parallel HDF5 hang). One list
 * of fields serves for building and for reading; datasets are as in result files (store.h) but have
 * no axes.
 */
#ifndef RESLICE_STORE_STORE_IMAGE_H
#define RESLICE_STORE_STORE_IMAGE_H

#include <stddef.h>

#include "store/store_read.h"

struct store_field {
    const char *name; /* of a dataset in the root group */
    const char *description, *units;
    enum store_type type;
    size_t count;
    void *data; /* [count], not owned; reading fills it */
};

/* A text attribute of the root group. */
struct store_label {
    const char *name, *value;
};

/* Upper bound of the bytes of such a file. Pure. */
size_t store_image_bound(const struct store_field *field, size_t fields,
                         const struct store_label *label, size_t labels);

/* Builds the file in `image`, of `capacity` bytes; returns its length, or 0 when HDF5 fails (out of
 * memory) or the file does not fit. Not collective. */
size_t store_image_build(const struct store_field *field, size_t fields,
                         const struct store_label *label, size_t labels, void *image,
                         size_t capacity);

/* Opens the bytes for store_read, store_get_text, …; `path` is for messages. Not collective. The
 * bytes are not owned and must outlive the file, which is the caller's to close (store_close). NULL
 * and a line when they are no HDF5 file. */
struct store_file *store_image_open(void *image, size_t length, const char *path,
                                    struct error *err);

/* Reads every field, of exactly its type's size and count, checksums verified. Not
 * collective. False with a line at the first that is not there, of another size or damaged. */
bool store_image_read(const struct store_file *file, const struct store_field *field, size_t fields,
                      struct error *err);

#endif
