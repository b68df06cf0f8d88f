/* A network: a list of operations over tensors, with their parameters.
 *
 * Build it with network_add_* (models.c has the built-in ones, layers.c what is written as a list),
 * then network_finish.
 */
#ifndef RESLICE_NN_NETWORK_H
#define RESLICE_NN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/op.h"

enum { NETWORK_OPS = 1024 };

enum { NETWORK_BLOCK = 100 }; /* the most samples of a block of evaluation */

struct network {
    struct parameters params;
    struct scratch scratch; /* of the operations */
    int op_count, tensor_count;
    struct op *op;         /* [NETWORK_OPS] in order of execution */
    struct tensor *tensor; /* [NETWORK_OPS + 1]; tensor 0 is the input */
    struct tensor *input, *logits;
    size_t capacity;        /* samples that fit */
    size_t block;           /* of evaluation, samples: network_block */
    double quantise_time_s; /* spent in quantisers so far, communication included, both passes */
};

/* An empty network for inputs of this shape, the caller's until network_destroy. It must not be
 * moved: operations point into it. Not collective. */
void network_create(struct network *net, int channels, int height, int width);

/* Gives all memory back, of a network without network_finish too. Not collective. */
void network_destroy(struct network *net);

/* Appends out = in weight^T + bias with that many outputs; returns what it writes, [n, outputs],
 * owned by the network like every tensor. Names are PyTorch's: "fc1" has "fc1.weight",
 * "fc1.bias". `in` is flat. Not collective. */
struct tensor *network_add_linear(struct network *net, const char *name, struct tensor *in,
                                  size_t outputs);
/* Appends a quantiser of activations, with or without ReLU; returns the quantised tensor. Not right
 * behind another quantiser: it would not know its maximum. Not collective. */
struct tensor *network_add_quantiser(struct network *net, const char *name, struct tensor *in,
                                     bool relu);

/* Appends a quantiser whose values lie in [0, 6] (ReLU6); returns the quantised tensor. As
 * network_add_quantiser otherwise. Not collective. */
struct tensor *network_add_relu6(struct network *net, const char *name, struct tensor *in);

/* Square kernels; padding and step (stride) in pixels. */
struct conv_shape {
    int channels; /* of the output */
    int kernel, step, padding;
    bool has_bias;
};

/* Appends a convolution "NAME" with "NAME.weight" [channels, in, kernel, kernel]; returns the
 * image it writes. Not collective. */
struct tensor *network_add_conv(struct network *net, const char *name, struct tensor *in,
                                struct conv_shape shape);

/* What not every convolution has. */
struct conv_general {
    int channels; /* of the output; a multiple of `groups` */
    int kernel_height, kernel_width, step;
    struct op_sides around; /* padding */
    int groups;             /* divides the channels of the input */
    bool has_bias;
};

/* Pixels of an axis of `length` that windows leave. Not collective. */
int network_shrunk(int length, int kernel, int step, int before, int after);

/* Appends a convolution "NAME" with "NAME.weight" [channels, in / groups, kernel_height,
 * kernel_width]; returns the image it writes. One that network_add_conv knows is the same as from
 * there. Not collective. */
struct tensor *network_add_general_conv(struct network *net, const char *name, struct tensor *in,
                                        struct conv_general shape);

/* Appends batch normalisation "NAME" over the channels of an image or a flat tensor, with 1e-5 added
 * to the variance; returns what it writes, of the same shape. Not collective. */
struct tensor *network_add_batch_norm(struct network *net, const char *name, struct tensor *in);

/* Appends batch normalisation with another number added to the variance; returns what it writes.
 * Not collective. */
struct tensor *network_add_batch_norm_with(struct network *net, const char *name, struct tensor *in,
                                           double epsilon);

/* Appends the maximum over kernel x kernel windows every `step` pixels; returns the smaller
 * image, on the grid of codes if `in` is. Not collective. */
struct tensor *network_add_max_pool(struct network *net, struct tensor *in, int kernel, int step);

