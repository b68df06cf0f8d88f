/* One process at a time works on a run: a lock that the kernel gives up when its holder ends,
 * however it ends, so a crashed job blocks nobody. Advisory record locks (fcntl) also hold between
 * the nodes of a cluster, on NFS and on parallel file systems that are mounted with locks. */
#ifndef RESLICE_STORE_LOCK_H
#define RESLICE_STORE_LOCK_H

#include <stdbool.h>

#include "base/error.h"
#include "store/disk.h"

struct lock {
    int fd; /* -1: not held */
    char path[DISK_PATH + 8];
};

/* Takes the lock of a result file, PATH.lock; where PATH is a link, beside the file it leads to. Not
 * collective: rank 0 holds it for all. False with a line that names the holder when another process
 * has it, or that says why the file cannot be made: an environment error. A file system without
 * locks gives a warning and no lock. */
bool lock_take(struct lock *lock, const char *path, struct error *err);

/* False with the line of lock_take when another process holds the lock of a result file; makes no
 * file, and where it cannot be told the answer is true. Not for a process that holds the lock itself:
 * it would lose it. Not collective. */
bool lock_is_free(const char *path, struct error *err);

/* Removes the file and gives the lock back. A lock that was not taken (fd -1) is left alone.
 * Not collective. */
void lock_release(struct lock *lock);

#endif
