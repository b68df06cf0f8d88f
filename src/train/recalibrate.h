/* What a network loses to its converters, made up for without training, before a run's first step:
 *
 *   batch-norm   running mean and variance of every channel are those of training samples that went
 *                through the converters: the mean over batches. Exponents of activations are those of
 *                the last batch, as in training. Without converters: those of the run's pruned or
 *                constrained weights.
 *   bias         layer after layer, the mean of each output over training samples becomes what it is
 *                without converters: b += mean(exact) - mean(read), the layers in front corrected
 *                already (as Nagel et al., ICCV 2019, section 4.2, for what rounding of weights moves).
 */
#ifndef RESLICE_TRAIN_RECALIBRATE_H
#define RESLICE_TRAIN_RECALIBRATE_H

#include <stdbool.h>

#include "base/error.h"
#include "train/training.h"

/* After training_begin: does what the run's `recalibrate` asks for, with its projected weights if
 * they are constrained. False with a line when a value is not finite, on every rank. Collective;
 * the same on any number of ranks. */
bool recalibrate(struct training *training, struct error *err);

#endif
