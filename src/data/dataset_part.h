/* One part of a data set (training or test), which every format fills and every user reads. */
#ifndef RESLICE_DATA_DATASET_PART_H
#define RESLICE_DATA_DATASET_PART_H

#include <stddef.h>
#include <stdint.h>

/* Owned by the data set; the arrays are of base/mem.h. */
struct dataset_part {
    size_t count;
    uint8_t *pixel; /* [count, channels, height, width] */
    uint8_t *label; /* [count], 0..classes-1 */
};

#endif
