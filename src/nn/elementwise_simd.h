/* The kernels of elementwise_simd.c and codes_simd.c, for the table in kernels_simd.c. What each does
 * stands at the member of its name in struct nn_kernels (kernels.h); none is collective. */
#ifndef RESLICE_NN_ELEMENTWISE_SIMD_H
#define RESLICE_NN_ELEMENTWISE_SIMD_H

#include "base/simd.h"
#include "nn/kernels.h"

void SIMD_NAME(sum_to_gradient)(float *gradient, const int64_t *sum, size_t n);
int SIMD_NAME(add_pixel_sums)(int64_t *sum, const float *dy, struct image_span span);
void SIMD_NAME(code_moments)(int64_t *sum, int16_t *range, const int16_t *x,
                             struct image_span span);
int32_t SIMD_NAME(affine_max)(const int16_t *range, const float *scale, const float *shift,
                              size_t channels);
void SIMD_NAME(affine_codes)(int16_t *code, float *value, const int16_t *x, const float *scale,
                             const float *shift, struct image_span span, struct quantise_spec spec);
void SIMD_NAME(code_gradient_moments)(float *part, const float *dy, const int16_t *mask,
                                      const int16_t *x, const float *scale, const float *shift,
                                      struct image_span span);
void SIMD_NAME(code_affine_gradient)(float *dx, const float *dy, const int16_t *mask,
                                     const int16_t *x, const float *const abc[3],
                                     struct image_span span, int accumulate);
int32_t SIMD_NAME(max_code_sum)(const int16_t *a, const int16_t *b, size_t n, const float step[2]);
void SIMD_NAME(quantise_code_sum)(int16_t *code, float *value, const int16_t *a, const int16_t *b,
                                  size_t n, const float step[2], struct quantise_spec spec);
void SIMD_NAME(mask_gradient)(float *dx, const float *dy, const int16_t *mask, size_t n,
                              int accumulate);
void SIMD_NAME(spread_maximum)(float *dx, const float *dy, const uint8_t *winner, uint8_t place,
                               size_t n);
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
