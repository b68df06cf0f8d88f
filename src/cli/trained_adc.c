#include "cli/trained_adc.h"

#include <string.h>

#include "base/mem.h"
#include "settings/adc_settings.h"

void trained_adc_refer(struct trials *trials, const struct settings *s, const char *signs,
                       const char *transfer)
{
    if (!adc_settings_are_on(s) || strcmp(signs, s->adc.signs) != 0 ||
        strcmp(transfer, s->adc.transfer) != 0)
        return;
    struct adc_bits *bits = MEM_NEW(struct adc_bits, trials->layers);
    for (int l = 0; l < trials->layers; l++) {
        const struct readout readout = adc_settings_readout(s, (size_t)l);
        memcpy(bits[l].of, readout.bits, sizeof bits[l].of);
    }
    work_line_start(&trials->line, "in training", 2);
    trials_refer_to(trials, "in training", bits);
    mem_free(bits);
}
