/* Messages. Only rank 0 speaks, except when a rank dies of an environment error. */
#ifndef RESLICE_BASE_LOG_H
#define RESLICE_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

/* Standard output, rank 0 only. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Standard error with "reslice: warning: ", rank 0 only. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Standard error with "reslice: ", rank 0 only: for the one line of a user error. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Environment error (file, disk, memory, HDF5): this rank says "[rank] …" and ends the job with
 * ERROR_STATUS_ENVIRONMENT. Any rank may call it; it does not return. */
_Noreturn void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line that is rewritten in place on a terminal (rank 0); does nothing elsewhere.
 * The next log_info clears it. */
void log_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* True on rank 0 when standard output is a terminal. */
bool log_is_terminal(void);

/* Whether something that was printed on standard output has not arrived: a full disk, a closed
 * descriptor. Only rank 0 prints. Not collective. */
bool log_is_lost(void);

/* For a command whose work is what it prints: false with a line when that has not arrived. Collective:
 * all ranks get rank 0's answer. */
bool log_arrived(struct error *err);

#endif
