/* Which options change anything in the settings of a run.
 *
 * The option table says where most options have their effect (only_if); here are the rest. An option
 * that somebody has given and that changes nothing in any of the runs it is given for is a mistake:
 * variants.c refuses it. Options of training in a run without epochs are none: the same file, or
 * `--set epochs=0`, is often used to try a graph of runs.
 */
#ifndef RESLICE_SETTINGS_EFFECTS_H
#define RESLICE_SETTINGS_EFFECTS_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/options.h"

/* Whether an option has an effect in these settings, or asks for nothing (0, false, none, []). On
 * false `why` is a sentence that begins with its path. Not collective. */
bool effects_has(const struct option_entry *entry, const struct settings *settings,
                 struct error *why);

#endif
