/* Plain L1: R = alpha / N sum |w|, dR/dw = alpha / N sign(w), 0 at 0. */
#include <math.h>

#include "method/penalty.h"

static double l1_value(struct penalty_input in)
{
    double sum = 0.0;
    for (size_t t = 0; t < in.count; t++)
        for (size_t i = 0; i < in.tensor[t].count; i++)
            sum += fabs((double)in.tensor[t].value[i]);
    return in.alpha * sum / (double)penalty_scalars(in, false);
}

static void l1_add_gradient(struct penalty_input in)
{
    const float slope = (float)(in.alpha / (double)penalty_scalars(in, false));
    for (size_t t = 0; t < in.count; t++) {
        const float *restrict w = in.tensor[t].value;
        float *restrict gradient = in.tensor[t].gradient;
        for (size_t i = 0; i < in.tensor[t].count; i++)
            gradient[i] += w[i] == 0.0f ? 0.0f : copysignf(slope, w[i]);
    }
}

const struct penalty_class penalty_l1 = {
    .name = "l1",
    .value = l1_value,
    .add_gradient = l1_add_gradient,
};
