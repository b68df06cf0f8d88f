/* Bias gradients of linear and convolutional layers. */
#ifndef RESLICE_NN_BIAS_H
#define RESLICE_NN_BIAS_H

#include <stdbool.h>

struct op;
struct pass;

/* db[j] = sum over samples and pixels of dy[pixel,j] into params.sum: float inside a sample, exact
 * across samples. False when a value does not fit. Not collective. */
bool bias_sum(const struct op *op, const struct pass *pass);

#endif
