/* The HDF5 file that an option -o names: what stands there is not overwritten by a slip of the hand. */
#ifndef RESLICE_STORE_OVERWRITE_H
#define RESLICE_STORE_OVERWRITE_H

#include "base/error.h"

enum { OVERWRITE_PATH = 1024 };

/* False with a line unless a file of this format (root attribute `format`) can be written at `path`,
 * of at most OVERWRITE_PATH - 1 bytes, or where the link `path` leads to: the folder is there or can be made, and
 * there is nothing, or a file of the same format that is neither write-protected nor open for writing
 * elsewhere and that `replaces` allows to replace. Looks only. Collective: rank 0 looks, all ranks
 * get its answer and its line. */
bool overwrite_check(const char *path, const char *format, bool replaces, struct error *err);

/* False with a line unless a file can be made at `path`, or where the link `path` leads to, and what
 * stands there is not write-protected. For a result, whose contents are judged elsewhere; looks only.
 * Collective: rank 0 looks, all ranks get its answer and its line. */
bool overwrite_may_write(const char *path, struct error *err);

/* Makes the folder of such a file, right before it is written. Rank 0 works; an environment error ends
 * the job. */
void overwrite_make_folder(const char *path);

#endif
