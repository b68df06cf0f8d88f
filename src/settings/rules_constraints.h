/* Rules about the constraints of a run, which depend on its network. */
#ifndef RESLICE_SETTINGS_RULES_CONSTRAINTS_H
#define RESLICE_SETTINGS_RULES_CONSTRAINTS_H

#include <stdbool.h>

#include "settings/rules.h"

/* Whether lists of amounts fit the number of the network's weight layers, and constraints each other.
 * The settings describe a network that can be built. False, with involved and err, on the first
 * broken rule. Not collective. */
bool rules_constraints_check(struct rule_check *check);

#endif
