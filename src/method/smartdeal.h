/* SmartDeal's decomposition (arXiv 2101.01163, section 3; ISCA 2020, arXiv 2005.03403): the
 * weights of an output are cut into pieces W of at most 192 rows and 3 columns, and each piece
 * becomes
 *     W = C B,    C sparse with entries 0 or ±2^p,    B dense, 3 x 3.
 * The rows of a 3x3 convolution are those of its kernels (in * 3 of them); the inputs of a
 * linear or 1x1 layer are taken three at a time, with zeros behind the last; other layers are
 * left alone. Pieces of an output are as equal as can be; the authors' program takes products of
 * the prime factors of their number of rows instead, and has a table of widths for some linear
 * layers. */
#ifndef RESLICE_METHOD_SMARTDEAL_H
#define RESLICE_METHOD_SMARTDEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "method/constraint.h"

enum {
    SMARTDEAL_COLUMNS = 3,
    SMARTDEAL_ROWS = 192,       /* of a piece, at most */
    SMARTDEAL_MAX_EXPONENT = 5, /* of a coefficient: 32 */
};

/* What the pieces of a layer hold; add up over outputs. */
struct smartdeal_count {
    uint64_t pieces, coefficients, nonzero;
    uint64_t
        exponents; /* bit p is set: ±2^(SMARTDEAL_MAX_EXPONENT - p) occurs; bit 63: or smaller */
};

/* Whether the layer's weights are decomposed. Not collective. */
bool smartdeal_applies(const struct constraint_layer *layer);

/* W [rows, 3] <- C B for the threshold on C, and adds what C holds to the count. A piece that is
 * already such a product stays as it is, up to rounding. `iterations` of the alternation at most.
 * Not collective. */
void smartdeal_fit(double *w, size_t rows, double threshold, int iterations,
                   struct smartdeal_count *count);

/* smartdeal_fit of every piece of one output's weights w [in, taps], in place, with the layer's
 * amount as the threshold; adds what they hold to the count. Takes no memory. Not collective. */
void smartdeal_fit_output(const struct constraint_layer *layer, float *w,
                          struct smartdeal_count *count);

/* Bits that a layer's pieces take: for a coefficient other than 0 its power and sign, a map of the
 * zeros, and 8 bits for each entry of B. Not collective. */
uint64_t smartdeal_bits(const struct smartdeal_count *count);

#endif
