#include "method/largest.h"

#include <math.h>

static void swap(float *a, float *b)
{
    const float t = *a;
    *a = *b;
    *b = t;
}

/* The value that has exactly k larger or equal ones before it when x [n] is sorted downwards
 * (Hoare's selection, the middle element as pivot: expected 2n to 3n comparisons); x is reordered. */
static float select_down(float *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const float pivot = x[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (x[i] > pivot)
                i++;
            while (x[j] < pivot)
                j--;
            if (i >= j)
                break;
            swap(&x[i++], &x[j--]);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return x[k];
}

void largest_keep(float *w, size_t n, size_t keep, float *scratch)
{
    if (keep >= n)
        return;
    float threshold = INFINITY;
    size_t above = 0;
    if (keep > 0) {
        for (size_t i = 0; i < n; i++)
            scratch[i] = fabsf(w[i]);
        threshold = select_down(scratch, n, keep - 1);
        for (size_t i = 0; i < n; i++)
            above += fabsf(w[i]) > threshold;
    }
    size_t ties = keep - above; /* of those equal to the threshold, so many stay */
    for (size_t i = 0; i < n; i++) {
        const float a = fabsf(w[i]);
        const int stays = a > threshold || (a == threshold && ties > 0);
        ties -= stays && a == threshold;
        if (!stays)
            w[i] = 0.0f;
    }
}
