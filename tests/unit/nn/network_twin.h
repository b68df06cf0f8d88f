/* A network once more, in double precision and plain loops: any list of operations, forward and
 * backward, to compare the real one with. Values are dense [n, c, h, w]; the gradients of all
 * readers of a tensor are simply added. */
#ifndef RESLICE_TESTS_NETWORK_TWIN_H
#define RESLICE_TESTS_NETWORK_TWIN_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/network.h"

struct twin {
    const struct network *net;
    size_t samples;
    bool is_training;
    double *param, *param_gradient; /* [params.size] */
    double *param_terms;            /* [params.size] magnitudes of what the gradients add up */
    double *value[NETWORK_OPS + 1], *gradient[NETWORK_OPS + 1];
};

/* Values of a tensor, dense. */
double *twin_value(const struct twin *twin, const struct tensor *tensor);

/* The gradient of a tensor, dense. */
double *twin_gradient(const struct twin *twin, const struct tensor *tensor);

/* Element i of the dense order in an array of the real layout. */
size_t twin_place(const struct tensor *tensor, size_t i);

/* Takes the real values of a tensor. */
void twin_load(const struct twin *twin, const struct tensor *tensor);

/* Takes the parameters that the network works with and its input: after network_prepare. */
void twin_create(struct twin *twin, const struct network *net, size_t samples, bool is_training);

/* Frees what twin_create took. */
void twin_destroy(struct twin *twin);

/* ---- batch normalisation ---- */

struct twin_moments {
    double mean, variance, count;
};

/* Mean and variance of channel c of a batch norm's input, over the samples. */
struct twin_moments twin_moments(const struct twin *twin, const struct op *op, int c);

/* ---- the network ---- */

/* One operation, forward or backward. */
void twin_op(const struct twin *twin, const struct op *op, bool backward);

/* All operations, from the input's values. */
void twin_forward(const struct twin *twin);

/* From the gradient of the logits. */
void twin_backward(const struct twin *twin);

/* ---- comparisons ---- */

/* An operation may write over the tensors of its neighbour. */
bool twin_value_is_kept(const struct network *net, const struct tensor *tensor);

/* Not where the operation in front has written over it, or lets through itself what the quantiser
 * behind lets through: then it stands here unmasked. */
bool twin_gradient_is_kept(const struct network *net, const struct tensor *tensor);

/* Largest difference over the largest value. */
double twin_distance(const struct tensor *tensor, const float *own, const double *dense,
                     size_t samples);

/* Whether all is 0 in the border of the images and in the padding of the channels. */
bool twin_gaps_are_zero(const struct tensor *tensor, const float *own, size_t samples);

/* Distance of the real gradient of a parameter, in L2, relative to the magnitudes of the terms that it
 * adds up; these may cancel: a bias before batch norm has no gradient. */
double twin_parameter_distance(const struct twin *twin, const struct parameter *tensor);

#endif
