/* Random numbers without state: each is a pure function of (seed, purpose, epoch, index).
 *
 * Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
 * section 3). A number does not depend on which rank asks for it, nor on what was asked before, so
 * any rank count and any interrupted and resumed run draw the same ones.
 */
#ifndef RESLICE_BASE_RNG_H
#define RESLICE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a number is for. Never renumber: results would change. */
enum rng_purpose {
    RNG_INIT = 1,    /* initial weights; epoch = parameter tensor, index = element */
    RNG_SHUFFLE = 2, /* order of the training samples; index = position */
    RNG_AUGMENT = 3, /* index = sample */
    RNG_DROPOUT = 4,
    RNG_DEVICE = 5, /* programmed cells; epoch = layer, index = cell */
    RNG_BENCH = 6,  /* synthetic data */
    RNG_TEST = 7,
    RNG_READ = 8,   /* noise of a conversion; epoch = layer, index = conversion */
    RNG_WINDOW = 9, /* order within a window of blocks of samples; index = position */
};

struct rng_key {
    uint64_t seed;
    uint32_t purpose; /* enum rng_purpose */
    uint32_t epoch;
};

/* Four independent 32-bit words. */
void rng_words(struct rng_key key, uint64_t index, uint32_t out[4]);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng_key key, uint64_t index);

/* Standard normal (Box-Muller). */
double rng_normal(struct rng_key key, uint64_t index);

/* A permutation of 0..n-1 in `order` (Fisher-Yates). */
void rng_permutation(struct rng_key key, uint32_t *order, size_t n);

#endif
