/* Reads result files (store.h). Nothing here is collective: one rank reads, usually rank 0. Errors
 * are one line; that another process writes the file is an environment error. A disk that fails while
 * an open file is read ends the job: it must not look as if something were not in the file. */
#ifndef RESLICE_STORE_STORE_READ_H
#define RESLICE_STORE_STORE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store_type.h"

enum { STORE_FORMAT_VERSION = 1 };

struct store_file; /* a file being read */

/* Opens a result file and checks format, version and `complete`. Not collective; the caller's to
 * close (store_close). NULL and a line on any mistake, which says truly what it is. */
struct store_file *store_open(const char *path, struct error *err);

/* Whether another process has the file open for writing, so that store_open would refuse it. Not
 * collective: each rank looks for itself. */
bool store_is_in_use(const char *path);

/* Closes and frees; NULL is allowed. Not collective. */
void store_close(struct store_file *file);

/* Whether there is a group or dataset of this path. Not collective. */
bool store_has(const struct store_file *file, const char *object);

/* Lengths of a dataset's axes; returns their number, or -1 when it is not there or does not hold
 * numbers on at most STORE_AXES axes. Not collective. */
int store_shape(const struct store_file *file, const char *path, size_t length[STORE_AXES]);

/* Whole dataset of exactly `count` elements, converted to `type`, checksum verified, into the
 * caller's `data`. Not collective. False with a line when it is not there, of another size or
 * damaged, or the disk fails. */
bool store_read(const struct store_file *file, const char *path, enum store_type type, size_t count,
                void *data, struct error *err);

/* Text attribute of an object, of any length: the caller's (mem_free). Not collective. NULL and a
 * line when it is not there, or is not one text. */
char *store_take_text(const struct store_file *file, const char *object, const char *name,
                      struct error *err);

/* Text attribute of an object in `value` of `size` bytes. Not collective. False with a line when it
 * is not there, is not one text, or does not fit: it is never cut. */
bool store_get_text(const struct store_file *file, const char *object, const char *name,
                    char *value, size_t size, struct error *err);

/* Whole number that is an attribute of an object. Not collective. False with a line when it is not
 * there, or is not one number. */
bool store_get_integer(const struct store_file *file, const char *object, const char *name,
                       int64_t *value, struct error *err);

/* Real number that is an attribute of an object. Not collective. False with a line when it is not
 * there, or is not one number. */
bool store_get_real(const struct store_file *file, const char *object, const char *name,
                    double *value, struct error *err);

/* Names of the members of a group in alphabetical order, each in `width` bytes of *names (owned by
 * the caller, mem_free); returns their number, 0 when there is no such group. Not collective. */
size_t store_list(const struct store_file *file, const char *group, size_t width, char **names);

/* Reads every dataset of any HDF5 file back and compares checksums. Not collective. False with a
 * line at the first that is damaged or has none. */
bool store_verify(const char *path, struct error *err);

#endif
