/* Histograms of the bitline currents that input vectors drive through a crossbar. */
#ifndef RESLICE_HW_CROSSBAR_CURRENTS_H
#define RESLICE_HW_CROSSBAR_CURRENTS_H

#include <stddef.h>
#include <stdint.h>

#include "hw/crossbar.h"

/* Adds the bitline currents of n input vectors to histogram [sign, slice, input_bit, current].
 * input [n, stride] holds codes; `passes` is 1 when none is negative, else 2. Only row tiles
 * [first_tile, first_tile + tiles) are counted. Not collective. */
void crossbar_add_currents(const struct crossbar *crossbar, const int16_t *input, size_t n,
                           size_t stride, int passes, size_t first_tile, size_t tiles,
                           uint64_t *histogram);

#endif
