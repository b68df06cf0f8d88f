/* Magnitudes of floats as kernels keep them, which compare like the floats themselves. */
#ifndef RESLICE_TESTS_FLOAT_BITS_H
#define RESLICE_TESTS_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

/* The bits of |x|. */
static inline int32_t bits_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & INT32_MAX;
}

#endif
