#include "settings/crossbar_settings.h"

struct crossbar_format settings_crossbar_format(const struct settings *s)
{
    const int bits = (int)s->fixed_point.bits;
    const int64_t cell = s->crossbar.cell_bits;
    return (struct crossbar_format){(int)s->crossbar.rows, (int)s->crossbar.columns,
                                    (int)(cell > 0 ? cell : s->fixed_point.slice_bits), bits, bits};
}
