/* So many digits a weight: S = {codes with at most `amount` digits other than 0}, each weight by
 * itself to the nearest one. With one digit a weight that is not 0 is ±c 2^(width k), and the share
 * of non-zero slices is that of the weights over the slices. The exponent must not change, or every
 * digit would. */
#include <math.h>

#include "method/constraint.h"
#include "method/slice_codes.h"

static size_t one_output(const struct constraint_layer *layer)
{
    (void)layer;
    return 1;
}

/* As many digits as there are slices ask for nothing. */
static bool is_idle(const struct constraint_layer *layer)
{
    return layer->amount == 0.0 || layer->amount >= bit_slice_count(layer->format);
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    struct slice_codes codes;
    (void)scratch;
    slice_codes_limited(&codes, layer->format, (int)layer->amount);
    for (size_t i = 0; i < outputs * layer->in * layer->taps; i++) {
        const int code = codes.code[slice_codes_find(&codes, fabsf(w[i]) / layer->step)];
        w[i] = code == 0 ? 0.0f : copysignf(layer->step * (float)code, w[i]);
    }
}

const struct constraint_class constraint_slice_digits = {
    .name = "slice-digits",
    .option = "digits",
    .holds_exponent = true,
    .is_idle = is_idle,
    .unit = one_output,
    .project = project,
};
