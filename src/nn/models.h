/* Built-in networks. A new one is one builder and one line in the table of models.c. */
#ifndef RESLICE_NN_MODELS_H
#define RESLICE_NN_MODELS_H

#include <stddef.h>

#include "nn/model_spec.h"
#include "nn/network.h"

/* Images and classes. */
struct model_input {
    int channels, height, width, classes;
};

/* What a network was made for; false, and *input as it was, when there is none of this name.
 * Not collective. */
bool model_usual_input(const char *name, struct model_input *input);

/* Names of the networks that can be built, separated by ", ";
 * a static text, always the same. Not collective. */
const char *model_names(void);

/* Smallest height and width that the network's pooling leaves a pixel of; 1 for most.
 * Not collective. */
int model_smallest_image(const char *name);

/* The network without memory for its weights and activations: its shapes. network_destroy is due;
 * returns the logits. Not collective. */
struct tensor *model_describe(struct network *net, const struct model_spec *spec);

/* Builds the network; weights are 0 until initialised or loaded. Not collective. */
void model_build(struct network *net, const struct model_spec *spec);

#endif
