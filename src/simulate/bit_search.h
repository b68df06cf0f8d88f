/* The cheapest converters within the loss. Two losses are taken not to cancel: what has fewer bits
 * than a bad choice everywhere is not tried, unless the search is exhaustive. */
#ifndef RESLICE_SIMULATE_BIT_SEARCH_H
#define RESLICE_SIMULATE_BIT_SEARCH_H

#include "simulate/trials.h"

struct bit_search {
    struct trials *trials; /* not owned */
    /* Bits of slice k, the same in all layers: the fewest that may do, and those that lose nothing. */
    int low[CROSSBAR_MAX_SLICES], high[CROSSBAR_MAX_SLICES];
    bool exhaustive; /* no short cuts: nothing cheaper is missed */
    /* Set by bit_search_slices: combinations of bits between low and high, and whether they were too
     * many to be listed, or to be tried: then bits were taken from one slice at a time. */
    double combinations;
    bool is_by_slice;
};

/* Fills bits [layers] with the cheapest choice of one width a slice that is within the loss: of all
 * combinations between low and high or, where they are too many to be listed, the one that is reached
 * from high by taking bits from one slice at a time (exhaustive: then also of those that are cheaper,
 * if these can be listed). Where 400 trials have not decided, so it goes on from the best known.
 * Collective; the same on every rank. */
void bit_search_slices(struct bit_search *search, struct adc_bits *bits);

enum bit_search_unit { BIT_SEARCH_SLICES, BIT_SEARCH_LAYERS };

/* Takes bits away from bits [layers], which are within the loss, where that saves most energy, as long
 * as the loss stays within its bound: from a slice of all layers at a time, or of one layer. Nothing
 * falls below floor[k] bits on slice k, though what is below stays. Collective; the same on every
 * rank. */
void bit_search_reduce(struct trials *trials, struct adc_bits *bits, enum bit_search_unit unit,
                       const int *floor);

#endif
