/* Augmentation of training samples: horizontal flip, then a random crop of the padded image.
 *
 * What a sample becomes is a pure function of (seed, epoch, index of the sample in its part): the
 * same whatever rank asks and wherever in the batch it stands.
 */
#ifndef RESLICE_DATA_AUGMENT_H
#define RESLICE_DATA_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/dataset.h"

struct augmentation {
    bool flip; /* left and right exchanged, with probability 1/2 */
    int crop;  /* pixels of padding on each side, of which the crop takes a random place; 0 = off */
    uint64_t seed;
    uint32_t epoch;
};

/* As dataset_batch, of augmented samples. Padding is black: pixel 0, normalised like the others.
 * Without flip and crop it is dataset_batch. Not collective. */
void augment_batch(const struct dataset *set, const struct dataset_part *part,
                   const uint32_t *index, size_t n, float *out, size_t stride,
                   const struct augmentation *augmentation);

#endif
