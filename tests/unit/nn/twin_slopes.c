#include "unit/nn/twin_slopes.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "unit/nn/op_compare.h"

double loss_of(const struct twin *twin, const double *factor)
{
    double sum = 0.0;
    twin_forward(twin);
    for (size_t i = 0; i < twin->samples * twin->net->logits->size; i++)
        sum += factor[i] * twin_value(twin, twin->net->logits)[i];
    return sum;
}

static void check_slope(const char *name, const struct twin *twin, const double *factor, size_t i)
{
    const double eps = 1e-6, keep = twin->param[i], own = twin->param_gradient[i];
    twin->param[i] = keep + eps;
    const double above = loss_of(twin, factor);
    twin->param[i] = keep - eps;
    const double slope = (above - loss_of(twin, factor)) / (2.0 * eps);
    twin->param[i] = keep;
    if (!(fabs(own - slope) <= 1e-6 * (1.0 + fabs(slope))))
        fail_msg("%s: gradient %g of parameter %zu, but slope %g", name, own, i, slope);
}

void check_twin(const char *name, struct network *net, size_t samples)
{
    const struct pass pass = make_pass(samples, false);
    struct twin twin;
    random_input(net, samples);
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass)); /* dropout */
    twin_create(&twin, net, samples, true);
    twin_forward(&twin);
    set_loss(&twin);
    double *factor = MEM_NEW(double, samples * net->logits->size);
    memcpy(factor, twin_gradient(&twin, net->logits), samples * net->logits->size * sizeof *factor);
    twin_backward(&twin);
    for (int t = 0; t < net->params.count; t++) {
        const struct parameter *tensor = &net->params.tensor[t];
        const size_t some = tensor->count / 5 + 1;
        for (size_t i = 0; !tensor->is_state && i < tensor->count; i += some)
            check_slope(name, &twin, factor, tensor->offset + i);
    }
    twin_destroy(&twin);
    mem_free(factor);
}
