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

struct network {
    struct parameters params;
    struct scratch scratch; /* of the operations */
    int op_count, tensor_count;
    struct op *op;         /* [NETWORK_OPS] in order of execution */
    struct tensor *tensor; /* [NETWORK_OPS + 1]; tensor 0 is the input */
    struct tensor *input, *logits;
    size_t capacity;        /* samples that fit */
    double quantise_time_s; /* spent in quantisers so far, communication included, both passes */
};

/* An empty network for inputs of this shape. network_destroy is fine without network_finish too. */
void network_create(struct network *net, int channels, int height, int width);
void network_destroy(struct network *net);

/* Appends an operation that reads `in`; returns what it writes. Names are PyTorch's. */
struct tensor *network_add_linear(struct network *net, const char *name, struct tensor *in,
                                  size_t outputs);
/* Not right behind another quantiser: it would not know its maximum. */
struct tensor *network_add_quantiser(struct network *net, const char *name, struct tensor *in,
                                     bool relu);

/* Square kernels; padding and step (stride) in pixels. */
struct conv_shape {
    int channels; /* of the output */
    int kernel, step, padding;
    bool has_bias;
};
struct tensor *network_add_conv(struct network *net, const char *name, struct tensor *in,
                                struct conv_shape shape);
struct tensor *network_add_batch_norm(struct network *net, const char *name, struct tensor *in);
struct tensor *network_add_max_pool(struct network *net, struct tensor *in, int kernel, int step);
struct tensor *network_add_mean_pool(struct network *net, struct tensor *in, int kernel, int step);
struct tensor *network_add_sum(struct network *net, struct tensor *in, struct tensor *second);

struct tensor *network_add_dropout(struct network *net, struct tensor *in, bool always);

/* Flat [c, h, w] to an image of this shape, and an image to flat. */
struct tensor *network_add_image(struct network *net, struct tensor *in, int channels, int height,
                                 int width);
struct tensor *network_add_flatten(struct network *net, struct tensor *in);

/* Takes all memory, for up to `capacity` samples a rank; `logits` is the last tensor. */
void network_finish(struct network *net, struct tensor *logits, size_t capacity);

/* New weights: quantise them and let the operations repack. False when one is not finite. */
bool network_prepare(struct network *net, const struct pass *pass);

/* input->value → logits->value. Collective when training. False when not finite (all ranks). */
bool network_forward(struct network *net, const struct pass *pass);

/* logits->gradient → params.sum of this rank's shards. False on overflow on this rank. */
bool network_backward(struct network *net, const struct pass *pass);

/* One OpenBLAS thread a rank: ranks are the parallelism, and results must not depend on threads. */
void network_use_one_thread(void);

/* Exponents of the activation quantisers, in order of execution: exponent [quantisers]. */
int network_quantisers(const struct network *net);
void network_get_exponents(const struct network *net, int *exponent);
void network_set_exponents(struct network *net, const int *exponent);
const char *network_quantiser_name(const struct network *net, int index);

#endif
