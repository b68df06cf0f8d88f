/* User errors: bad input found before work starts.
 *
 * A function that checks input takes a `struct error *` and returns false after filling it with one
 * line: file, line, value, what is allowed. Every rank sees the same input, so every rank gets the
 * same line; main prints it once and leaves through MPI_Finalize with status 2.
 */
#ifndef RESLICE_BASE_ERROR_H
#define RESLICE_BASE_ERROR_H

#include <stdbool.h>

enum {
    ERROR_STATUS_USER = 2,
    ERROR_STATUS_ENVIRONMENT = 3,
    ERROR_STATUS_DIVERGED = 4,
    ERROR_STATUS_STOPPED = 75 /* EX_TEMPFAIL of sysexits.h: start the same command again */
};

struct error {
    char text[1024];
    bool is_environment; /* the system's trouble, not bad input */
};

/* Writes the message, with '?' for what is no printable text; always returns false, so that a check
 * reads `return error_set(err, …)`. */
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for what no other input would mend: a disk, a lock, memory; always returns false. */
bool error_set_environment(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit status of an error that has been set: ERROR_STATUS_USER or ERROR_STATUS_ENVIRONMENT. */
int error_status(const struct error *err);

/* Puts '?' for what is no printable text (UTF-8 without control codes), as in messages: for names
 * that come from files. */
void error_clean(char *text);

#endif
