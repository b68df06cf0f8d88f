/* Inner loops of the nn layer, one set for each SIMD level (base/simd.h).
 *
 * They work on arrays of the caller, keep nothing and are not collective. All matrices are
 * row-major. A pixel's channels (or the features of a linear layer) are padded with zeros to a
 * multiple of NN_LANES elements ("stride"), so that vector loops need no tails there.
 */
#ifndef RESLICE_NN_KERNELS_H
#define RESLICE_NN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "hw/kernels.h"

enum { NN_LANES = 16 };

/* Rounded up to a whole number of NN_LANES. Not collective. */
static inline size_t nn_stride(size_t n)
{
    return (n + NN_LANES - 1) / NN_LANES * NN_LANES;
}

/* Gradients are summed as integers: one unit is 2^-40, so a group's sum holds magnitudes below
 * 2^11, to 1e-12. More is a diverged run. */
enum { NN_SUM_EXPONENT = 40 };

struct sgd_spec {
    float rate, momentum, weight_decay;
    int nesterov;
};

/* Weight codes for code_product, see pack_codes. */
struct packed_codes {
    const int16_t *data; /* [(inputs+1)/2, stride(outputs), 2] */
    size_t outputs, inputs;
};

/* Samples whose products are added in float before they become integers, those of a shard:
 * [first, first + n). */
struct outer_group {
    size_t first, n;
};

/* Factors of row_product: samples of `terms` elements at a distance, weights [terms, w_row]. */
struct row_source {
    const float *dy, *w;
    size_t dy_step, w_row, terms;
};

/* `rows` runs of `pixels` pixels of `channels` elements (a multiple of NN_LANES): an image inside
 * its border. */
struct image_span {
    size_t rows, pixels, channels, row; /* row: distance between runs, elements */
};

struct nn_kernels {
    /* packed [(inputs+1)/2, stride(outputs), 2] from code [outputs, inputs]: pairs of inputs side
     * by side, outputs along the vector. Gaps must be 0 already. */
    void (*pack_codes)(int16_t *packed, const int16_t *code, size_t outputs, size_t inputs);

    /* y[i,j] = scale sum_k x[i x_step + k] w[k,j] + bias[j] for samples i < n, the sum an exact
     * integer; y [n, stride(outputs)], bias [stride(outputs)].
     * Returns the largest bit pattern of |y|. */
    int32_t (*code_product)(float *y, const int16_t *x, size_t n, size_t x_step,
                            struct packed_codes w, float scale, const float *bias);

    /* dx[i dx_step + k] (+)= sum over terms t of dy[i dy_step + t] w[t w_row + k] for samples
     * i < n. Writes `inputs` elements of each sample; adds when `accumulate`. Each sample on its
     * own: independent of n. */
    void (*row_product)(float *dx, size_t dx_step, size_t n, struct row_source from, size_t inputs,
                        int accumulate);

    /* sum[j,k] = sum over groups of integer(sum over the group's samples i of
     * dy[i dy_step + j] x[i x_step + k]), in units of 2^-NN_SUM_EXPONENT; sum [outputs, inputs].
     * Returns non-zero when a group's value does not fit (the run has diverged). */
    int (*outer_sum)(int64_t *sum, const float *dy, size_t dy_step, size_t outputs, const float *x,
                     size_t x_step, size_t inputs, const struct outer_group *group, size_t groups);

    /* sum[c] += sum of x, sum[channels + c] += sum of x^2 over an image of codes; lowers range[c] to
     * their minimum, raises range[channels + c] to their maximum. */
    void (*code_moments)(int64_t *sum, int16_t *range, const int16_t *x, struct image_span span);

    /* Largest |scale[c] x + shift[c]| for codes x in range[c] to range[channels + c], as bits: that
     * of affine_codes, whose rounding keeps the order. */
    int32_t (*affine_max)(const int16_t *range, const float *scale, const float *shift,
                          size_t channels);

    /* code = quantised scale[c] x + shift[c] over an image of codes x, and its value unless
     * `value` is NULL. */
    void (*affine_codes)(int16_t *code, float *value, const int16_t *x, const float *scale,
                         const float *shift, struct image_span span, struct quantise_spec spec);

    /* y = scale[c] x + shift[c] over an image. */
    void (*affine)(float *y, const float *x, const float *scale, const float *shift,
                   struct image_span span);

    /* part[c] = sum of dy, part[channels + c] = sum of dy (x - mean[c]) inverse[c] over an image. */
    void (*gradient_moments)(float *part, const float *dy, const float *x, const float *mean,
                             const float *inverse, struct image_span span);

    /* dx (+)= a[c] dy + b[c] x + c[c] over an image; dx may be dy. */
    void (*affine_gradient)(float *dx, const float *dy, const float *x, const float *const abc[3],
                            struct image_span span, int accumulate);

    /* gradient_moments and affine_gradient with dy where mask > 0 (everywhere for NULL) and 0
     * elsewhere, on codes x: part[channels + c] = sum of dy (scale[c] x + shift[c]). */
    void (*code_gradient_moments)(float *part, const float *dy, const int16_t *mask,
                                  const int16_t *x, const float *scale, const float *shift,
                                  struct image_span span);
    void (*code_affine_gradient)(float *dx, const float *dy, const int16_t *mask, const int16_t *x,
                                 const float *const abc[3], struct image_span span, int accumulate);

    /* Largest |step[0] a + step[1] b| over two arrays of codes, as bits. */
    int32_t (*max_code_sum)(const int16_t *a, const int16_t *b, size_t n, const float step[2]);

    /* code = quantised step[0] a + step[1] b, and its value unless NULL. */
    void (*quantise_code_sum)(int16_t *code, float *value, const int16_t *a, const int16_t *b,
                              size_t n, const float step[2], struct quantise_spec spec);

    /* dx (+)= mask > 0 ? dy : 0; dx may be dy. */
    void (*mask_gradient)(float *dx, const float *dy, const int16_t *mask, size_t n,
                          int accumulate);

    /* dx = winner == place ? dy : 0; n is a multiple of NN_LANES. */
    void (*spread_maximum)(float *dx, const float *dy, const uint8_t *winner, uint8_t place,
                           size_t n);

    /* dx (+)= y > 0 ? dy : 0; dx may be dy. */
    void (*relu_gradient)(float *dx, const float *dy, const float *y, size_t n, int accumulate);

    /* SGD with momentum over flat arrays, see optimizer.h. */
    void (*sgd)(float *value, float *momentum, const float *gradient, const uint8_t *mask, size_t n,
                struct sgd_spec spec);

    /* sum[c] += integer(sum of dy over an image), cut off towards 0, in units of
     * 2^-NN_SUM_EXPONENT; sum [span.channels]. Returns non-zero when a sum over the image does not
     * fit (the run has diverged). */
    int (*add_pixel_sums)(int64_t *sum, const float *dy, struct image_span span);

    /* gradient[i] = sum[i] * 2^-NN_SUM_EXPONENT */
    void (*sum_to_gradient)(float *gradient, const int64_t *sum, size_t n);
};

/* The kernels of the level in use; static. Not collective. */
const struct nn_kernels *nn_kernels(void);

/* Those of one level (enum simd_level), or NULL where it was not built. For tests.
 * Not collective. */
const struct nn_kernels *nn_kernels_of(int level);

#endif
