/* Packed images: HDF5 files of format reslice-images, version 1 (data/README.md has the layout).
 *
 * Images are contiguous bytes that stay in the file (data/image_file.h); labels, checksums and
 * normalisation are read. */
#ifndef RESLICE_DATA_PACK_H
#define RESLICE_DATA_PACK_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset_part.h"

/* Whether there is a file of this path, whatever is in it. Not collective. */
bool pack_is_there(const char *path);

/* Name, shape, classes and normalisation from the head of a file. Not collective. False with one line
 * when it is no such file, of a later version, damaged, or something in it makes no sense. */
bool pack_look(struct dataset *set, const char *path, struct error *err);

/* The same, with labels, places and checksums of both parts, and whether the labels and checksums are
 * those that `digest` stands for; the images themselves are not read. Not collective. False with one line;
 * what was read belongs to `set` on false too. */
bool pack_read(struct dataset *set, const char *path, struct error *err);

/* Reads this rank's share of all images (of a set larger than 16 GiB evenly spread ones, 16 GiB in all
 * ranks together) and compares their checksums. False with one line, the same on every rank. Collective. */
bool pack_verify(const struct dataset *set, const char *path, struct error *err);

#endif
