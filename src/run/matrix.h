/* From the runs as written in an experiment file to the list of variants that are trained.
 *
 * Children inherit the axes of their parents; the axes are multiplied out; matrix values and then
 * `--set` are applied over what the file says; the rules between options are checked for every
 * variant.
 */
#ifndef RESLICE_RUN_MATRIX_H
#define RESLICE_RUN_MATRIX_H

#include <stdbool.h>

#include "base/error.h"
#include "run/experiment.h"
#include "run/plan.h"

/* Fills run_count and runs of the experiment (for experiment_free, also on failure). Inherited axes
 * and used overrides are noted in the plan. */
bool matrix_expand(struct plan *plan, struct experiment *experiment, struct error *err);

#endif
