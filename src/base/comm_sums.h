/* The sums of a step, added up through memory that the ranks of a node share.
 *
 * Every rank has an array. To add up, each rank of a node owns a slice: it adds that slice of all its
 * neighbours' arrays to its own, the owners of the same slice on the other nodes add theirs by MPI, and
 * everybody copies the other slices from their owners: each rank reads two arrays instead of sending and
 * receiving them through buffers. Sums of integers: the same bytes as comm_sum_i64's.
 */
#ifndef RESLICE_BASE_COMM_SUMS_H
#define RESLICE_BASE_COMM_SUMS_H

#include <stddef.h>
#include <stdint.h>

struct comm_sums;

/* Arrays of `count` zeros; ranks_a_node: 0, or so many ranks are taken for a node (tests). NULL, on all
 * ranks, on one rank, with one rank a node or different numbers of them, and where memory cannot be
 * shared (a full or foreign /dev/shm): then comm_sum_i64 does it. The caller's until
 * comm_sums_destroy. Collective. */
struct comm_sums *comm_sums_create(size_t count, int ranks_a_node);

/* Gives the memory back; NULL is allowed. Collective. */
void comm_sums_destroy(struct comm_sums *sums);

/* This rank's array [count], aligned to a page; valid until comm_sums_destroy. Not collective. */
int64_t *comm_sums_array(const struct comm_sums *sums);

/* Replaces every rank's array by the sum of all. Sums that overflow wrap. Collective. */
void comm_sums_add_up(struct comm_sums *sums);

#endif
