/* Private to the files of conv_panels: sizes and memory of one convolution. */
#ifndef RESLICE_NN_CONV_PANELS_PLAN_H
#define RESLICE_NN_CONV_PANELS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/op.h"
#include "nn/panels.h"

struct plane {
    size_t height, width, panels, channels;
};

struct conv_panels {
    size_t kernel, taps, step, padding;
    struct plane in, out;
    size_t forward_group, backward_group; /* samples at once */
    void *forward;         /* [out / 16, taps, in, 16] float or code, see nn/panels.h */
    bool holds_codes;      /* what is in `forward` */
    float *backward;       /* [in / 16, taps, out, 16] */
    struct panel_tap *tap; /* [taps] of one pixel */
    float *acc;            /* [PANEL_BLOCKS, taps, 16, 16] */
    int64_t *sum; /* [in / 16, out / 16, taps, 16, 16], during a backward pass: scratch memory */
};

/* Of one image, border left out. Not collective. */
static inline size_t pixels_of(struct plane plane)
{
    return plane.height * plane.width;
}

/* The smaller of two. Not collective. */
static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
