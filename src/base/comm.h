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

/* Starts MPI, which takes its own arguments out. Collective. */
void comm_start(int *argc, char ***argv);

/* Stops MPI if it was started; nothing else of this header may follow. Collective. */
void comm_stop(void);

/* This rank, from 0. Not collective. */
int comm_rank(void);

/* Number of ranks. Not collective. */
int comm_size(void);

/* Ends the job on every rank with this status; one rank is enough. Not collective. */
_Noreturn void comm_abort(int status);

/* Messages longer than this go in pieces: Open MPI takes a fresh temporary buffer for each call,
 * and large ones cost page faults (40 MB in one call: 86 ms, in pieces: 40 ms). */
enum { COMM_PIECE_BYTES = 2 << 20 };

/* Sums over ranks, element by element, in place: x [count], the result on every rank. Sums that overflow
 * wrap. Collective. */
void comm_sum_i64(int64_t *x, size_t count);

/* Counts what comm_sums_add_up (base/comm_sums.h) did as the messages that comm_sum_i64 would have sent.
 * Not collective. */
void comm_note_sums(size_t bytes, double seconds);

/* Maxima over ranks, element by element, in place: x [count], the result on every rank. Collective. */
void comm_max_i32(int32_t *x, size_t count);

/* Sums and maxima over ranks in one message, in place: x [sums + maxima], the sums first, the result on
 * every rank. Collective. */
void comm_sum_and_max_i64(int64_t *x, size_t sums, size_t maxima);

/* Copies rank 0's bytes to every rank. Collective. */
void comm_broadcast(void *data, size_t bytes);

/* Rank 0's value and message on every rank: for what only rank 0 can find out. Collective. */
int comm_agree(int value, struct error *err);

/* True when `mine` is true on every rank. Collective. */
bool comm_all_true(bool mine);

/* Collects `count` values of every rank, in rank order, on every rank: all [size, count].
 * Collective. */
void comm_gather_u64(const uint64_t *mine, size_t count, uint64_t *all);

/* Collects every rank's text of `width` bytes in rank order on every rank: all [size, width].
 * Collective. */
void comm_gather_text(const char *mine, size_t width, char *all);

/* x [first[size]]: rank r has filled elements [first[r], first[r + 1]); then every rank has all of
 * them, the same bytes. In place. Collective. */
void comm_gather_floats(float *x, const size_t *first);

/* Some of the ranks: this rank's number among them, and their count. */
struct comm_group {
    int handle; /* of MPI */
    int rank, size;
};

/* The ranks of this node (colour -1 on all ranks), or those that give the same colour >= 0; in the order
 * of their ranks. The caller's until comm_group_free. Collective. */
struct comm_group comm_group_create(int colour);

/* Gives it back. Collective in the group. */
void comm_group_free(struct comm_group *group);

/* Nobody goes on before all are there; what they wrote to shared memory is seen. Collective in the
 * group. */
void comm_group_meet(const struct comm_group *group);

/* Collects `bytes` of each, in their order, on each: all [size, bytes]. Collective in the group. */
void comm_group_gather(const struct comm_group *group, const void *mine, size_t bytes, void *all);

/* As comm_sum_i64, over the group; not counted. Collective in the group. */
void comm_group_sum_i64(const struct comm_group *group, int64_t *x, size_t count);

/* Items [first, first + count). */
struct share {
    size_t first, count;
};

/* The contiguous share of n items that rank `rank` of `size` owns; shares differ by one item at most.
 * Pure. */
struct share comm_share_of(size_t n, int rank, int size);

/* This rank's share of n items: comm_share_of. Not collective. */
struct share comm_share(size_t n);

/* Blocking collective calls of this rank so far, for `bench`. Not collective. */
size_t comm_sync_count(void);

/* Payload bytes that they carried. Not collective. */
size_t comm_sync_bytes(void);

/* Seconds that this rank has spent in them. Not collective. */
double comm_sync_time_s(void);

/* Reductions asked for so far, by size: also on one rank, where nothing is sent, so that the traffic
 * of more ranks can be foretold. What does not fit counts as the last size. */
enum { COMM_SIZES = 64 };

struct comm_traffic {
    int sizes;
    struct {
        size_t bytes, calls;
    } size[COMM_SIZES]; /* in the order of their first call */
};

/* A copy of these figures of this rank. Not collective. */
struct comm_traffic comm_traffic(void);

/* Seconds on a clock that nobody sets, from a moment that means nothing: for durations and limits on
 * this node. Not collective. */
double comm_time_s(void);

/* Seconds since 1970 by the wall clock, which may be set at any time: only to say when something was.
 * Not collective. */
double comm_date_s(void);

/* "Open MPI v4.1.4, …", one line, in `size` bytes. Not collective. */
void comm_library_version(char *text, size_t size);

#endif
