/* Matrix products of convolutions over panels.
 *
 * A panel holds 16 channels of some pixels of some samples, samples side by side: [pixels, samples,
 * 16]; the panels of an image lie at one distance. So what one tap of a kernel reads for one pixel
 * of all samples is a matrix with rows of 16 numbers, a run of pixels is one with more rows, and
 * taps that fall outside of the image are not multiplied at all. The kernels work on arrays of the
 * caller and keep nothing.
 *
 * Weights are packed as blocks of 16 columns, [block, tap, depth, 16], in pairs along the depth
 * where they are codes: [block, tap, depth / 2, 16, 2].
 */
#ifndef RESLICE_NN_PANELS_H
#define RESLICE_NN_PANELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    PANEL_WIDTH = 16,
    PANEL_SQUARE = PANEL_WIDTH * PANEL_WIDTH, /* weights of a panel and a block of columns */
    PANEL_BLOCKS = 2                          /* no level takes more blocks of columns at once */
};

/* Where a tap's part of both operands begins, elements. */
struct panel_tap {
    size_t a, b;
};

/* Sum over taps, panels p and e < 16 (of the last panel: e < terms) of
 *     a[tap.a + p a_panel + 16 r + e] b[block b_block + tap.b + p PANEL_SQUARE + 16 e + j]
 * for rows r and columns 16 block + j, which go to y[r y_row + 16 block + j]. Of the last block,
 * columns from `columns` on have weights and biases of 0; they are written or left alone. */
struct panel_product {
    const struct panel_tap *tap;
    size_t taps, panels, terms; /* terms: 1 to 16, even for codes */
    size_t a_panel, b_block;
    size_t rows, y_row, blocks, columns; /* blocks: at most those of the level; columns: 1 to 16 */
};

/* acc[block acc_block + 16 k + j] += sum over segments s and i < count of
 *     x[s x_segment + 16 i + k] dy[block dy_panel + s dy_segment + 16 i + j]
 * for channels k and columns j of `blocks` blocks. Rows k of acc from `channels` to 15 may get sums
 * too, which nobody reads; nor does anybody read columns of the last block from `columns` on. */
struct panel_outer {
    size_t segments, count;
    size_t x_segment, dy_segment;
    size_t dy_panel, acc_block;
    size_t channels, blocks, columns; /* 1 to 16 channels and columns */
};

struct panel_kernels {
    size_t rows;   /* products are fastest with whole multiples of so many rows */
    size_t blocks; /* columns / 16 that products take at once */

    /* y = scale sum + bias of codes, the sum an exact integer below 2^31; bias [16 blocks].
     * Returns the largest |y| as bits. */
    int32_t (*code_product)(float *y, const int16_t *a, const int16_t *b,
                            const struct panel_product *product, float scale, const float *bias);

    /* y = start + sum, one addition after the other; start is y itself where `accumulate`, else
     * `bias`. A row does not depend on the others. */
    void (*float_product)(float *y, const float *a, const float *b,
                          const struct panel_product *product, const float *bias, int accumulate);

    /* The sums of struct panel_outer into acc. */
    void (*outer_add)(float *acc, const float *x, const float *dy, const struct panel_outer *outer);

    /* sum[i] = integer(unit acc[i]), added where not `first`; n a multiple of 16; `unit` counts in
     * 2^-NN_SUM_EXPONENT. Returns non-zero when a value does not fit (the run has diverged). */
    int (*add_integers)(int64_t *sum, const float *acc, size_t n, double unit, int first);

    /* A row of `pixels` pixels of `panels` panels of a sample, [pixels, panels, 16] → 16 elements
     * every `pixel` and `panel` elements; widen_codes makes floats of them. */
    void (*lay_codes)(int16_t *to, size_t pixel, size_t panel, const int16_t *from, size_t pixels,
                      size_t panels);
    void (*lay_floats)(float *to, size_t pixel, size_t panel, const float *from, size_t pixels,
                       size_t panels);
    void (*widen_codes)(float *to, size_t pixel, size_t panel, const int16_t *from, size_t pixels,
                        size_t panels);
};

/* The kernels of the level in use; static. Not collective. */
const struct panel_kernels *panel_kernels(void);

/* Those of one level (enum simd_level), or NULL where it was not built. For tests.
 * Not collective. */
const struct panel_kernels *panel_kernels_of(int level);

#endif
