/* The network of a run's settings: a built-in model or a list of layers. */
#ifndef RESLICE_SETTINGS_BUILD_NETWORK_H
#define RESLICE_SETTINGS_BUILD_NETWORK_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset.h"
#include "settings/experiment.h"

/* Whether a list of layers makes a network for the settings' data set; true without one. On false
 * `line` is that of the layer that does not fit, and the message has no location. Not collective. */
bool check_network(const struct settings *settings, int *line, struct error *err);

/* Whether a model takes images of this size; true for a list of layers, which is checked already. */
bool check_image(const struct settings *settings, const struct dataset *set, struct error *err);

/* Number of weight matrices of the network of settings that check_network accepts. Not collective. */
size_t count_weight_layers(const struct settings *settings);

/* Builds it for up to `capacity` samples a rank. All weights are 0. */
void build_network(struct network *net, const struct settings *settings, const struct dataset *set,
                   size_t capacity);

#endif
