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
#include "settings/experiment.h"
#include "settings/experiment_file.h"

/* Fills run_count and runs of the experiment (for experiment_free, also on failure). Inherited axes
 * and used overrides are noted in the plan. */
bool matrix_expand(struct plan *plan, struct experiment *experiment, struct error *err);

#endif
