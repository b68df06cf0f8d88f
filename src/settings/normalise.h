/* The inputs of a network: (pixel / 255 - mean) / std. */
#ifndef RESLICE_SETTINGS_NORMALISE_H
#define RESLICE_SETTINGS_NORMALISE_H

#include "data/dataset.h"
#include "settings/settings.h"

/* Puts data.mean and data.std of the settings, where they are given, in place of the data set's own:
 * networks that were trained elsewhere want their own. Not collective. */
void normalise(struct dataset *set, const struct settings *settings);

#endif
