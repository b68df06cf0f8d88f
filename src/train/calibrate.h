/* Activation exponents of a network that was trained elsewhere.
 *
 * Training takes them from the batch (hw/fixed_point.h: the smallest power of two not below the
 * largest value). Here samples go through the network in plain floating point, and each quantiser's
 * exponent is that of the largest value it would have seen. */
#ifndef RESLICE_TRAIN_CALIBRATE_H
#define RESLICE_TRAIN_CALIBRATE_H

#include "train/evaluate.h"

/* Sets the exponents from the samples of the job, whose `quantise` and `observe` are ignored; the
 * network is left prepared for floating point. Returns the float network's loss and accuracy on
 * them; not finite: the exponents are as before. Collective, the same on any number of ranks. */
struct evaluation calibrate_exponents(struct evaluate_job job);

#endif
