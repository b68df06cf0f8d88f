/* Which converters a network needs: bits by definition, and the cheapest assignment of bits to slices
 * whose accuracy loss stays within a bound.
 *
 * Definitions, for each layer, slice and sign:
 *     static       lossless for every input: from the largest column sum (hw/adc.h)
 *     observed     lossless on the calibration samples: from the largest current
 *     percentile   holds 99.99 % or 99.9 % of all conversions of the calibration samples
 *     accuracy     the fewest bits with which the network, all other converters lossless, loses no
 *                  more than the loss of its accuracy on the calibration samples
 * What is called provisioned is never dearer than another assignment within the loss.
 */
#ifndef RESLICE_SIMULATE_PROVISION_H
#define RESLICE_SIMULATE_PROVISION_H

#include "simulate/bit_search.h"

enum { PROVISION_SWEEP_BITS = 10 /* widths of a sweep: 0..10, more where arrays need more */ };

struct provision_settings {
    int fewest_bits; /* of a slice in what is provisioned; 0 lets it leave out a slice */
    bool each;       /* the accuracy definition, for every layer, slice and sign */
    bool per_layer;  /* refine the search's result by layer */
    bool exhaustive; /* the search takes no short cuts */
};

struct provision {
    struct provision_settings settings;
    struct trials *trials;     /* not owned */
    struct adc_bits *accuracy; /* [layers] by the definition accuracy; NULL: not asked for */
    /* Accuracy on the calibration samples with N bits on slice k of all layers, the other slices
     * lossless: sweep[k][N], N up to PROVISION_SWEEP_BITS or the lossless bits if they are more. */
    double sweep[CROSSBAR_MAX_SLICES][ADC_MOST_BITS + 1];
    struct bit_search search; /* what was searched */
    /* Assignments: from which the provisioned one was made, since it was the cheapest within the loss;
     * and a cheaper one that has a slice of fewer than fewest_bits. -1: none. */
    int start, passed_over;
    int provisioned; /* the assignment that the search gave, before that by layer */
};

/* Fills `sweep` and `accuracy`, and adds to the trials the assignments that the definitions and the
 * search give; those that the trials have already are known to the search. Collective. Free with
 * provision_destroy. */
void provision_run(struct provision *provision, struct trials *trials,
                   struct provision_settings settings);
void provision_destroy(struct provision *provision);

#endif
