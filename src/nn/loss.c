#include "nn/loss.h"

#include <math.h>

static int largest(const float *z, int classes)
{
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (z[c] > z[best])
            best = c;
    return best;
}

/* loss = log(sum_c exp(z_c - z_max)) - (z_label - z_max); p = softmax(z), unless that is NULL */
static double softmax_row(float *p, const float *z, int classes, int best, int label)
{
    float sum = 0.0f;
    for (int c = 0; c < classes; c++) {
        const float x = expf(z[c] - z[best]);
        sum += x;
        if (p)
            p[c] = x;
    }
    for (int c = 0; p && c < classes; c++)
        p[c] /= sum;
    const float loss = logf(sum) - (z[label] - z[best]);
    /* finite logits may lie further apart than a float reaches; beside that the logarithm is nothing */
    return isinf(loss) ? (double)z[best] - (double)z[label] : (double)loss;
}

/* The largest limb first: every quotient and every rest is exact. What is below 2^-32 is cut off. */
static void add_loss(int64_t limb[LOSS_LIMBS], double loss)
{
    double rest = ldexp(loss, LOSS_LIMB_BITS);
    for (int i = LOSS_LIMBS - 1; i >= 0; i--) {
        const int64_t count = (int64_t)ldexp(rest, -i * LOSS_LIMB_BITS);
        limb[i] += count;
        rest -= ldexp((double)count, i * LOSS_LIMB_BITS);
    }
}

void loss_softmax(struct loss_sum *sum, float *gradient, uint16_t *predicted, const float *logits,
                  const uint16_t *label, size_t n, size_t stride, int classes, float scale)
{
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * stride;
        float *p = gradient ? gradient + i * stride : NULL;
        const int best = largest(z, classes);
        const double loss = softmax_row(p, z, classes, best, label[i]);
        if (loss >= 0.0 && !isinf(loss))
            add_loss(sum->loss, loss);
        else
            sum->is_finite = false;
        sum->correct += best == label[i];
        if (predicted)
            predicted[i] = (uint16_t)best;
        for (int c = 0; p && c < classes; c++)
            p[c] = (p[c] - (c == label[i] ? 1.0f : 0.0f)) * scale;
    }
}

/* Carried, so that all but the last limb are below 2^32: sums below 2^32 are rounded once. */
double loss_from_sum(const int64_t limb[LOSS_LIMBS])
{
    const int64_t mask = ((int64_t)1 << LOSS_LIMB_BITS) - 1;
    double sum = 0.0;
    int64_t carry = 0;
    for (int i = 0; i < LOSS_LIMBS; i++) {
        const int64_t count = limb[i] + carry;
        const bool is_last = i == LOSS_LIMBS - 1;
        carry = is_last ? 0 : count >> LOSS_LIMB_BITS;
        sum += ldexp((double)(is_last ? count : count & mask), (i - 1) * LOSS_LIMB_BITS);
    }
    return sum;
}
