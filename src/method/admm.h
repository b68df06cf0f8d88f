/* ADMM: a constraint W in S as a pull towards a point of S that follows the weights (Boyd et al.
 * 2011, scaled form; for weights: ADMM-NN, arXiv 1812.11677, section 3).
 *
 *     W-step: SGD on loss + rho/2 ||W - Z + U||^2
 *     Z-step: Z = P(W + U)                  P: the projection on S
 *     U-step: U += W - Z;  then rho *= growth and U /= growth, since rho U is what pulls
 *     start:  Z = P(W), U = 0
 *
 * Pure arithmetic on flat arrays of n; with several constraints each has its own Z and U.
 */
#ifndef RESLICE_METHOD_ADMM_H
#define RESLICE_METHOD_ADMM_H

#include <stddef.h>

/* gradient += rho (w - z + u). Not collective. */
void admm_add_gradient(float *gradient, const float *w, const float *z, const float *u, size_t n,
                       double rho);

/* z = w + u, to be projected. Not collective. */
void admm_target(float *z, const float *w, const float *u, size_t n);

/* u = (u + w - z) / growth, after the projection. Not collective. */
void admm_dual(float *u, const float *w, const float *z, size_t n, double growth);

/* Adds ||w - z||^2 to *distance and ||w||^2 to *norm. Not collective. */
void admm_residual(const float *w, const float *z, size_t n, double *distance, double *norm);

#endif
