#include "settings/constraint_settings.h"

#include <string.h>

#include "settings/crossbar_settings.h"
#include "settings/options.h"

static struct bit_slice_format format_of(const struct settings *s)
{
    return (struct bit_slice_format){(int)s->fixed_point.bits,
                                     settings_crossbar_format(s).cell_bits};
}

static void ask_slices(const struct settings *s, struct constraint_layer *layer)
{
    const struct real_list *prices = &s->slice_sparsity.prices;
    for (int k = 0; k < bit_slice_count(layer->format); k++)
        layer->price[k] = k < prices->count ? prices->value[k] : 1.0;
    layer->start = s->slice_sparsity.start;
    layer->ramp = s->slice_sparsity.ramp;
    layer->is_shared = strcmp(s->slice_sparsity.over, "network") == 0;
    layer->is_relative = strcmp(s->slice_sparsity.distance, "relative") == 0;
}

/* Everything but the shape. */
static struct constraint_layer ask(const struct settings *s, const struct constraint_class *class,
                                   size_t index)
{
    const struct real_list *list = option_amounts(s, class);
    struct constraint_layer layer = {.format = format_of(s),
                                     .rows = (size_t)s->crossbar.rows,
                                     .iterations = (int)s->smartdeal.iterations,
                                     .gain =
                                         class == &constraint_circulant ? s->circulant.gain : 1.0};
    const size_t numbers = class->is_per_slice ? (size_t)bit_slice_count(layer.format) : 1;
    if (list->count == 0)
        return layer;
    const double *amount = list->value + ((size_t)list->count > numbers ? index * numbers : 0);
    layer.amount = class->is_per_slice ? 0.0 : amount[0];
    for (size_t k = 0; k < numbers && class->is_per_slice; k++)
        layer.adc_bits[k] = (int)amount[k];
    if (class == &constraint_slice_sparsity)
        ask_slices(s, &layer);
    return layer;
}

bool constraint_settings_asks(const struct settings *s, const struct constraint_class *class,
                              size_t index)
{
    const struct constraint_layer layer = ask(s, class, index);
    if (option_amounts(s, class)->count == 0)
        return false;
    return class->is_idle ? !class->is_idle(&layer) : layer.amount != 0.0;
}

double constraint_settings_amount(const struct settings *s, const struct constraint_class *class,
                                  size_t index)
{
    return ask(s, class, index).amount;
}

struct constraint_layer constraint_settings_describe(const struct settings *s,
                                                     const struct constraint_class *class,
                                                     const struct parameter *tensor, size_t index)
{
    struct constraint_layer layer = ask(s, class, index);
    layer.out = tensor->shape[0];
    layer.in = tensor->shape[1];
    layer.taps = tensor->count / tensor->shape[0] / tensor->shape[1];
    return layer;
}
