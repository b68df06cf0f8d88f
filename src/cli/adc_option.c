#include "cli/adc_option.h"

#include <stdlib.h>

#include "hw/readout.h"
#include "simulate/provision.h"

bool adc_option_parse(const char *option, const char *text, struct crossbar_format format,
                      int bits[CROSSBAR_MAX_SLICES], struct error *err)
{
    const int slices = crossbar_slices(format), full = readout_full_bits(format);
    const int most = full > PROVISION_SWEEP_BITS ? full : PROVISION_SWEEP_BITS;
    const char *next = text;
    bool fine = true;
    for (int k = slices - 1; k >= 0 && fine; k--) {
        char *end;
        const long value = strtol(next, &end, 10);
        fine = end != next && value >= 0 && value <= most && *end == (k ? ',' : '\0');
        bits[k] = (int)value;
        next = end + 1;
    }
    return fine ? true
                : error_set(err,
                            "%s: value '%s'; allowed: %d integers from 0 to %d, most "
                            "significant slice first, separated by commas",
                            option, text, slices, most);
}
