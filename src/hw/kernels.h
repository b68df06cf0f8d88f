/* Inner loops of the hw layer, one set for each SIMD level (base/simd.h). They work on arrays of the
 * caller, keep nothing and are not collective. */
#ifndef RESLICE_HW_KERNELS_H
#define RESLICE_HW_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct quantise_spec {
    float step, inverse_step; /* powers of two: the division is exact as a product */
    float max_code;
    int relu; /* non-zero: negative codes become 0 */
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

    /* mask [bits, words] from codes of |code| < 2^bits: bit r % 64 of mask[b][r / 64] is bit b of
     * code[r] (of -code[r] when `negative`), 0 where that is negative. Returns which bits occur. */
    unsigned (*bit_planes)(uint64_t *mask, const int16_t *code, size_t n, int bits, int words,
                           int negative);

    /* product [n, outputs] = sum_r input[r] weight[j, r] of input [n, stride], of at most 8 bits, and
     * weights of at most 10, packed (hw_product_at). */
    void (*multiply)(int64_t *product, const int16_t *input, size_t n, size_t stride,
                     const int16_t *weight, size_t outputs, size_t inputs);
};

enum { HW_PRODUCT_BLOCK = 16 }; /* outputs whose weights stand together */

/* Weights of `multiply`, [blocks of outputs, pairs of inputs, HW_PRODUCT_BLOCK, 2]: how many, those that
 * are not there included, and where that of output j and input r is. Not collective. */
static inline size_t hw_product_size(size_t outputs, size_t inputs)
{
    const size_t blocks = (outputs + HW_PRODUCT_BLOCK - 1) / HW_PRODUCT_BLOCK;
    return blocks * ((inputs + 1) / 2) * HW_PRODUCT_BLOCK * 2;
}

static inline size_t hw_product_at(size_t inputs, size_t j, size_t r)
{
    const size_t pair = j / HW_PRODUCT_BLOCK * ((inputs + 1) / 2) + r / 2;
    return (pair * HW_PRODUCT_BLOCK + j % HW_PRODUCT_BLOCK) * 2 + r % 2;
}

/* The kernels of the level in use. Not collective. */
const struct hw_kernels *hw_kernels(void);

/* Those of one level, or NULL where it was not built. For tests. Not collective. */
const struct hw_kernels *hw_kernels_of(int level);

#endif
