#include "nn/loss.h"

#include <math.h>

enum { MAX_CLASSES = 256 };

static int largest(const float *z, int classes)
{
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (z[c] > z[best])
            best = c;
    return best;
}

/* loss = log(sum_c exp(z_c - z_max)) - (z_label - z_max); p = softmax(z) */
static float softmax_row(float p[MAX_CLASSES], const float *z, int classes, int best, int label)
{
    float sum = 0.0f;
    for (int c = 0; c < classes; c++) {
        p[c] = expf(z[c] - z[best]);
        sum += p[c];
    }
    for (int c = 0; c < classes; c++)
        p[c] /= sum;
    return logf(sum) - (z[label] - z[best]);
}

void loss_softmax(struct loss_sum *sum, float *gradient, uint8_t *predicted, const float *logits,
                  const uint8_t *label, size_t n, size_t stride, int classes, float scale)
{
    for (size_t i = 0; i < n; i++) {
        const float *z = logits + i * stride;
        float p[MAX_CLASSES];
        const int best = largest(z, classes);
        const float loss = softmax_row(p, z, classes, best, label[i]);
        if (loss >= 0.0f && loss < 0x1p20f)
            sum->loss += (int64_t)ldexp((double)loss, LOSS_SUM_EXPONENT);
        else
            sum->is_finite = false;
        sum->correct += best == label[i];
        if (predicted)
            predicted[i] = (uint8_t)best;
        for (int c = 0; gradient && c < classes; c++)
            gradient[i * stride + (size_t)c] = (p[c] - (c == label[i] ? 1.0f : 0.0f)) * scale;
    }
}

double loss_from_sum(int64_t sum)
{
    return ldexp((double)sum, -LOSS_SUM_EXPONENT);
}
