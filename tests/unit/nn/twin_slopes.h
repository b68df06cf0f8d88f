/* The twin's gradients against finite differences of its own loss. */
#ifndef RESLICE_TESTS_TWIN_SLOPES_H
#define RESLICE_TESTS_TWIN_SLOPES_H

#include "unit/nn/network_twin.h"

/* Sum of factor * logits behind a forward pass of the twin. */
double loss_of(const struct twin *twin, const double *factor);

/* Some of each tensor's elements, on so many samples. */
void check_twin(const char *name, struct network *net, size_t samples);

#endif
