/* Inner loops of the hw layer, one set for each SIMD level (base/simd.h). */
#ifndef RESLICE_HW_KERNELS_H
#define RESLICE_HW_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct quantise_spec {
    float step, inverse_step; /* powers of two: the division is exact as a product */
    float max_code;
    int relu; /* non-zero: negative codes become 0 */
};

/* One row tile of crossbar columns, as bit planes; see crossbar.h for the mapping. */
struct crossbar_planes {
    const uint64_t *plane; /* [cell_bits, words, columns]; bit r of word w = row 64 w + r */
    int cell_bits, words;
    size_t columns; /* padded to a multiple of 8 */
};

struct hw_kernels {
    /* Largest bit pattern of |x|. */
    int32_t (*max_bits)(const float *x, size_t n);

    /* code = clip(rint(x / step)), value = code * step (value may be NULL or x).
     * Returns the number of saturated codes. */
    size_t (*quantise)(int16_t *code, float *value, const float *x, size_t n,
                       struct quantise_spec spec);

    /* gradient[i] += sign(code) * sum_k scale[k] [digit k of |code| > 0]; digit k is bits
     * [k width, (k+1) width) of |code|. */
    void (*add_slice_gradient)(float *gradient, const int16_t *code, size_t n, const float *scale,
                               int slices, int width);

    /* sum[j] = sum_p 2^p sum_w popcount(input[w] & plane[p][w][j]) for every column j: the current
     * of each bitline, in units of one cell level, when the rows set in `input` are driven. */
    void (*column_currents)(int32_t *sum, const uint64_t *input, struct crossbar_planes planes);

    /* sum[j] = sum_b 2^b min(S_b[j], top) over the bits b in `present`, with S_b the currents of
     * input [bits, words] as above: a bitline behind a saturating converter, bit after bit. */
    void (*clipped_sums)(int32_t *sum, const uint64_t *input, unsigned present,
                         struct crossbar_planes planes, int32_t top);

    /* mask [bits, words] from codes of |code| < 2^bits: bit r % 64 of mask[b][r / 64] is bit b of
     * code[r] (of -code[r] when `negative`), 0 where that is negative. Returns which bits occur. */
    unsigned (*bit_planes)(uint64_t *mask, const int16_t *code, size_t n, int bits, int words,
                           int negative);
};

/* The kernels of the level in use. */
const struct hw_kernels *hw_kernels(void);

/* Those of one level, or NULL where it was not built. For tests. */
const struct hw_kernels *hw_kernels_of(int level);

#endif
