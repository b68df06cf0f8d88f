/* The network of a run's settings: a built-in model or a list of layers. */
#ifndef RESLICE_SETTINGS_BUILD_NETWORK_H
#define RESLICE_SETTINGS_BUILD_NETWORK_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset.h"
#include "settings/settings.h"

/* Whether a list of layers makes a network for the settings' data set; true without one. On false
 * `line` is that of the layer that does not fit, and the message has no location. Not collective. */
bool build_network_check_layers(const struct settings *settings, int *line, struct error *err);

/* Whether the model takes the data set's images; true for a list of layers, which is checked already.
 * False with a message. Not collective. */
bool build_network_check_image(const struct settings *settings, const struct dataset *set,
                               struct error *err);

/* Whether the network of settings that build_network_check_layers accepts can read images of this shape
 * and tell so many classes apart, which need not be those of the settings' data set. False with a
 * message. Not collective. */
bool build_network_fits(const struct settings *settings, const struct dataset *set,
                        struct error *err);

struct network_counts {
    size_t weights;     /* layers with a weight matrix */
    size_t biases;      /* of these with a bias */
    size_t batch_norms; /* layers of batch norm */
    size_t cut_groups;  /* convolutions with a group that has more rows than an array and whose cuts
                         * are not those of the arrays (nn/conv_direct.h) */
};

/* What the network of settings that build_network_check_layers accepts has. Not collective. */
struct network_counts build_network_count(const struct settings *settings);

/* Builds the network of settings that build_network_check_layers accepts, for images of the data set
 * and up to `capacity` samples a rank. All weights are 0. `net` is the caller's, for network_destroy.
 * Not collective. */
void build_network(struct network *net, const struct settings *settings, const struct dataset *set,
                   size_t capacity);

/* The same for evaluations: for blocks of its samples (network_block), and for at least `least`. Not
 * collective. */
void build_network_to_evaluate(struct network *net, const struct settings *settings,
                               const struct dataset *set, size_t least);

#endif
