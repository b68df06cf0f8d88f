#include "method/admm.h"

void admm_add_gradient(float *gradient, const float *w, const float *z, const float *u, size_t n,
                       double rho)
{
    const float pull = (float)rho;
    for (size_t i = 0; i < n; i++)
        gradient[i] += pull * (w[i] - z[i] + u[i]);
}

void admm_target(float *z, const float *w, const float *u, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = w[i] + u[i];
}

void admm_dual(float *u, const float *w, const float *z, size_t n, double growth)
{
    const float scale = (float)(1.0 / growth);
    for (size_t i = 0; i < n; i++)
        u[i] = (u[i] + w[i] - z[i]) * scale;
}

void admm_residual(const float *w, const float *z, size_t n, double *distance, double *norm)
{
    for (size_t i = 0; i < n; i++) {
        *distance += ((double)w[i] - z[i]) * ((double)w[i] - z[i]);
        *norm += (double)w[i] * w[i];
    }
}
