/* CIFAR-10 and CIFAR-100 in their binary version.
 * A file is a row of records without a header: label bytes, then the pixels as [3, 32, 32], red
 * plane first. CIFAR-10 has one label byte, CIFAR-100 two, the coarse and the fine class.
 */
#ifndef RESLICE_DATA_CIFAR_H
#define RESLICE_DATA_CIFAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/dataset_part.h"

/* One record of a file. */
struct cifar_record {
    size_t label_bytes; /* before the pixels; at most 8 */
    size_t label_at;    /* which of them is the class */
    size_t pixel_bytes;
    int classes;
};

/* Reads `files` files of `folder`, one after the other, into one part. Each holds any whole number
 * of records, at least 1; `files` is at most 8. Not collective. False with one line on: missing,
 * not a regular file, empty, truncated, cannot read, label out of range; then nothing is left
 * allocated. */
bool cifar_read(struct dataset_part *part, const struct cifar_record *record, const char *folder,
                const char *const *file, size_t files, struct error *err);

#endif
