/* Bitline currents of the network that a training kept. */
#ifndef RESLICE_SIMULATE_CURRENTS_H
#define RESLICE_SIMULATE_CURRENTS_H

#include <stdbool.h>

#include "simulate/simulation.h"
#include "train/training.h"

/* After training_finish: maps the network as the settings say and sends the first crossbar.samples test
 * samples through (0: all). A run in floating point has no codes to map: a simulation without layers.
 * False when stopped (base/stop.h). simulation_destroy is due either way, before the training goes.
 * Collective. */
bool currents_count(struct simulation *currents, struct training *training);

#endif
