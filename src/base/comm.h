/* Communication between ranks: the home of mpi.h (with store/store.c, which needs it for HDF5).
 *
 * Reductions are over integers or maxima only: their results do not depend on the order of the
 * operands, so they are the same bytes for any number of ranks and any MPI algorithm. MPI keeps
 * MPI_ERRORS_ARE_FATAL and no return value is checked.
 * Without comm_start (unit tests) there is one rank and every call is a no-op.
 */
#ifndef RESLICE_BASE_COMM_H
#define RESLICE_BASE_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Start and stop MPI. Collective. */
void comm_start(int *argc, char ***argv);
void comm_stop(void);

int comm_rank(void);
int comm_size(void);

/* Ends the job on every rank with this status; one rank is enough. */
_Noreturn void comm_abort(int status);

/* In place, result on every rank. Collective. */
void comm_sum_i64(int64_t *x, size_t count);
void comm_max_i32(int32_t *x, size_t count);

/* Both in one message: 64-bit sums and, behind them, 64-bit maxima. */
void comm_sum_and_max_i64(int64_t *x, size_t sums, size_t maxima);

/* Copies rank 0's bytes to every rank. Collective. */
void comm_broadcast(void *data, size_t bytes);

/* Rank 0's value and message on every rank: for what only rank 0 can find out. Collective. */
int comm_agree(int value, struct error *err);

/* True when `mine` is true on every rank. Collective. */
bool comm_all_true(bool mine);

/* Collects `count` values of every rank, in rank order, on every rank: all [size, count]. */
void comm_gather_u64(const uint64_t *mine, size_t count, uint64_t *all);

/* Collects every rank's text of `width` bytes in rank order on every rank: all [size, width]. */
void comm_gather_text(const char *mine, size_t width, char *all);

/* x [first[size]]: rank r has filled elements [first[r], first[r + 1]); then every rank has all of
 * them, the same bytes. In place. Collective. */
void comm_gather_floats(float *x, const size_t *first);

/* The contiguous share of n items that rank `rank` of `size` owns: items [first, first+count).
 * Shares differ by one item at most. Pure. */
struct share {
    size_t first, count;
};
struct share comm_share_of(size_t n, int rank, int size);
struct share comm_share(size_t n); /* this rank's */

/* Blocking collective calls so far, and payload bytes they carried. For `bench`. */
size_t comm_sync_count(void);
size_t comm_sync_bytes(void);
double comm_sync_time_s(void); /* spent waiting in them */

/* Reductions asked for so far, by size: also on one rank, where nothing is sent, so that the traffic
 * of more ranks can be foretold. What does not fit counts as the last size. */
enum { COMM_SIZES = 64 };
struct comm_traffic {
    int sizes;
    struct {
        size_t bytes, calls;
    } size[COMM_SIZES]; /* in the order of their first call */
};
struct comm_traffic comm_traffic(void);

/* Seconds on a clock that nobody sets, from a moment that means nothing: for durations and limits on
 * this node. Not collective. */
double comm_time_s(void);

/* Seconds since 1970 by the wall clock, which may be set at any time: only to say when something was.
 * Not collective. */
double comm_date_s(void);

/* "Open MPI v4.1.4, …", one line. */
void comm_library_version(char *text, size_t size);

#endif
