/* Whether a file was made with the settings of a run. */
#ifndef RESLICE_SETTINGS_SETTINGS_SAME_H
#define RESLICE_SETTINGS_SETTINGS_SAME_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/experiment.h"

/* Compares the text of settings_to_yaml in a file `path` with settings, by values: options that an older
 * program did not know have their defaults. `what` was done with them: "made", "begun". False with the
 * line of settings_difference, or the one that says why they cannot be read. Not collective. */
bool settings_are_same(const char *path, const char *what, const char *there,
                       const struct settings *here, struct error *err);

#endif
