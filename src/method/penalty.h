/* Penalties: terms added to the loss that pull weights towards a shape the hardware likes.
 *
 * A penalty is one file with one struct penalty_class and one line in the table of penalty.c. It
 * sees parameters as flat arrays, never a network, and works on replicated weights: no
 * communication.
 */
#ifndef RESLICE_METHOD_PENALTY_H
#define RESLICE_METHOD_PENALTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/bit_slice.h"

/* One parameter tensor, not owned. */
struct penalty_tensor {
    size_t count;
    const float *value;  /* shadow weights */
    const int16_t *code; /* of the forward pass of the same batch */
    float step;          /* value of one code */
    bool is_quantised;
    float *gradient; /* added to */
    /* Weights of a filter right in front of batch norm, which come in whole filters; 0: others. Of such
     * a filter only the direction counts, and the gradient loses its part along the filter. */
    size_t filter;
};

/* Forms of bit-slice L1; all false: that of the paper. */
struct penalty_form {
    bool in_steps; /* times the step of the tensor: as strong for small weights as for large ones */
    bool to_nearest; /* the distance to the nearest code with fewer digits than the weight's own */
};

struct penalty_input {
    const struct penalty_tensor *tensor;
    size_t count;
    struct bit_slice_format format;
    double alpha;
    struct penalty_form form;
    const struct penalty_input *whole; /* what these tensors are parts of, or NULL; not owned */
};

struct penalty_class {
    const char *name;
    /* It is a term of the codes: where training is not quantised (no codes), there is nothing
     * that it could penalise, and who chooses the penalty refuses it. */
    bool needs_codes;
    double (*value)(struct penalty_input in); /* the term of the loss, of a whole. Not collective */
    /* To tensor[].gradient, element by element: the parts of a whole may come one after the other.
     * Not collective. */
    void (*add_gradient)(struct penalty_input in);
};

/* alpha mean|w| over all parameters. */
extern const struct penalty_class penalty_l1;

/* alpha sum of all slices / (4 N): bit-slice L1, arXiv 1909.08496 section 3, over the N quantised
 * parameters; for other slice counts the 4 is the number of slices. Towards the nearest code v with
 * fewer digits (ours): alpha sum |w / step - v| / N. In steps: each tensor's part times its step. */
extern const struct penalty_class penalty_bit_slice_l1;

/* By name, static; NULL for "none" and for unknown names. Not collective. */
const struct penalty_class *penalty_find(const char *name);

/* Whether the filters of a penalty's gradients have to be whole (struct penalty_tensor). Not
 * collective. */
bool penalty_has_filters(struct penalty_input in);

/* "none" and the names of the penalties, separated by ", ";
 * a static text, always the same. Not collective. */
const char *penalty_names(void);

/* Number of scalars in the tensors that count: all, or the quantised ones only; of the whole where
 * `in` is a part. Not collective. */
size_t penalty_scalars(struct penalty_input in, bool quantised_only);

#endif
