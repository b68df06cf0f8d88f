/* From the runs as written in an experiment file to the list of variants that are trained.
 *
 * Children inherit the axes of their parents; the axes are multiplied out; matrix values and then
 * `--set` are applied over what the file says; the rules between options are checked for every
 * variant.
 */
#ifndef RESLICE_SETTINGS_VARIANTS_H
#define RESLICE_SETTINGS_VARIANTS_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/experiment_file.h"
#include "settings/runs.h"

/* Fills run_count and runs of the experiment, which the caller owns, also on failure. Their settings
 * point into the file's lists. Inherited axes and used overrides are noted in the file. False with a
 * located message. Not collective. */
bool variants_expand(struct experiment_file *file, struct experiment *experiment,
                     struct error *err);

#endif
