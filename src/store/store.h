/* Result files: HDF5 written by all ranks, read by one (store_read.h).
 *
 * Writing is collective and follows what a full disk does to parallel HDF5: free space is checked
 * first, datasets are contiguous, the return code of every call is combined over ranks before the
 * next call, and a watchdog ends a flush that hangs. The file is NAME.part until every dataset has
 * been read back and its checksum found right; then it is renamed. A failure is an environment
 * error (log_fatal): it ends the job and leaves NAME as it was.
 *
 * Every dataset carries `description`, `units` and `crc32` (zlib's CRC-32 of its bytes in file
 * order), and every axis is a dimension scale in the dataset's group.
 */
#ifndef RESLICE_STORE_STORE_H
#define RESLICE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store_read.h"
#include "store/store_type.h"

struct store_axis {
    const char *name;
    size_t length;
    const int32_t *label; /* [length] coordinates, or NULL for 0, 1, 2, … */
};

struct store_array {
    const char *group, *name; /* "/history", "train_loss" */
    const char *description, *units;
    enum store_type type;
    int axes;
    struct store_axis axis[STORE_AXES];
    const void *data; /* C order */
    bool is_volatile; /* differs between repeats (wall times): the axes do not point back at it, so
                       * that files without it compare as equal */
    /* Who writes: with split_axes == 0 rank 0 has it all. Otherwise the first split_axes axes are
     * read as one list of rows, and this rank has rows [first, first + count); ranks follow each
     * other in rank order and together have every row. */
    int split_axes;
    size_t first, count;
};

/* Starts HDF5, which is never ended. Before MPI starts, else MPI ends HDF5 at its own end; HDF5 1.10
 * then crashes over a file whose closing failed, as it may on a network. Not collective. */
void store_start(void);

struct store; /* a file being written */

/* Opens PATH.part for a file of about `bytes`; where PATH is a link, beside the file it leads to.
 * Collective; the caller owns the store until store_finish. Ends the job when there is no room, or
 * PATH is write-protected. */
struct store *store_create(const char *path, size_t bytes);

/* Ends the job now when store_extend could not add about `bytes` later: no room, PATH is
 * write-protected, or nothing can be written beside it. Leaves nothing behind. Collective. */
void store_check_extend(const char *path, size_t bytes);

/* Opens PATH.part, a copy of the file PATH without the groups of a list that NULL ends, to add about
 * `bytes` to it. PATH stays as it is until store_finish; where it is a link, all this happens to the
 * file it leads to. Collective; the caller owns the store until store_finish. Ends the job when there
 * is no room, PATH is write-protected, or copying fails. */
struct store *store_extend(const char *path, size_t bytes, const char *const *group);

/* Writes a dataset with its axes, its checksum and what describes it. Collective; all ranks give the
 * same array, but for `data`, `first` and `count`. Ends the job on any failure. */
void store_write(struct store *store, const struct store_array *array);

/* Makes an empty group and the groups it lies in. Collective. Ends the job on any failure. */
void store_group(struct store *store, const char *group);

/* Adds an attribute to an object that is there: UTF-8 text of any length, a whole number, a real
 * one. Each is collective; all ranks give the same. Each ends the job on any failure. */
void store_text(struct store *store, const char *object, const char *name, const char *value);
void store_integer(struct store *store, const char *object, const char *name, int64_t value);
void store_real(struct store *store, const char *object, const char *name, double value);

/* Flushes, closes, verifies every checksum, makes it durable and renames PATH.part to PATH, with the
 * mode of the file that was there. Collective; frees the store. Ends the job on any failure; then
 * PATH is as it was. */
void store_finish(struct store *store);

/* "1.10.8 parallel", the version of the HDF5 library, in `size` bytes. Not collective. */
void store_library_version(char *text, size_t size);

#endif
