/* Stopping early: SIGTERM, SIGINT, SIGHUP and SIGUSR1, and the time limit.
 *
 * A rank only notes that it was asked; the ranks agree through a number that travels in a reduction
 * they make anyway (train/step.h, train/evaluate.h), so all of them stop behind the same step. Without
 * stop_start (other commands, tests) nothing ever asks. Figures use it on their one rank.
 */
#ifndef RESLICE_BASE_STOP_H
#define RESLICE_BASE_STOP_H

#include <stdbool.h>

#include "base/error.h"

/* Catches the signals; a second SIGINT ends the process at once. SIGHUP (the terminal is gone) stays
 * ignored where it is: nohup. `limit_s`: seconds from now until the process must have ended, 0 for no
 * limit. Not collective. */
void stop_start(double limit_s);

/* From here on SIGINT ends the process; the other signals are ignored: nothing is left to be saved, and
 * a second signal (job managers send several) must not change the exit status. Not collective. */
void stop_end(void);

/* Whether this rank was asked to stop, or would pass the time limit with one more unit of work. Not
 * collective. */
bool stop_wanted(void);

/* Why: "SIGUSR1", "--time-limit", or "a signal to another rank". Not collective. */
const char *stop_reason(void);

/* Tells how long a unit of work (a step, a block of an evaluation) took and how long writing a
 * checkpoint takes, in seconds: the time limit leaves room for twice the longest of each. Not collective. */
void stop_note_work(double seconds);
void stop_note_saving(double seconds);

/* Seconds from text as sbatch --time has it: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S. False
 * with a line when it is none of these. Pure. */
bool stop_parse_limit(const char *text, double *seconds, struct error *err);

#endif
