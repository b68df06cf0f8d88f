/* A grid of n bits: every weight that is not zero becomes one of M = 2^n values
 *     q {-M/2, …, -1, +1, …, +M/2},
 * the interval q chosen for the layer; a weight of zero stays zero, which is the pruned state and no
 * level (ADMM-NN, arXiv 1812.11677, section 4). The nearest point minimises
 *     E(q) = sum over the kept weights of (|w| - q c(w))^2,    c(w) = |w| / q rounded to 1 … M/2.
 * Alternation (q by least squares for fixed codes, codes for fixed q) only falls into the nearest of
 * several minima, so it starts from the best few of many intervals: up to 4 bits that found the least E of
 * all in every test, with more bits one within 1 %. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "method/constraint.h"

enum {
    DESCENTS = 4,    /* best of the scanned intervals that alternation starts from */
    AROUND = 25,     /* intervals above and below the best */
    ROUNDS = 40,     /* of alternation, at most; a few are enough */
    Q_PRECISION = 16 /* bits of q: with codes up to 2^7, q c is a float without rounding */
};

static const double SPACING = 0.004; /* of the intervals around the best, relative */

struct interval {
    double q;
    double gain; /* sum w^2 - E(q) for the codes that led to q */
};

static size_t whole_layer(const struct constraint_layer *layer)
{
    return layer->out;
}

static size_t scratch_size(const struct constraint_layer *layer, size_t outputs)
{
    return outputs * layer->in * layer->taps * sizeof(float);
}

static double code_of(double magnitude, double q, double top)
{
    return fmin(fmax(rint(magnitude / q), 1.0), top);
}

/* Codes for q, then the q that is best for these codes: q = <a,c> / <c,c>, E = <a,a> - <a,c>^2 / <c,c>. */
static struct interval improve(const float *a, size_t n, double q, double top)
{
    double ac = 0.0, cc = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double c = code_of((double)a[i], q, top);
        ac += (double)a[i] * c;
        cc += c * c;
    }
    return (struct interval){ac / cc, ac * ac / cc};
}

/* Keeps the best [DESCENTS], best first. */
static void keep_best(struct interval *best, struct interval new)
{
    for (int i = 0; i < DESCENTS; i++)
        if (new.gain > best[i].gain) {
            const struct interval worse = best[i];
            best[i] = new;
            new = worse;
        }
}

/* Alternation from the best of the scanned intervals. */
static struct interval descend(const struct interval *best, const float *a, size_t n, double top)
{
    struct interval found = {0.0, 0.0};
    for (int d = 0; d < DESCENTS; d++) {
        struct interval now = best[d];
        for (int round = 0; round < ROUNDS && now.q > 0.0; round++) {
            const struct interval next = improve(a, n, now.q, top);
            const bool is_settled = next.q == now.q;
            now = next;
            if (is_settled)
                break;
        }
        if (now.gain > found.gain)
            found = now;
    }
    return found;
}

/* First intervals that give the largest weight the code 1, 1.5, … 2 M: whatever code it has in the best
 * grid, one of them is close, and for weights that lie on a grid one of them is theirs. Then, since
 * few weights make many minima beside each other, those around the best. */
static double find_interval(const float *a, size_t n, double max, double top)
{
    struct interval best[DESCENTS] = {
        {0.0, 0.0}
    };
    for (double half = 2.0; half <= 8.0 * top; half++)
        keep_best(best, improve(a, n, max / (half / 2.0), top));
    struct interval found = descend(best, a, n, top);
    memset(best, 0, sizeof best);
    best[0] = found;
    for (int i = 1; i <= AROUND; i++) {
        keep_best(best, improve(a, n, found.q * (1.0 + SPACING * i), top));
        keep_best(best, improve(a, n, found.q / (1.0 + SPACING * i), top));
    }
    return descend(best, a, n, top).q;
}

/* Codes 2, 4, 6 of q are codes 1, 2, 3 of 2 q: of all intervals that give the same values the largest, so
 * that values which lie on a grid find theirs again. */
static double largest_interval(const float *a, size_t n, double q, double top)
{
    int common = 0;
    for (size_t i = 0; i < n && common != 1; i++)
        for (int code = (int)code_of((double)a[i], q, top); code > 0;) {
            const int rest = common % code; /* Euclid's algorithm */
            common = code;
            code = rest;
        }
    int exponent;
    const double mantissa = frexp(q * common, &exponent);
    return ldexp(rint(ldexp(mantissa, Q_PRECISION)), exponent - Q_PRECISION);
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    const size_t n = outputs * layer->in * layer->taps;
    const double top = ldexp(1.0, (int)layer->amount - 1);
    float *a = scratch, max = 0.0F;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (w[i] != 0.0F) {
            a[kept] = fabsf(w[i]);
            max = fmaxf(max, a[kept++]);
        }
    if (kept == 0)
        return;
    const double q = largest_interval(a, kept, find_interval(a, kept, (double)max, top), top);
    for (size_t i = 0; i < n; i++)
        if (w[i] != 0.0F)
            w[i] = copysignf((float)(q * code_of(fabs((double)w[i]), q, top)), w[i]);
}

const struct constraint_class constraint_grid = {
    .name = "grid",
    .option = "bits",
    .shares_values = true,
    .unit = whole_layer,
    .scratch_size = scratch_size,
    .project = project,
};
