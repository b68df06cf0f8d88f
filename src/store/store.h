/* Result files: HDF5 written by all ranks, read by one.
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

#include "base/error.h"

enum { STORE_AXES = 6, STORE_FORMAT_VERSION = 1 };

enum store_type {
    STORE_F32,
    STORE_F64,
    STORE_I8,
    STORE_I16,
    STORE_I32,
    STORE_I64,
    STORE_U8,
    STORE_U32,
    STORE_U64
};

size_t store_type_size(enum store_type type);

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

struct store; /* a file being written */

/* Opens PATH.part for a file of about `bytes`. Collective. */
struct store *store_create(const char *path, size_t bytes);

/* Ends the job now when store_extend could not add about `bytes` later: no room, or nothing can be
 * written there. Collective. */
void store_check_extend(const char *path, size_t bytes);

/* Opens PATH.part, a copy of the file PATH without the groups of a list that NULL ends, to add about
 * `bytes` to it. PATH stays as it is until store_finish. Collective. */
struct store *store_extend(const char *path, size_t bytes, const char *const *group);

/* Collective; all ranks give the same arguments, but for `data`, `first` and `count`. */
void store_write(struct store *store, const struct store_array *array);
void store_group(struct store *store, const char *group);
void store_text(struct store *store, const char *object, const char *name, const char *value);
void store_integer(struct store *store, const char *object, const char *name, int64_t value);
void store_real(struct store *store, const char *object, const char *name, double value);

/* Flushes, closes, verifies and renames to PATH. Collective; frees the store. */
void store_finish(struct store *store);

/* ---- reading: not collective, errors as one line ---- */

struct store_file; /* a file being read */

/* Opens a result file and checks format, version and `complete`. NULL and a line on any mistake. */
struct store_file *store_open(const char *path, struct error *err);
void store_close(struct store_file *file);

bool store_has(const struct store_file *file, const char *object);

/* Lengths of a dataset's axes; returns their number, or -1 when it is not there. */
int store_shape(const struct store_file *file, const char *path, size_t length[STORE_AXES]);

/* Whole dataset of exactly `count` elements, converted to `type`, checksum verified. */
bool store_read(const struct store_file *file, const char *path, enum store_type type, size_t count,
                void *data, struct error *err);

/* The text of an attribute, of any length, owned by the caller (mem_free); NULL with a line when it is
 * missing or no text. Not collective. */
char *store_take_text(const struct store_file *file, const char *object, const char *name,
                      struct error *err);

/* Copies the text of an attribute into `value` [size]; false with a line when it is missing, no text,
 * or does not fit with its NUL. Not collective. */
bool store_get_text(const struct store_file *file, const char *object, const char *name,
                    char *value, size_t size, struct error *err);
bool store_get_integer(const struct store_file *file, const char *object, const char *name,
                       int64_t *value, struct error *err);
bool store_get_real(const struct store_file *file, const char *object, const char *name,
                    double *value, struct error *err);

/* Names of the members of a group in alphabetical order, each in `width` bytes of *names (owned by
 * the caller, mem_free); returns their number, 0 when there is no such group. */
size_t store_list(const struct store_file *file, const char *group, size_t width, char **names);

/* Versions of the HDF5 library. */
void store_library_version(char *text, size_t size);

#endif
