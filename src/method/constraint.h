/* Constraints: sets that the weights of a layer are brought into, each with its Euclidean projection.
 *
 * A constraint is one file with one struct constraint_class and one line in the table of
 * constraint.c. It sees one weight matrix, never a network, and projects any range of its output
 * rows by itself, so that ranks can share the work; how a set is imposed (ADMM, projection,
 * straight-through) is not its business.
 */
#ifndef RESLICE_METHOD_CONSTRAINT_H
#define RESLICE_METHOD_CONSTRAINT_H

#include <stddef.h>

#include "hw/bit_slice.h"

/* One weight tensor [out, in, kh, kw] and what is asked of it. On a crossbar output o is a column
 * and the in taps weights of o, in memory order, its rows, cut into arrays of `rows`. */
struct constraint_layer {
    size_t out, in, taps;           /* taps = kh kw; 1 for a linear layer */
    double amount;                  /* > 0; its meaning is the class's */
    int adc_bits[BIT_SLICE_MAX];    /* of the slices; only for adc-limit */
    struct bit_slice_format format; /* of the codes */
    float step;                     /* value of one code */
    size_t rows;                    /* of a crossbar array */
};

struct constraint_class {
    const char *name;
    /* What `amount` is, for messages: "non-zero weights of a crossbar column". */
    const char *meaning;
    /* Output rows that have to be projected together; out when everything hangs together. */
    size_t (*unit)(const struct constraint_layer *layer);
    /* Bytes of temporary memory that project needs for so many output rows, aligned like mem_alloc's;
     * NULL: none. */
    size_t (*scratch_size)(const struct constraint_layer *layer, size_t outputs);
    /* The nearest point of the set, in place: w is [outputs, in, taps], a whole number of units or the
     * rest at the end of the layer. Ties go to the lower index. Deterministic, no communication. */
    void (*project)(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch);
};

/* At most amount (a share, 0..1, rounded to a whole number) of the layer's weights are not zero: the
 * largest ones. ADMM-NN, arXiv 1812.11677, section 3. */
extern const struct constraint_class constraint_sparsity;

/* By name; NULL for unknown names. */
const struct constraint_class *constraint_find(const char *name);

/* The names, separated by ", ". */
const char *constraint_names(void);

#endif
