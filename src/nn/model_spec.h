/* What a network of a given name is built from. */
#ifndef RESLICE_NN_MODEL_SPEC_H
#define RESLICE_NN_MODEL_SPEC_H

#include <stdbool.h>
#include <stddef.h>

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

#endif
