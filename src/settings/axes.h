/* The axes of runs' matrices, and the variants that they multiply out to. */
#ifndef RESLICE_SETTINGS_AXES_H
#define RESLICE_SETTINGS_AXES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "settings/experiment_file.h"

/* Adds the axes of the run's parent, which has its own already, and numbers the run's variants from
 * `total` on, which then counts them too. False with a located message when the two matrices do not go
 * together, or there are too many variants. Not collective. */
bool axes_inherit(const struct experiment_file *file, struct run_entry *run, size_t *total,
                  struct error *err);

/* Whether the matrix of a run varies an option (a row of the table). Not collective. */
bool axes_vary(const struct run_entry *run, int option);

/* Puts the values of a variant (0 is the first of the run) into settings, with their sources. Not
 * collective. */
void axes_apply(const struct run_entry *run, size_t variant, struct sourced_settings *to);

/* Index in experiment->runs of the variant of the parent that has the same values on the parent's
 * axes. The run has a parent. Not collective. */
size_t axes_parent_variant(const struct experiment_file *file, const struct run_entry *run,
                           size_t variant);

/* The name of a variant: "bitslice@alpha=2,seed=1". False with a located message when it is too long.
 * Not collective. */
bool axes_name_variant(const struct experiment_file *file, const struct run_entry *run,
                       size_t variant, char name[EXPERIMENT_NAME], struct error *err);

#endif
