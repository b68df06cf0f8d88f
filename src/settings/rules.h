/* Rules between options, checked on the complete settings of every run. */
#ifndef RESLICE_SETTINGS_RULES_H
#define RESLICE_SETTINGS_RULES_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/experiment.h"

/* `given[i]` is false where option i of the table has its default because nobody set it. False with
 * a message without location on the first broken rule; `involved` has the rows that disagree. */
bool rules_check(const struct settings *settings, const bool *given, int involved[2],
                 struct error *err);

#endif
