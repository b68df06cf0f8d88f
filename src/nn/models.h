/* Built-in networks. A new one is one builder and one line in the table of models.c. */
#ifndef RESLICE_NN_MODELS_H
#define RESLICE_NN_MODELS_H

#include <stddef.h>

#include "nn/network.h"

struct model_spec {
    const char *model; /* "mlp" */
    const size_t *hidden;
    int hidden_count;    /* mlp: widths of the hidden layers */
    int blocks, filters; /* resnet: blocks of a stage, channels of the first stage */
    bool batch_norm;     /* vgg11: with batch norm behind every convolution */
    bool dropout_always; /* vgg11: in evaluation too */
    bool pad_shortcut;   /* resnet: shortcuts without parameters where the shape changes */
    double epsilon;      /* of batch norm; 0: 1e-5 */
    int channels, height, width, classes;
    size_t capacity; /* samples a rank */
};

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
