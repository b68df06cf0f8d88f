#include "base/rng.h"

#include <math.h>

/* One Philox round: two 32x32 -> 64 bit products, halves exchanged, keys mixed in. */
static void philox_round(uint32_t c[4], const uint32_t k[2])
{
    const uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
    const uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
    const uint32_t c1 = c[1], c3 = c[3];
    c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k[0];
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k[1];
    c[3] = (uint32_t)p0;
}

void rng_words(struct rng_key key, uint64_t index, uint32_t out[4])
{
    uint32_t k[2] = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)};
    out[0] = (uint32_t)index;
    out[1] = (uint32_t)(index >> 32);
    out[2] = key.epoch;
    out[3] = key.purpose;
    for (int round = 0; round < 10; round++) {
        philox_round(out, k);
        k[0] += 0x9E3779B9u; /* golden ratio */
        k[1] += 0xBB67AE85u; /* sqrt(3) - 1 */
    }
}

static double uniform_of(uint32_t low, uint32_t high)
{
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

double rng_uniform(struct rng_key key, uint64_t index)
{
    uint32_t w[4];
    rng_words(key, index, w);
    return uniform_of(w[0], w[1]);
}

double rng_normal(struct rng_key key, uint64_t index)
{
    uint32_t w[4];
    rng_words(key, index, w);
    const double u = 1.0 - uniform_of(w[0], w[1]); /* (0, 1] */
    const double v = uniform_of(w[2], w[3]);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

void rng_permutation(struct rng_key key, uint32_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)(rng_uniform(key, i) * (double)i); /* 0..i-1 */
        const uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}
