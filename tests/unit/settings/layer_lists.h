/* Lists of layers in YAML, and reading one through a whole experiment file. */
#ifndef RESLICE_TESTS_LAYER_LISTS_H
#define RESLICE_TESTS_LAYER_LISTS_H

#include "settings/experiment.h"

/* The built-in networks for CIFAR-10 (mlp and lenet5: MNIST) once more. */
#define LIST_MLP "[flatten, linear: {outputs: 100}, relu, linear: {outputs: 10}]"

#define LIST_LENET5                                                                                \
    "[conv: {outputs: 20, kernel: 5}, relu, max-pool: {size: 2}, "                                 \
    "conv: {outputs: 50, kernel: 5}, relu, max-pool: {size: 2, stride: 2}, "                       \
    "flatten, linear: {outputs: 500}, relu, linear: {outputs: 10}]"

#define VGG_CONV(outputs)                                                                          \
    "conv: {outputs: " #outputs ", kernel: 3, stride: 1, padding: 1, bias: true}, relu, "

#define VGG_POOL "max-pool: {size: 2}, "

#define LIST_VGG11                                                                                  \
    "[" VGG_CONV(64) VGG_POOL VGG_CONV(128) VGG_POOL VGG_CONV(256) VGG_CONV(256)                    \
        VGG_POOL VGG_CONV(512) VGG_CONV(512) VGG_POOL VGG_CONV(512) VGG_CONV(512) VGG_POOL          \
        "flatten, dropout: {always: true}, linear: {outputs: 512}, relu, dropout: {always: true}, " \
        "linear: {outputs: 512}, relu, linear: {outputs: 10}]"

/* Depth 8, width 8. */
#define RESNET_LAYERS(width, stride)                                                               \
    "layers: [conv: {outputs: " #width ", kernel: 3, stride: " #stride ", padding: 1, "            \
    "bias: false}, batch-norm, relu, conv: {outputs: " #width ", kernel: 3, padding: 1, "          \
    "bias: false}, batch-norm]"

#define RESNET_SHORTCUT(name, width)                                                               \
    "shortcut: [conv: {outputs: " #width ", kernel: 1, stride: 2, bias: false, quantise: false, "  \
    "name: " name ".downsample.0}, batch-norm: {name: " name ".downsample.1}]"

/* With shortcuts without parameters. */
#define LIST_PADDED8                                                                               \
    "[conv: {outputs: 8, kernel: 3, padding: 1, bias: false}, batch-norm, relu, "                  \
    "residual: {name: layer1.0, " RESNET_LAYERS(                                                   \
        8,                                                                                         \
        1) "}, relu, "                                                                             \
           "residual: {name: layer2.0, shortcut: pad, " RESNET_LAYERS(                             \
               16,                                                                                 \
               2) "}, relu, "                                                                      \
                  "residual: {name: layer3.0, shortcut: pad, " RESNET_LAYERS(                      \
                      32,                                                                          \
                      2) "}, relu, "                                                               \
                         "global-average-pool, quantise: {name: pool}, flatten, linear: {outputs: 10, name: fc}]"

#define LIST_RESNET8                                                                               \
    "[conv: {outputs: 8, kernel: 3, padding: 1, bias: false}, batch-norm, relu, "                  \
    "residual: {name: layer1.0, " RESNET_LAYERS(                                                   \
        8, 1) "}, relu, "                                                                          \
              "residual: {name: layer2.0, " RESNET_LAYERS(16, 2) ", " RESNET_SHORTCUT(             \
                  "layer2.0",                                                                      \
                  16) "}, "                                                                        \
                      "relu, "                                                                     \
                      "residual: {name: layer3.0, " RESNET_LAYERS(32, 2) ", " RESNET_SHORTCUT(     \
                          "layer3.0",                                                              \
                          32) "}, "                                                                \
                              "relu, global-average-pool, quantise: {name: pool}, flatten, "       \
                              "linear: {outputs: 10, name: fc}]"

/* The settings of an experiment with this list; false with a message. */
bool read_list(const char *data, const char *list, struct experiment *experiment,
               struct error *err);

#endif
