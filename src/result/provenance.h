/* Where and with what a result was made: group /provenance, the only part of a result file (with
 * /history/seconds) that differs between repeats. */
#ifndef RESLICE_RESULT_PROVENANCE_H
#define RESLICE_RESULT_PROVENANCE_H

#include <stddef.h>
#include <stdint.h>

struct store;

/* Collective. `begun_s` is comm_date_s at the start of the run, `seconds` what it has taken without
 * the time in which it was interrupted, `resumptions` how often it was. */
void provenance_write(struct store *store, double begun_s, double seconds, int64_t resumptions);

/* The name of this rank's CPU, as Linux has it, into `text` of `size` bytes; "unknown" where there is
 * none. Not collective. */
void provenance_cpu(char *text, size_t size);

/* "0.1.0 (commit)" of this program; a constant. Not collective. */
const char *provenance_version(void);

#endif
