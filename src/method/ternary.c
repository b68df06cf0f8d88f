/* Ternary weights (He and Fan, WACV 2019; Yang, He and Fan, AAAI 2020): one threshold and one scale a
 * layer,
 *     Delta = t max|w|,    S = mean of |w| over |w| >= Delta,
 *     T(w) = +S if w >= Delta, -S if w < -Delta, 0 otherwise.
 * Imposed straight through: no gradient through S and Delta, none to latent weights |w| >= 1. */
#include <math.h>

#include "method/constraint.h"

static size_t whole_layer(const struct constraint_layer *layer)
{
    return layer->out;
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    const size_t n = outputs * layer->in * layer->taps;
    float max = 0.0F;
    (void)scratch;
    for (size_t i = 0; i < n; i++)
        max = fmaxf(max, fabsf(w[i]));
    const float threshold = (float)layer->amount * max;
    double sum = 0.0;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (fabsf(w[i]) >= threshold) {
            sum += fabs((double)w[i]);
            kept++;
        }
    const float scale = kept > 0 ? (float)(sum / (double)kept) : 0.0F;
    for (size_t i = 0; i < n; i++)
        w[i] = w[i] >= threshold ? scale : w[i] < -threshold ? -scale : 0.0F;
}

const struct constraint_class constraint_ternary = {
    .name = "ternary",
    .option = "threshold",
    .clip = 1.0F,
    .shares_values = true,
    .unit = whole_layer,
    .project = project,
};
