/* Random numbers of tests: one after another from where seed_random, or the start, put them. */
#ifndef RESLICE_TESTS_RANDOM_NUMBERS_H
#define RESLICE_TESTS_RANDOM_NUMBERS_H

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"

static uint64_t random_next;

/* Each case draws the same numbers whatever stands before it. */
static inline void seed_random(const char *name)
{
    random_next = 0;
    for (; *name; name++)
        random_next = (random_next + (uint64_t)*name) * 0x100000001B3;
}

/* 0..1 */
static inline double random_uniform(void)
{
    return rng_uniform((struct rng_key){29, RNG_TEST, 0}, random_next++);
}

/* -1..1 */
static inline double random_real(void)
{
    return 2.0 * random_uniform() - 1.0;
}

/* low..high, both included */
static inline int random_between(int low, int high)
{
    return low + (int)(random_uniform() * (high - low + 1));
}

/* [n], -1..1; freed with mem_free */
static inline float *random_floats(size_t n)
{
    float *x = MEM_NEW(float, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)random_real();
    return x;
}

/* -255..255 */
static inline int16_t random_code(void)
{
    return (int16_t)lrint(255.0 * random_real());
}

#endif
