/* Lists of files as users write them, of all the .h5 in a folder: what stands beside the results of runs does not
 * stop the work on them. */
#ifndef RESLICE_RESULT_RESULT_FILES_H
#define RESLICE_RESULT_RESULT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Takes out of the list path [*count] the HDF5 files that are no results of runs (exported crossbars,
 * checkpoints, files of other programs), with one warning each; *count becomes the number of the others,
 * which keep their order. Files that are missing, no HDF5, damaged, or results that this program cannot
 * read stay in the list: whoever opens them says why. False with a line when nothing is left. Collective:
 * rank 0 looks and speaks, every rank gets the same list and line. */
bool result_files_keep(const char **path, size_t *count, struct error *err);

#endif
