/* Resolved settings as YAML: what result files and checkpoints hold, and in what two of them differ. */
#ifndef RESLICE_SETTINGS_SETTINGS_YAML_H
#define RESLICE_SETTINGS_SETTINGS_YAML_H

#include "base/error.h"
#include "settings/settings.h"

/* Every option with its value, of the network's either the list of layers or all others; options that
 * say nothing are left out (option_is_silent). An experiment with these lines as its run reads back to
 * the same settings. The text is owned by the caller (mem_free). Not collective. */
char *settings_to_yaml(const struct settings *settings);

/* Fills the line that says how two such texts differ: the first line that is another one in the file
 * `path` (`there`) and now (`here`). `what` was done with the settings there: "made", "begun". Not
 * collective. */
void settings_difference(const char *path, const char *what, const char *there, const char *here,
                         struct error *err);

#endif
