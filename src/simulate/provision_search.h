/* The searches of simulate/provision.h. Inside provision*.c only. */
#ifndef RESLICE_SIMULATE_PROVISION_SEARCH_H
#define RESLICE_SIMULATE_PROVISION_SEARCH_H

#include "simulate/provision.h"

/* Accuracy on the calibration samples; simulates only what clips there. */
double provision_calibration(struct provision *provision,
                             int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

/* Whether an accuracy on the calibration samples is within the loss. */
bool provision_is_close(const struct provision *provision, double accuracy);

/* Whether that of these bits is; simulates no more samples than it takes to say no. */
bool provision_is_good(struct provision *provision,
                       int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

/* bits[k] on slice k everywhere. */
void provision_fill(const struct provision *provision,
                    int8_t (*all)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES], const int *bits);

/* Adds an assignment and simulates it on both sample sets. */
void provision_record(struct provision *provision, const char *name,
                      int8_t (*bits)[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES]);

/* Each slice alone, over all widths. */
void provision_sweep(struct provision *provision);

/* Each (layer, sign, slice) alone: the definition `accuracy`. */
void provision_each(struct provision *provision);

/* The cheapest bits of slices, then with settings.per_layer of layers and slices, within the loss.
 * A width is never tried for a slice that loses too much with it on its own, nor what has fewer bits
 * than a bad choice: two losses are taken not to cancel. With settings.exhaustive nothing is left
 * out, and no cheaper choice for all layers is within the loss. */
void provision_search(struct provision *provision);

#endif
