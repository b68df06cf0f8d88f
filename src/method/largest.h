/* Keeping the largest weights: the Euclidean projection onto {w : at most `keep` are not zero}. */
#ifndef RESLICE_METHOD_LARGEST_H
#define RESLICE_METHOD_LARGEST_H

#include <stddef.h>

/* Sets all but the `keep` largest magnitudes of w [n] to 0, of equal ones the lower indices stay.
 * scratch: [n] floats, with anything in them. Not collective. */
void largest_keep(float *w, size_t n, size_t keep, float *scratch);

#endif