/* Appends the mean over kernel x kernel windows every `step` pixels; returns the smaller image,
 * off the grid of codes. Not collective. */
struct tensor *network_add_mean_pool(struct network *net, struct tensor *in, int kernel, int step);

/* Windows of a pool. `around`, each side below the kernel, moves the windows; with `ceil` the last
 * window may reach beyond that (PyTorch's ceil_mode), else it is left out. */
struct pool_shape {
    int kernel, step;
    struct op_sides around;
    bool ceil;
    bool counts_padding; /* mean: `around` counts as pixels of 0 */
};

/* Pixels of an axis of `length` that a pool leaves, `before` and `after` its padding there. Not
 * collective. */
int network_pooled(int length, int before, int after, struct pool_shape shape);

/* Appends a pool of this shape; returns the smaller image, that of a maximum on the grid of codes if
 * `in` is. Not collective. */
struct tensor *network_add_pool(struct network *net, struct tensor *in, bool is_max,
                                struct pool_shape shape);

/* Appends in + second, two tensors of one shape; returns the sum. Not collective. */
struct tensor *network_add_sum(struct network *net, struct tensor *in, struct tensor *second);

/* Appends a shortcut without parameters (He et al. 2016, option A): every `step`-th pixel of `in`,
 * and channels of zeros, half before and half behind its own; returns the image of so many channels
 * (at least those of `in`), on the grid of codes if `in` is. Not collective. */
struct tensor *network_add_pad_shortcut(struct network *net, struct tensor *in, int channels,
                                        int step);

/* Appends dropout of half the values, in evaluation too if `always`; returns what is left of
 * them. Not collective. */
struct tensor *network_add_dropout(struct network *net, struct tensor *in, bool always);

/* Appends the change of a flat tensor in the order [c, h, w] to an image of this shape, which it
 * returns. Not collective. */
struct tensor *network_add_image(struct network *net, struct tensor *in, int channels, int height,
                                 int width);

/* Appends the change of an image to a flat tensor in the order [c, h, w], which it returns. Not
 * collective. */
struct tensor *network_add_flatten(struct network *net, struct tensor *in);

/* Samples of a block of evaluation: NETWORK_BLOCK, or as many as take 1 GiB of values, at least 1. It
 * follows from the layers alone, so that a block has the same samples on any number of ranks. Not
 * collective. */
size_t network_block(const struct network *net);

/* Takes all memory, for up to `capacity` samples a rank; `logits` is the last tensor. Weights are 0
 * until initialised or loaded. Not collective. */
void network_finish(struct network *net, struct tensor *logits, size_t capacity);

/* New weights: quantise them and let the operations repack. False when one is not finite. Not
 * collective: weights are the same on every rank. */
bool network_prepare(struct network *net, const struct pass *pass);

/* input->value → logits->value. Collective when training (maxima of quantisers, sums of batch
 * norm); else not. False when a value is not finite: on all ranks when training, else on this
 * rank. */
bool network_forward(struct network *net, const struct pass *pass);

/* logits->gradient → params.sum of this rank's shards. Collective (sums of batch norm). False
 * when a sum overflows on this rank; the others do not know. */
bool network_backward(struct network *net, const struct pass *pass);

/* One OpenBLAS thread a rank: ranks are the parallelism, and results must not depend on threads.
 * Once, at the start of the program. Not collective. */
void network_use_one_thread(void);

/* How many activation quantisers there are. Not collective. */
int network_quantisers(const struct network *net);

/* exponent [quantisers] of the quantisers in order of execution. Not collective. */
void network_get_exponents(const struct network *net, int *exponent);

/* Sets them from exponent [quantisers], the same on every rank. Not collective. */
void network_set_exponents(struct network *net, const int *exponent);

/* Name of quantiser number `index`, owned by the network; NULL when there is none. Not
 * collective. */
const char *network_quantiser_name(const struct network *net, int index);

#endif
