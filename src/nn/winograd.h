/* Transforms of Winograd's F(4x4, 3x3) (Lavin & Gray, CVPR 2016, arXiv 1509.09308), with points
 * 0, 1, -1, 2, -2 and infinity: 36 multiplications for 4x4 results of a 3x3 kernel instead of 144.
 *
 * A tile is 4x4 pixels; with its neighbours, a window of 6x6. All work on 16 channels at once, the
 * panels of nn/panels.h, and put element p of a transformed tile `position` p further on, so that
 * what lies at one position of many tiles is a matrix:
 *     y  = A' [(G w G') . (B' d B)] A          results from windows d
 *     dw = G' [(A dy A') . (B' d B)] G         gradient of the kernel, summed over tiles
 */
#ifndef RESLICE_NN_WINOGRAD_H
#define RESLICE_NN_WINOGRAD_H

#include <stddef.h>
#include <stdint.h>

enum {
    WINOGRAD_TILE = 4,
    WINOGRAD_WINDOW = 6,
    WINOGRAD_POSITIONS = WINOGRAD_WINDOW * WINOGRAD_WINDOW
};

/* Where transformed tiles lie, elements: positions and panels apart. */
struct winograd_place {
    size_t position, panel;
};

/* Pixels of an image: rows and pixels apart, elements. */
struct winograd_pixels {
    size_t row, pixel;
};

struct winograd_kernels {
    /* v = B' d B of the window of 6x6 pixels at d, for `panels` panels of 16 channels: of codes, of
     * floats. */
    void (*window_of_codes)(float *v, struct winograd_place place, const int16_t *d,
                            struct winograd_pixels from, size_t panels);
    void (*window_of_floats)(float *v, struct winograd_place place, const float *d,
                             struct winograd_pixels from, size_t panels);

    /* v = A dy A' of the tile of 4x4 pixels at dy, for `panels` panels of 16 channels. */
    void (*tile)(float *v, struct winograd_place place, const float *dy,
                 struct winograd_pixels from, size_t panels);

    /* y (+)= A' m A: `rows` x `columns` pixels, 1 to 4, of one tile of `channels` channels, the
     * last ones of a panel rounded up to whole vectors. Adds when `accumulate`. */
    void (*result)(float *y, struct winograd_pixels to, size_t rows, size_t columns, const float *m,
                   struct winograd_place place, size_t channels, int accumulate);

    /* u = G w G', of w turned by 180 degrees, for n kernels side by side: tap t of all lies at
     * w + t tap, position p at u + p position. n is a multiple of 16. */
    void (*turned_weights)(float *u, size_t position, const float *w, size_t tap, size_t n);

    /* dw = G' u G in the same way. */
    void (*weight_gradient)(float *dw, size_t tap, const float *u, size_t position, size_t n);
};

/* The kernels of the level in use; static. Not collective. */
const struct winograd_kernels *winograd_kernels(void);

/* Those of one level (enum simd_level), or NULL where it was not built. For tests.
 * Not collective. */
const struct winograd_kernels *winograd_kernels_of(int level);

#endif
