/* Softmax cross entropy. */
#ifndef RESLICE_NN_LOSS_H
#define RESLICE_NN_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Losses are summed as integers in units of 2^-32, so the order does not matter. The sum of any
 * finite losses (below 2^129) fits: limb i counts in units of 2^(32 i - 32), and a loss adds
 * less than 2^33 to each, so limbs may be summed over 2^30 samples and over ranks before they
 * are carried. */
enum { LOSS_LIMBS = 5, LOSS_LIMB_BITS = 32 };

struct loss_sum {
    int64_t loss[LOSS_LIMBS]; /* sum over samples */
    int64_t correct;          /* samples whose largest logit is the label's (the first of equals) */
    bool is_finite;           /* no sample had a loss that is NaN or infinite */
};

/* Adds n samples to *sum, which the caller has set to 0 and is_finite. logits [n, stride], label
 * [n], classes at most 65536. gradient [n, stride] = (softmax - onehot) * scale, or NULL; predicted
 * [n] or NULL. A sample whose loss is not finite clears is_finite. Not collective. */
void loss_softmax(struct loss_sum *sum, float *gradient, uint16_t *predicted, const float *logits,
                  const uint16_t *label, size_t n, size_t stride, int classes, float scale);

/* The sum as a number, from limbs that may have been summed over ranks. Not collective. */
double loss_from_sum(const int64_t limb[LOSS_LIMBS]);

#endif
