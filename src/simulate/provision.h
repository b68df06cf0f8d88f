/* Which converters a network needs: bits by four definitions, and the cheapest assignment of bits to
 * slices whose accuracy loss stays within a bound.
 *
 * Definitions, for each layer, slice and sign:
 *     static       lossless for every input: from the largest column sum
 *     observed     lossless on the calibration samples: from the largest current
 *     percentile   holds 99.99 % or 99.9 % of all conversions of the calibration samples
 *     accuracy     the fewest bits with which the network, all other converters lossless, loses no
 *                  more than `loss` of its accuracy on the calibration samples
 * Candidates are simulated on the calibration samples; chosen ones are confirmed on the test
 * samples. Widths that clip no conversion of the calibration samples anywhere are known to change
 * nothing there and are not simulated.
 */
#ifndef RESLICE_SIMULATE_PROVISION_H
#define RESLICE_SIMULATE_PROVISION_H

#include "simulate/inference.h"

enum { PROVISION_BITS = 10, PROVISION_ASSIGNMENTS = 32, PROVISION_NAME = 48 };

/* A choice of converters for the whole network. */
struct assignment {
    char name[PROVISION_NAME];
    int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]; /* [layers] */
    double calibration, test;                            /* accuracy, 0..1; NaN: not simulated */
    double energy_pj;                                    /* of the conversions of a sample, isaac */
    double clip_rate; /* worst share of conversions clipped on the calibration samples */
};

struct provision_settings {
    double loss;     /* accuracy that may be lost, 0..1 */
    int fewest_bits; /* of the search; 0 lets it leave out a slice */
    bool each;       /* the accuracy definition, for every layer, slice and sign */
    bool per_layer;  /* refine the search's result by layer */
    bool exhaustive; /* the search takes no short cuts */
};

struct provision {
    struct provision_settings settings;
    struct inference *inference;
    struct evaluate_job calibration, test;
    int layers, slices;
    double exact_calibration, exact_test; /* accuracy of evaluation */
    /* [layers] bits of slices and signs */
    int8_t (*needed_static)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
    int8_t (*observed)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
    int8_t (*percentile_99_99)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
    int8_t (*percentile_99_9)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
    int8_t (*accuracy)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]; /* -1: not asked for */
    /* [layers] share of conversions of the calibration samples that N bits clip */
    double (*clip_rate)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES][PROVISION_BITS + 1];
    /* Accuracy on the calibration samples with N bits on slice k of all layers, the other slices
     * lossless: sweep[k][N]. */
    double sweep[CROSSBAR_MAX_SLICES][PROVISION_BITS + 1];
    int assignments;
    struct assignment assignment[PROVISION_ASSIGNMENTS];
    size_t simulations; /* evaluations that had to be run */
};

/* Evaluates and counts the currents of both sample sets: the simulation of the inference holds those
 * of the test samples afterwards (of the first `counted` ones). Collective, like all below. */
void provision_create(struct provision *provision, struct inference *inference,
                      struct evaluate_job calibration, struct evaluate_job test, size_t counted,
                      struct provision_settings settings);
void provision_destroy(struct provision *provision);

/* Adds an assignment with bits[k] on slice k everywhere (for signs other than differential and
 * transfers other than clip too), and simulates it on both sample sets. */
void provision_add(struct provision *provision, const char *name, const int *bits);

/* Gives the inference these converters. */
void provision_use(struct provision *provision, const struct assignment *assignment);

/* Fills `sweep`, `accuracy`, and adds the assignments that the definitions and the search give. */
void provision_run(struct provision *provision);

#endif
