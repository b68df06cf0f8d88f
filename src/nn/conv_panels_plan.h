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
    bool winograd;         /* gradients by conv_winograd */
    size_t *gather;        /* [in.channels] places in a window, or NULL: see conv_lay.h */
    float *row;            /* [out.width, in.panels, 16] gathered codes or floats */
    int16_t *line;         /* [channels, kernel, width] codes that are gathered */
    float *backward;       /* [in / 16, taps, out, 16] */
    struct panel_tap *tap; /* [taps] of one pixel */
    size_t *row_reader, *column_reader; /* [in.height, kernel] and [in.width, kernel]: the output
                                         * row or column that reads one of the input by a tap */
    float *acc;                         /* [PANEL_BLOCKS, taps, 16, 16] */
    int64_t *sum; /* [in / 16, out / 16, taps, 16, 16], during a backward pass: scratch memory */
};

/* Of one image, border left out. Not collective. */
static inline size_t pixels_of(struct plane plane)
{
    return plane.height * plane.width;
}

/* Channels of the last panel, whole pairs. Not collective. */
static inline size_t terms_of(struct plane plane)
{
    return (plane.channels - (plane.panels - 1) * PANEL_WIDTH + 1) / 2 * 2;
}

/* Columns of the last of `blocks` blocks. Not collective. */
static inline size_t columns_of(struct plane plane, size_t blocks)
{
    const size_t before = (blocks - 1) * PANEL_WIDTH;
    return plane.channels - before < PANEL_WIDTH ? plane.channels - before : PANEL_WIDTH;
}

/* The smaller of two. Not collective. */
static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
