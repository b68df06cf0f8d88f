#include "settings/adc_settings.h"

#include "settings/crossbar_settings.h"

bool adc_settings_are_on(const struct settings *s)
{
    return s->adc.bits.count > 0;
}

struct readout adc_settings_readout(const struct settings *s, size_t index)
{
    const size_t slices = (size_t)crossbar_slices(settings_crossbar_format(s));
    const struct real_list *list = &s->adc.bits;
    const double *bits = list->value + ((size_t)list->count > slices ? index * slices : 0);
    const size_t step = list->count > 1; /* one number is for all slices */
    struct readout readout = {.signs = READOUT_DIFFERENTIAL};
    readout_signs_find(s->adc.signs, &readout.signs);
    readout_transfer_find(s->adc.transfer, &readout.transfer);
    for (size_t k = 0; k < slices; k++)
        readout.bits[CROSSBAR_POSITIVE][k] = readout.bits[CROSSBAR_NEGATIVE][k] =
            (int8_t)bits[k * step];
    return readout;
}
