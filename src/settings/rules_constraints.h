/* What a run's settings ask of constraints, checked before any work. */
#ifndef RESLICE_SETTINGS_RULES_CONSTRAINTS_H
#define RESLICE_SETTINGS_RULES_CONSTRAINTS_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/experiment.h"

/* Whether lists of amounts fit the number of the network's weight layers (the settings describe a
 * network that can be built), and how they are imposed. `given` and `involved` as in rules_check.
 * False with a message without location. Not collective. */
bool constrain_check(const struct settings *settings, const bool *given, int involved[2],
                     struct error *err);

#endif
