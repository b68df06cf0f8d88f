/* Where and with what a result was made: group /provenance, the only part of a result file (with
 * /history/seconds) that differs between repeats. */
#ifndef RESLICE_RUN_PROVENANCE_H
#define RESLICE_RUN_PROVENANCE_H

#include <stddef.h>

struct store;

/* Collective. `start_s` is comm_time_s at the start of the run. */
void provenance_write(struct store *store, double start_s);

/* The CPU's name as Linux has it. */
void provenance_cpu(char *text, size_t size);

#endif
