/* The HDF5 file that an option -o names: what stands there is not overwritten by a slip of the hand. */
#ifndef RESLICE_STORE_OVERWRITE_H
#define RESLICE_STORE_OVERWRITE_H

#include "base/error.h"

/* False with a line unless a file of this format (root attribute `format`) can be written at `path`:
 * its folder is there, and so is nothing, or a file of the same format, which `replaces` allows to
 * replace. Looks only; collective. */
bool output_check(const char *path, const char *format, bool replaces, struct error *err);

#endif
