/* Plain files as the file systems of clusters have them: calls that a signal interrupts are begun
 * again, links are followed, modes are kept, and folders that cannot be synced are no error.
 * Nothing here is collective: rank 0 calls it. Paths are at most DISK_PATH - 1 bytes. */
#ifndef RESLICE_STORE_DISK_H
#define RESLICE_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { DISK_PATH = 4096 };

/* Opens a file, with the mode 0666 where it is made; its descriptor is the caller's. -1 with errno.
 * Not collective. */
int disk_open(const char *path, int flags);

/* All bytes or false with errno, EIO where a file ends before them. Not collective. */
bool disk_write(int fd, const void *bytes, size_t count);
bool disk_read(int fd, void *bytes, size_t count);

/* Makes the contents of an open file durable; false with errno. A file system that cannot do it
 * (EINVAL, ENOTSUP, ENOSYS) is no error. Not collective. */
bool disk_sync(int fd);

/* Closes; false with errno when the bytes have not arrived. Not collective. */
bool disk_close(int fd);

/* Renames; false with errno. Not collective. */
bool disk_rename(const char *from, const char *to);

/* Makes the names in the folder of a file durable. What is renamed stands there already: a failing
 * disk is a warning, a file system that does not sync folders not even that. Not collective. */
void disk_sync_folder(const char *path);

/* The file that `path` is or, through links, leads to; it need not be there. False with a line when
 * the links go in a circle or the path becomes too long. Not collective. */
bool disk_follow(const char *path, char target[DISK_PATH], struct error *err);

/* False with a line when a file is there that nobody may write, or this user may not: to replace it
 * would go round its protection. Links are followed. Not collective. */
bool disk_may_replace(const char *path, struct error *err);

/* False with a line unless a file can be made at `path`, or where the link `path` leads to (its folder
 * is there or can be made), and what stands there is not write-protected. Looks only. Not collective. */
bool disk_may_create(const char *path, struct error *err);

/* Gives `part` the mode and, as far as allowed, the group of the file that it will replace; without
 * one nothing happens. False with errno. Not collective. */
bool disk_keep_mode(const char *part, const char *path);

/* Makes a file of `count` bytes and, behind them, of those of `end` [end_count], durably; false with
 * errno, and then perhaps with a part of it. Not collective. */
bool disk_create(const char *path, const void *bytes, size_t count, const void *end,
                 size_t end_count);

/* Puts `count` bytes into the place of a file, or makes it: written beside it as PATH.part, synced and
 * renamed, so that there is never half a file. Links are followed, the mode stays. False with a line;
 * then the file is as it was. Not collective. */
bool disk_replace(const char *path, const void *bytes, size_t count, struct error *err);

/* Whether an errno is for the user to mend: a wrong path, a missing permission. Pure. */
bool disk_is_user_error(int number);

/* Line "WORDS: why" of the call that has just failed with errno; always false. A wrong path or a
 * missing permission is a user error, all else an environment error. Not collective. */
bool disk_failed(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
