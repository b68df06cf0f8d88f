/* The data set of a run's settings: one that is known by its name, or a file of the user's own, whose
 * shape and classes the settings then have too: so a result file is complete without its data. */
#ifndef RESLICE_SETTINGS_DATA_SETTINGS_H
#define RESLICE_SETTINGS_DATA_SETTINGS_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset.h"
#include "settings/settings.h"

/* Whether the settings have a data set of the user's own. Not collective. */
bool data_settings_are_own(const struct settings *settings);

/* Takes shape and classes from the files of an own set, which is sought as dataset_look says. What the
 * settings have of them already must fit: the same shape, no fewer classes; with both of them the files
 * may be elsewhere. `set` holds what was found for the next call with the same file, and is zeroed before
 * the first; `lists` takes what the settings then point to. False with a line. Collective. */
bool data_settings_look(struct settings *settings, struct settings_lists *lists,
                        const char *directory, struct dataset *set, struct error *err);

/* The set without its samples: of an own one shape and classes as the settings have them, inputs
 * normalised with mean 0 and deviation 1. Not collective. */
void data_settings_describe(struct dataset *set, const struct settings *settings);

/* The set with its samples: dataset_load, or dataset_load_file and whether it is as the settings say.
 * False with a line, and nothing to free. Collective. */
bool data_settings_load(struct dataset *set, const struct settings *settings, const char *directory,
                        struct error *err);

#endif
