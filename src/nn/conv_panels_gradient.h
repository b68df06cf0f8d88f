/* Private to the files of conv_panels: weight gradients over panels,
 *     dw[t, k, j] = sum over output pixels q and samples n of x[q step + tap(t), n, k] dy[q, n, j]
 * in float for a group of samples, then as integers. */
#ifndef RESLICE_NN_CONV_PANELS_GRADIENT_H
#define RESLICE_NN_CONV_PANELS_GRADIENT_H

#include "nn/conv_panels_plan.h"

/* Adds the gradients of n samples, x [in / 16, pixels, n, 16] and dy [out / 16, pixels, n, 16], to
 * t->sum as integers of `unit`; sets it when `is_first`. False when a value does not fit. Not
 * collective. */
bool conv_panels_weight_gradient(const struct conv_panels *t, const float *x, const float *dy,
                                 size_t n, double unit, bool is_first);

/* t->sum → the parameter's sums [out, in, taps]. Not collective. */
void conv_panels_collect_sums(const struct conv_panels *t, const struct op *op);

#endif
