/* The kernels of elementwise_simd.c, for the table in kernels_simd.c; kernels.h says what they do. */
#ifndef RESLICE_NN_ELEMENTWISE_SIMD_H
#define RESLICE_NN_ELEMENTWISE_SIMD_H

#include "base/simd.h"
#include "nn/kernels.h"

void SIMD_NAME(sum_to_gradient)(float *gradient, const int64_t *sum, size_t n);
void SIMD_NAME(code_moments)(int64_t *sum, const int16_t *x, struct image_span span);
void SIMD_NAME(affine)(float *y, const float *x, const float *scale, const float *shift,
                       struct image_span span);
void SIMD_NAME(gradient_moments)(float *part, const float *dy, const float *x, const float *mean,
                                 const float *inverse, struct image_span span);
void SIMD_NAME(affine_gradient)(float *dx, const float *dy, const float *x,
                                const float *const abc[3], struct image_span span, int accumulate);
void SIMD_NAME(relu_gradient)(float *dx, const float *dy, const float *y, size_t n, int accumulate);
void SIMD_NAME(sgd)(float *value, float *momentum, const float *gradient, const uint8_t *mask,
                    size_t n, struct sgd_spec spec);

#endif
