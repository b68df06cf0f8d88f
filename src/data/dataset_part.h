/* A data set, which every format fills and every user reads. */
#ifndef RESLICE_DATA_DATASET_PART_H
#define RESLICE_DATA_DATASET_PART_H

#include <stddef.h>
#include <stdint.h>

#include "data/image_file.h"

enum {
    DATASET_CHANNELS = 128,         /* the most of an image */
    DATASET_SIDE = 65535,           /* pixels: the largest height and width */
    DATASET_SAMPLE_BYTES = 1 << 28, /* the largest image */
    DATASET_BLOCK = 16,             /* images of a file with one checksum */
};

/* Training or test samples. Owned by the data set; the arrays are of base/mem.h. */
struct dataset_part {
    size_t count;
    uint8_t *pixel;  /* [count, channels, height, width]; NULL: they are in the file */
    uint16_t *label; /* [count], 0..classes-1 */
    /* of images in a file, else NULL */
    struct image_file *file; /* one for both parts */
    uint64_t offset;         /* of the first image */
    uint32_t *block_crc32;   /* of DATASET_BLOCK images each, the last perhaps of fewer */
};

struct dataset {
    char name[32];
    int channels, height, width, classes;
    int first_label; /* of the files: 1 where classes are counted from 1 there */
    float mean[DATASET_CHANNELS], std[DATASET_CHANNELS]; /* per channel, of pixel / 255 */
    struct dataset_part train, test;
};

/* Pixels of one sample: channels * height * width. Not collective. */
size_t dataset_sample_size(const struct dataset *set);

/* Pixels of sample `index` of a part of the set: [c, h, w]. Of images in a file they stand until the next
 * call, and a disk that fails ends the job. Not collective. */
const uint8_t *dataset_image(const struct dataset *set, const struct dataset_part *part,
                             size_t index);

#endif
