/* A tiny network around one operation or a few: random parameters, input and a pass over it. Comes
 * first. */
#ifndef RESLICE_TESTS_OP_CASE_H
#define RESLICE_TESTS_OP_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/models.h"
#include "nn/network.h"

/* A tiny network: the input image, a 1x1 convolution to x (so that x has a gradient), and what
 * `build` puts behind it. */
struct net_case {
    const char *name;
    struct tensor *(*build)(struct network *net, struct tensor *x, struct conv_shape shape);
    int channels, height, width; /* of x */
    struct conv_shape shape;
    bool float_only;
};

enum { CAPACITY = 11, SAMPLES = 9 };

/* Weights around 0; scales and variances around 1. */
void random_parameters(struct parameters *params);

/* Random input pixels. */
void random_input(struct network *net, size_t samples);

/* Builds the network of a case; freed by network_destroy. */
void net_case_create(struct network *net, const struct net_case *c);

/* Builds a model for SAMPLES samples and ten classes, with weights that keep values of one size; freed
 * by network_destroy. */
void model_case_create(struct network *net, struct model_spec spec);

/* A training pass over shards of different sizes, some empty; valid until the next call. */
struct pass make_pass(size_t samples, bool quantise);

/* ---- one operation behind x ---- */

struct tensor *build_conv(struct network *net, struct tensor *x, struct conv_shape shape);

struct tensor *build_linear(struct network *net, struct tensor *x, struct conv_shape shape);

struct tensor *build_norm(struct network *net, struct tensor *x, struct conv_shape shape);

/* No quantiser between, as in the shortcuts of ResNet. */
struct tensor *build_conv_norm(struct network *net, struct tensor *x, struct conv_shape shape);

struct tensor *build_max_pool(struct network *net, struct tensor *x, struct conv_shape shape);

struct tensor *build_mean_pool(struct network *net, struct tensor *x, struct conv_shape shape);

struct tensor *build_dropout(struct network *net, struct tensor *x, struct conv_shape shape);

#endif
