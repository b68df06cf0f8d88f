/* Opens HDF5 files for reading, and says truly why when that fails. Inside store*.c only.
 *
 * HDF5 locks what it opens with flock and calls a file that it cannot lock damaged. Here the lock is
 * taken apart from HDF5, so that a file system without locks is read all the same and a file that
 * another process writes is told from a broken one. HDF5_USE_FILE_LOCKING=FALSE goes without.
 */
#ifndef RESLICE_STORE_STORE_OPEN_H
#define RESLICE_STORE_STORE_OPEN_H

#include <stdbool.h>

#include "base/error.h"
#include "store/store_hdf5.h"

/* Opens any HDF5 file, the caller's to close (store_close_any). Not collective. NULL and a line: not
 * there, not allowed, no HDF5 file, truncated, damaged; or an environment error: another process has
 * it open for writing, the disk fails. */
struct store_file *store_open_any(const char *path, struct error *err);

/* Whether a file can be opened and another process writes it. Not collective. */
bool store_is_locked(const char *path);

/* Takes over an open HDF5 file without a lock; `path` is for messages. The caller's to close
 * (store_close_any). Not collective. */
struct store_file *store_open_id(hid_t id, const char *path);

/* Closes and frees; NULL is allowed. Not collective. */
void store_close_any(struct store_file *file);

#endif
