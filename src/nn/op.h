/* Operations of a network, and the activations between them.
 *
 * An operation is one file with one struct op_class; it works on the samples that this rank holds,
 * shard by shard where a result is not exact, so that every byte is the same on any rank count.
 */
#ifndef RESLICE_NN_OP_H
#define RESLICE_NN_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/parameters.h"

/* Activations of up to `capacity` samples; rows padded with zeros to `stride` elements. */
struct tensor {
    int channels, height, width;
    size_t size, stride; /* c * h * w, and the same rounded up to NN_LANES */
    float *value;        /* [n, stride] */
    float *gradient;     /* [n, stride] dLoss/dvalue, or NULL when nobody needs it */
    int16_t *code;       /* [n, stride] value = code * 2^(exponent - bits), set by quantisers */
    int exponent;
    int32_t max_bits; /* largest |value| of this rank's samples, as bits; set by the producer */
    bool is_signed;   /* codes may be negative (crossbars then need two input passes) */
};

/* What one pass over the network works on. */
struct pass {
    size_t samples;      /* rows that this rank holds */
    size_t shards;       /* shards of this rank */
    const size_t *begin; /* [shards + 1] first row of each */
    bool is_training;    /* activation exponents follow the batch; otherwise they stay */
    bool quantise;       /* false: plain float */
    int bits;
};

struct op;

struct op_class {
    const char *name;
    bool is_quantiser;
    void (*setup)(struct op *op); /* takes private memory; parameters are allocated. May be NULL */
    void (*release)(struct op *op);                          /* gives it back. May be NULL */
    void (*prepare)(struct op *op, const struct pass *pass); /* new weights. May be NULL */
    /* Collective where the class says so; fills out->value and out->max_bits. False when a value
     * is not finite, on all ranks alike. */
    bool (*forward)(struct op *op, const struct pass *pass);
    /* From out->gradient: in->gradient (unless NULL) and the sums of the own parameters. False when
     * a sum overflows on this rank. */
    bool (*backward)(struct op *op, const struct pass *pass);
};

struct op {
    const struct op_class *class;
    char name[32]; /* "fc1" */
    struct tensor *in, *out;
    struct parameters *params;
    int weight, bias; /* parameter tensors, or -1 */
    bool relu;        /* quantisers: set negative values to 0 */
    void *state;      /* private to the class */
};

/* Fully connected layer: out = in weight^T + bias. */
extern const struct op_class op_linear;

/* Dynamic fixed-point quantisation of activations, with or without ReLU. Its forward pass is
 * collective: the exponent follows the maximum over the global batch. */
extern const struct op_class op_quantise;

#endif
