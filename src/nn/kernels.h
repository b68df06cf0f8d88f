/* Inner loops of the nn layer, one set for each SIMD level (base/simd.h).
 *
 * All matrices are row-major. Rows of activations are padded with zeros to a multiple of
 * NN_LANES elements ("stride"), so that vector loops need no tails there.
 */
#ifndef RESLICE_NN_KERNELS_H
#define RESLICE_NN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { NN_LANES = 16 };

/* Rounded up to a whole number of NN_LANES. */
static inline size_t nn_stride(size_t n)
{
    return (n + NN_LANES - 1) / NN_LANES * NN_LANES;
}

/* Gradients are summed as integers: one unit is 2^-40, so a shard's sum holds magnitudes below
 * 2^11, to 1e-12. More is a diverged run. */
enum { NN_SUM_EXPONENT = 40 };

struct sgd_spec {
    float rate, momentum, weight_decay;
    int nesterov;
};

struct nn_kernels {
    /* packed [(inputs+1)/2, stride(outputs), 2] from code [outputs, inputs]: pairs of inputs side
     * by side, outputs along the vector. */
    void (*pack_codes)(int16_t *packed, const int16_t *code, size_t outputs, size_t inputs);

    /* y[i,j] = scale * sum_k x[i,k] w[j,k] + bias[j], the sum an exact integer;
     * x [n, x_stride] codes, y [n, stride(outputs)], bias [stride(outputs)].
     * Returns the largest bit pattern of |y|. */
    int32_t (*code_product)(float *y, const int16_t *x, size_t n, size_t x_stride,
                            const int16_t *packed, size_t outputs, size_t inputs, float scale,
                            const float *bias);

    /* dx[i,k] = sum_j dy[i,j] w[j,k]; dy [n, stride(outputs)], w [outputs, inputs],
     * dx [n, stride(inputs)]. Each row on its own: independent of n. */
    void (*row_product)(float *dx, const float *dy, size_t n, const float *w, size_t outputs,
                        size_t inputs);

    /* sum[j,k] = sum over shards of integer(sum_{i in shard} dy[i,j] x[i,k]), in units of
     * 2^-NN_SUM_EXPONENT; shard s has rows [begin[s], begin[s+1]). dy [n, stride(outputs)],
     * x [n, stride(inputs)], sum [outputs, inputs] (overwritten).
     * Returns non-zero when a shard's value does not fit (the run has diverged). */
    int (*outer_sum)(int64_t *sum, const float *dy, size_t outputs, const float *x, size_t inputs,
                     const size_t *begin, size_t shards);

    /* SGD with momentum over flat arrays, see optimizer.h. */
    void (*sgd)(float *value, float *momentum, const float *gradient, const uint8_t *mask, size_t n,
                struct sgd_spec spec);

    /* gradient[i] = sum[i] * 2^-NN_SUM_EXPONENT */
    void (*sum_to_gradient)(float *gradient, const int64_t *sum, size_t n);
};

const struct nn_kernels *nn_kernels(void);

/* Those of one level (enum simd_level), or NULL where it was not built. For tests. */
const struct nn_kernels *nn_kernels_of(int level);

#endif
