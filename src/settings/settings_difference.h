/* What differs between the settings of a file and those of a run. */
#ifndef RESLICE_SETTINGS_SETTINGS_DIFFERENCE_H
#define RESLICE_SETTINGS_SETTINGS_DIFFERENCE_H

#include "base/error.h"

/* Fills the line for settings (YAML) that differ: the first such line `there`, in the file `path`, and
 * `here`. `what` was done with them: "made", "begun". Not collective. */
void settings_difference(const char *path, const char *what, const char *there, const char *here,
                         struct error *err);

#endif
