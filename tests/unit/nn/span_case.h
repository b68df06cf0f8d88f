/* Images inside a border of other numbers, for tests of the passes over them. */
#ifndef RESLICE_TESTS_SPAN_CASE_H
#define RESLICE_TESTS_SPAN_CASE_H

#include <stddef.h>
#include <stdint.h>

#include "nn/kernels.h"

struct span_case {
    struct image_span span;
    size_t size;         /* elements, the border around the image included */
    size_t first;        /* of the image's first pixel */
    float *x, *dy, *own; /* images; own is the result */
    float *start;        /* what own held before */
    float *per_channel[4];
    int16_t *code;
};

/* Whether element i belongs to the image. */
int inside(const struct span_case *c, size_t i);

/* Calls check for every instruction set there is, on images of several sizes. */
void for_all_spans(void (*check)(const struct nn_kernels *, struct span_case *));

#endif
