/* A data set, which every format fills and every user reads. */
#ifndef RESLICE_DATA_DATASET_PART_H
#define RESLICE_DATA_DATASET_PART_H

#include <stddef.h>
#include <stdint.h>

enum {
    DATASET_CHANNELS = 128,         /* the most of an image */
    DATASET_SIDE = 65535,           /* pixels: the largest height and width */
    DATASET_SAMPLE_BYTES = 1 << 28, /* the largest image */
};

/* Training or test samples. Owned by the data set; the arrays are of base/mem.h. */
struct dataset_part {
    size_t count;
    uint8_t *pixel;  /* [count, channels, height, width] */
    uint16_t *label; /* [count], 0..classes-1 */
};

struct dataset {
    char name[32];
    int channels, height, width, classes;
    int first_label; /* of the files: 1 where classes are counted from 1 there */
    float mean[DATASET_CHANNELS], std[DATASET_CHANNELS]; /* per channel, of pixel / 255 */
    struct dataset_part train, test;
};

#endif
