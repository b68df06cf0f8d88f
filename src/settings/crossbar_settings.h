/* How the settings of a run map its codes to crossbars. */
#ifndef RESLICE_SETTINGS_CROSSBAR_SETTINGS_H
#define RESLICE_SETTINGS_CROSSBAR_SETTINGS_H

#include "hw/crossbar.h"
#include "settings/settings.h"

/* Arrays of crossbar.rows x columns; cells of crossbar.cell_bits, or of a slice; inputs as wide as the
 * codes. Pure. */
struct crossbar_format settings_crossbar_format(const struct settings *settings);

#endif
