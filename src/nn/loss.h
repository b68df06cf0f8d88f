/* Softmax cross entropy. */
#ifndef RESLICE_NN_LOSS_H
#define RESLICE_NN_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Losses are summed as integers in units of 2^-32, so the order does not matter. */
enum { LOSS_SUM_EXPONENT = 32 };

struct loss_sum {
    int64_t loss;    /* sum over samples, units of 2^-32 */
    int64_t correct; /* samples whose largest logit is the label's (the first of equals) */
    bool is_finite;
};

/* logits [n, stride], label [n]. gradient [n, stride] = (softmax - onehot) * scale, or NULL;
 * predicted [n] or NULL. Adds to *sum. */
void loss_softmax(struct loss_sum *sum, float *gradient, uint8_t *predicted, const float *logits,
                  const uint8_t *label, size_t n, size_t stride, int classes, float scale);

double loss_from_sum(int64_t sum);

#endif
