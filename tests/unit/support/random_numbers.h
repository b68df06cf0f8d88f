/* Random numbers of tests: one after another from where seed_random, or the start, put them. */
#ifndef RESLICE_TESTS_RANDOM_NUMBERS_H
#define RESLICE_TESTS_RANDOM_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* Each case draws the same numbers whatever stands before it. */
void seed_random(const char *name);

/* -1..1 */
double random_real(void);

/* low..high, both included */
int random_between(int low, int high);

/* [n], -1..1; freed with mem_free */
float *random_floats(size_t n);

/* -255..255 */
int16_t random_code(void);

#endif
