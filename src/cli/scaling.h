/* What a training step costs on more ranks: measured computing time plus modelled reductions.
 *
 * The model of one all-reduce of n bytes on p ranks is that of Thakur, Rabenseifner and Gropp 2005
 * (Optimization of Collective Communication Operations in MPICH, section 4.5), without the time of the
 * additions, and the better of its two algorithms, as MPI libraries choose:
 *     recursive doubling    ceil(log2 p) (latency + n / bandwidth)
 *     Rabenseifner          2 ceil(log2 p) latency + 2 (p - 1) / p n / bandwidth
 * It knows of no shared memory inside nodes, no congestion, and no waiting for slower ranks.
 */
#ifndef RESLICE_CLI_SCALING_H
#define RESLICE_CLI_SCALING_H

#include <stddef.h>

#include "base/comm.h"

struct scaling_link {
    double latency_s, bandwidth; /* bytes per second */
};

enum { SCALING_POINTS = 20 }; /* 1, 2, 4, … and a last one */

/* Measured, on ranks that compute at the same time. */
struct scaling_input {
    double batch; /* global for strong scaling, of each rank for weak scaling */
    struct scaling_link link;
    struct comm_traffic traffic; /* reductions of `traffic_steps` steps */
    double traffic_steps;
    int points;
    int ranks[SCALING_POINTS];        /* ranks[0] is 1 */
    double compute_s[SCALING_POINTS]; /* of a step with ceil(batch / ranks) samples a rank; 0 where
                                       * there are more ranks than samples */
};

/* Seconds of one all-reduce; 0 on one rank. Not collective. */
double scaling_reduce_s(int ranks, double bytes, struct scaling_link link);

/* Seconds of all reductions of a step. Not collective. */
double scaling_comm_s(const struct scaling_input *input, int ranks);

/* 1, 2, 4, … up to and with `last`; returns how many. Not collective. */
int scaling_ranks(int last, int ranks[SCALING_POINTS]);

/* Rank 0 prints both tables, the messages of a step and the model. Not collective. */
void scaling_print(const struct scaling_input *input);

#endif
