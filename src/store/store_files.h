/* The files beneath a store: space on the disk, a copy to add to, what makes a finished file final,
 * and a watchdog for writes that never return. For rank 0, except the watchdog. Errors end the job.
 * Inside store*.c only. */
#ifndef RESLICE_STORE_STORE_FILES_H
#define RESLICE_STORE_STORE_FILES_H

#include <stddef.h>

/* Ends the job when the disk of `part` has no room for `bytes`. Rank 0 only. */
void store_check_space(const char *part, size_t bytes);

/* Ends the job when the file cannot be created; leaves none. Rank 0 only. */
void store_check_writable(const char *part);

/* Bytes of a file; ends the job when it is not there. Rank 0 only. */
size_t store_file_bytes(const char *path);

/* A copy, byte by byte; ends the job on any failure, then without the copy. Rank 0 only. */
void store_copy(const char *from, const char *to);

/* Makes `part` durable and gives it its final name, durably, with the mode of the file that was
 * there. Ends the job on a failure; then `path` is as it was. Rank 0 only. */
void store_publish(const char *part, const char *path);

/* Between the two the job may take at most some minutes: a full disk can hang MPI-IO. Any rank. */
void store_watchdog_start(void);
void store_watchdog_stop(void);

#endif
