/* One number for all pixels and labels of a data set: results know by it what they were made from. */
#ifndef RESLICE_DATA_DIGEST_H
#define RESLICE_DATA_DIGEST_H

#include <stdint.h>

#include "data/dataset_part.h"

/* CRC-32 of the training pixels, training labels, test pixels and test labels; of images in a file from
 * the checksums of their blocks: the same number. Labels are bytes, and where one of a part needs more the
 * upper bytes of all of them follow. Not collective. */
int64_t digest_of_set(const struct dataset *set);

#endif
