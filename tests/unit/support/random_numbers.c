#include "unit/support/random_numbers.h"

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"

static uint64_t random_next;

void seed_random(const char *name)
{
    random_next = 0;
    for (; *name; name++)
        random_next = (random_next + (uint64_t)*name) * 0x100000001B3;
}

/* 0..1 */
static double random_uniform(void)
{
    return rng_uniform((struct rng_key){29, RNG_TEST, 0}, random_next++);
}

double random_real(void)
{
    return 2.0 * random_uniform() - 1.0;
}

int random_between(int low, int high)
{
    return low + (int)(random_uniform() * (high - low + 1));
}

float *random_floats(size_t n)
{
    float *x = MEM_NEW(float, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)random_real();
    return x;
}

int16_t random_code(void)
{
    return (int16_t)lrint(255.0 * random_real());
}
