/* Trials of converters: the accuracy of a trained network on crossbars that an assignment of ADC bits
 * to layers, slices and signs reads.
 *
 * Two sample sets: candidates are simulated on the calibration samples, chosen ones are confirmed on
 * the test samples. Bits that clip no conversion of the calibration samples anywhere are known to
 * change nothing there and are not simulated. simulate/provision.h decides what is tried.
 */
#ifndef RESLICE_SIMULATE_TRIALS_H
#define RESLICE_SIMULATE_TRIALS_H

#include "hw/adc.h"
#include "simulate/inference.h"
#include "simulate/work_line.h"

enum { TRIALS_NAME = 64 };

/* A choice of converters for the whole network, and what it gave. */
struct assignment {
    char name[TRIALS_NAME];
    struct adc_bits *bits;    /* [layers] */
    double calibration, test; /* accuracy, 0..1 */
    double energy_pj;         /* of the conversions of a sample, isaac */
    double clip_rate; /* worst share of conversions clipped on the calibration samples, 0..1 */
};

struct trials {
    struct inference *inference; /* not owned */
    struct evaluate_job calibration, test;
    double loss; /* accuracy that may be lost, 0..1 */
    int layers, slices;
    double exact_calibration, exact_test; /* accuracy without converters */
    /* The assignment whose accuracy losses are counted from; -1: from exact_…. */
    int reference;
    /* [definition][layers] from the calibration samples; ADC_STATIC from the weights */
    struct adc_bits *needed[ADC_DEFINITIONS];
    /* [layers] share of conversions of the calibration samples that N bits clip */
    double (*clip_rate)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES][ADC_MOST_BITS + 1];
    size_t assignments, room;
    struct assignment *assignment; /* [assignments] in the order in which they were added */
    size_t simulations;            /* evaluations that had to be run */
    struct work_line line;         /* its parts are evaluations, run or not */
};

/* Evaluates and counts the currents of both sample sets: the simulation of the inference, which is not
 * owned and must outlive the trials, holds those of the first `counted` test samples afterwards.
 * `loss`: accuracy that may be lost, 0..1. Collective. Free with trials_destroy. */
void trials_create(struct trials *trials, struct inference *inference,
                   struct evaluate_job calibration, struct evaluate_job test, size_t counted,
                   double loss);
void trials_destroy(struct trials *trials);

/* Evaluates a job of the network on crossbars with the converters that the inference has: a part of
 * the line. Collective; the same on every rank. */
struct evaluation trials_run(struct trials *trials, struct evaluate_job job);

/* Accuracy (0..1) on the calibration samples with bits [layers]; simulates only what clips there.
 * Collective; the same on every rank. */
double trials_calibration(struct trials *trials, const struct adc_bits *bits);

/* Accuracy (0..1) that losses are counted from: without converters, or of the reference. Pure. */
double trials_expected_calibration(const struct trials *trials);
double trials_expected_test(const struct trials *trials);

/* Adds an assignment, a copy of bits [layers], simulates it on both sample sets, and counts losses
 * from it from then on: the converters that the network was trained with, without which it may be
 * worse. Collective. */
void trials_refer_to(struct trials *trials, const char *name, const struct adc_bits *bits);

/* Whether an accuracy (0..1) on the calibration samples is within the loss. Pure. */
bool trials_is_close(const struct trials *trials, double accuracy);

/* Whether that of bits [layers] is; simulates no more samples than it takes to say no. Collective; the
 * same on every rank. */
bool trials_is_good(struct trials *trials, const struct adc_bits *bits);

/* Fills all [layers] with bits[k] on slice k of every layer and sign. Pure. */
void trials_fill(const struct trials *trials, struct adc_bits *all, const int *bits);

/* The widest of layers and signs on slice k of bits [layers]. Pure. */
int trials_widest(const struct trials *trials, const struct adc_bits *bits, int k);

/* Adds an assignment, a copy of bits [layers], and simulates it on both sample sets. Collective. */
void trials_record(struct trials *trials, const char *name, const struct adc_bits *bits);

/* Adds an assignment of bits[k] on slice k everywhere, and simulates it on both sample sets.
 * Collective. */
void trials_add(struct trials *trials, const char *name, const int *bits);

/* Gives the inference these converters, bits [layers]. Not collective. */
void trials_use(struct trials *trials, const struct adc_bits *bits);

#endif
