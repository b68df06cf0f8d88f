/* Ways to cut codes into slices, and digits by division: for tests of all that counts digits. */
#ifndef RESLICE_TESTS_SLICE_FORMATS_H
#define RESLICE_TESTS_SLICE_FORMATS_H

#include "hw/bit_slice.h"

/* Calls check for one format after another. */
void for_all_slice_formats(void (*check)(struct bit_slice_format format));

/* Digit k of |code|. */
int divided_digit(struct bit_slice_format format, int code, int k);

#endif
