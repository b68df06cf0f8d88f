/* What the built-in networks are made of. Quantisers (Q) stand before each activation, as in arXiv
 * 1909.08496. Each function appends to the network and returns what is written last, owned by the
 * network; none is collective. */
#ifndef RESLICE_NN_MODEL_BLOCKS_H
#define RESLICE_NN_MODEL_BLOCKS_H

#include "nn/network.h"

enum block_activation { BLOCK_LINEAR, BLOCK_RELU, BLOCK_RELU6 };

/* The quantised input as an image. */
struct tensor *block_input(struct network *net, int channels, int height, int width);

/* conv - Q - BN - Q [- activation]; square kernel, the same padding on all sides. */
struct tensor *block_conv_norm(struct network *net, const char *conv, const char *norm,
                               struct tensor *in, struct conv_general shape,
                               enum block_activation activation);

/* conv - Q - ReLU. */
struct tensor *block_conv_relu(struct network *net, const char *name, struct tensor *in,
                               struct conv_general shape);

/* fc - Q [- ReLU]. */
struct tensor *block_linear(struct network *net, const char *name, struct tensor *in,
                            size_t outputs, bool relu);

/* A square kernel with `padding` pixels on all sides, one group, no bias. Pure. */
struct conv_general block_square(int channels, int kernel, int step, int padding);

/* Residual block "BLOCK" of two 3x3 convolutions (He et al. 2016, figure 5 left): conv1, bn1, conv2,
 * bn2; where the shape changes its shortcut is a projection, downsample.0 and .1, or `pads`. */
struct tensor *block_basic(struct network *net, const char *block, struct tensor *in, int channels,
                           int step, bool pads);

/* Residual block "BLOCK" of 1x1, 3x3 and 1x1 convolutions (He et al. 2016, figure 5 right; the step
 * in the 3x3, as torchvision has it): conv1 … bn3, of `channels` channels and 4 times as many behind
 * the last; where the shape changes its shortcut is a projection. */
struct tensor *block_bottleneck(struct network *net, const char *block, struct tensor *in,
                                int channels, int step);

/* mean over all pixels - Q - flatten. */
struct tensor *block_global_mean(struct network *net, struct tensor *in);

#endif
