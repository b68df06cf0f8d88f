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

#include "base/rng.h"
#include "hw/kernels.h"
#include "nn/parameters.h"
#include "nn/scratch.h"

/* Activations of up to `capacity` samples, stored as
 *     [n, height + 2 border, width + 2 border, channel_stride]:
 * channels last and padded with zeros to whole vectors, and a border of zeros that convolutions
 * read as their padding. A flat tensor (of linear layers, and the network's input in the files'
 * order [c, h, w]) is one pixel with as many channels as it has elements. */
struct tensor {
    int channels, height, width;
    int border;            /* pixels of zeros around the image */
    size_t size;           /* channels * height * width */
    size_t channel_stride; /* elements of a pixel */
    size_t row;            /* of a row of pixels, border included */
    size_t stride;         /* of a sample */
    float *value;
    float *gradient;     /* dLoss/dvalue, or NULL when nobody needs it */
    bool needs_gradient; /* it lies behind the first parameters */
    int16_t *code; /* value = code * 2^(exponent - bits); NULL where values are not on a grid */
    bool
        only_code; /* in quantised passes nobody reads the values of this tensor, nor writes them */
    int exponent;
    /* The largest |value|, as bits (hw/fixed_point.h), for the quantiser behind, whose exponent
     * follows the maximum over the global batch. Who writes the values sets it, since another
     * walk over them would cost as much as quantising; it is that of this rank's samples. Only
     * batch norm that emits (struct op_class) knows that of all ranks at once: its maximum
     * travels with its sums, and the quantiser need not ask the other ranks. */
    int32_t max_bits;
    bool max_is_global;
    bool is_signed; /* codes may be negative (crossbars then need two input passes) */
    bool has_code;
    bool shares_value,
        shares_gradient; /* the array belongs to a neighbour, which is done with it */
};

/* Offset of pixel (y, x) of sample n, elements; -border is the first of the border. Not
 * collective. */
static inline size_t tensor_at(const struct tensor *tensor, size_t n, int y, int x)
{
    return n * tensor->stride + (size_t)(y + tensor->border) * tensor->row +
           (size_t)(x + tensor->border) * tensor->channel_stride;
}

enum { PASS_SHARDS = 1024 }; /* the most shards of a pass */

struct op;
struct pass;

/* Computes the products of operations with a weight matrix (those with gather_codes) in their
 * place, as a model of hardware does. */
struct multiplier {
    /* Fills out->value and out->max_bits like op->class->forward, which it may call. False when a
     * value is not finite. */
    bool (*forward)(void *context, struct op *op, const struct pass *pass);
    /* New weights: after op->class->prepare, once for each of these operations. May be NULL. */
    void (*prepare)(void *context, struct op *op, const struct pass *pass);
    void *context;
};

/* What one pass over the network works on. */
struct pass {
    size_t samples;         /* rows that this rank holds */
    size_t global_samples;  /* of all ranks; only needed in training */
    size_t shards;          /* shards of this rank */
    const size_t *begin;    /* [shards + 1] first row of each */
    const uint32_t *sample; /* [samples] number of each in its data set; NULL: no dropout drops */
    struct rng_key dropout;
    bool is_training; /* activation exponents follow the batch; otherwise they stay */
    double momentum;  /* share of the batch in batch norm's running statistics; 0: the usual 0.1 */
    bool quantise;    /* false: plain float */
    int bits;
    const struct multiplier *multiplier; /* NULL: operations multiply themselves */
};

struct op_class {
    const char *name;
    bool is_quantiser;
    bool is_elementwise; /* all tensors have one layout; the gradient may be passed on in place */
    void (*setup)(struct op *op); /* takes private memory; parameters are allocated. May be NULL */
    void (*release)(struct op *op);                          /* gives it back. May be NULL */
    void (*prepare)(struct op *op, const struct pass *pass); /* new weights. May be NULL */
    /* Collective where the class says so; fills out->value and out->max_bits. False when a value
     * is not finite, on all ranks alike. */
    bool (*forward)(struct op *op, const struct pass *pass);
    /* Whether quantised passes work on the codes of `in` (and `second`) alone. NULL: they do
     * not. */
    bool (*reads_only_codes)(const struct op *op);
    /* Classes whose values are cheaper computed twice than stored: where op->emits, a quantised
     * forward pass only finds out->max_bits, and the quantiser behind fetches its codes here,
     * quantised by `spec`, with values unless `value` is NULL. NULL for others. */
    void (*emit)(const struct op *op, const struct pass *pass, int16_t *code, float *value,
                 struct quantise_spec spec);
    bool
        masks_gradient; /* where it emits, it applies the quantiser's ReLU to the gradient itself */
    /* From out->gradient: in->gradient (unless NULL) and the sums of the own parameters. False when
     * a sum overflows on this rank. */
    bool (*backward)(struct op *op, const struct pass *pass);
    /* Operations with a weight matrix: the input codes of one sample as the vectors that the matrix
     * multiplies, vector [pixels of out, inputs of weight[out, inputs...]]. NULL for others. */
    void (*gather_codes)(const struct op *op, size_t sample, int16_t *vector);
};

/* Pixels around an image that a window may reach. */
struct op_sides {
    int top, left, bottom, right;
};

struct op {
    const struct op_class *class;
    char name[32]; /* "fc1" */
    struct tensor *in, *out;
    struct tensor *second;           /* residual additions: the other input, or NULL */
    struct op *source;               /* quantisers: the operation in front that emits, or NULL */
    const struct op *quantiser;      /* of an operation that emits; else NULL */
    bool adds_to_in, adds_to_second; /* the gradient of that input has a part already */
    struct parameters *params;
    struct scratch *scratch;   /* of the network: free for use inside a call */
    size_t capacity;           /* samples that the tensors hold */
    int weight, bias;          /* parameter tensors, or -1 */
    int mean, variance;        /* batch norm: running statistics, or -1 */
    int kernel, step, padding; /* of convolutions and pooling: size, stride, zeros around */
    int kernel_width;          /* of convolutions: `kernel` is the height */
    int groups;                /* of convolutions: of channels that do not mix */
    struct op_sides around;    /* convolutions, pooling: padding by sides */
    bool counts_padding;       /* mean: padding counts as pixels of 0 */
    bool drops_always;         /* dropout: in evaluation too, as the reference VGG does */
    int number;                /* of the operation in its network */
    bool relu;                 /* quantisers: set negative values to 0 */
    bool relu6;                /* and values above 6 to 6 */
    double epsilon;            /* batch norm: added to the variance */
    void *state;               /* private to the class */
};

/* dx (+)= dy; nothing where they are one array, or dx is NULL. Not collective. */
void op_pass_gradient(float *dx, const float *dy, size_t n, bool adds);

/* Fully connected layer: out = in weight^T + bias. */
extern const struct op_class op_linear;

/* Convolution: out[n,j,y,x] = sum_{k,u,v} in[n,k, y step + u - padding, x step + v - padding]
 * weight[j,k,u,v] (+ bias[j]). */
extern const struct op_class op_conv;

/* The same with groups, kernels that are not square or padding that differs by side, which op_conv
 * does not know: weight[j, k, u, v] has the input channels of j's group. */
extern const struct op_class op_conv_direct;

/* Whether an operation is a convolution of either class. Not collective. */
static inline bool op_is_conv(const struct op *op)
{
    return op->class == &op_conv || op->class == &op_conv_direct;
}

/* Batch normalisation with the statistics of the global batch (Ioffe & Szegedy 2015, algorithm 1);
 * running statistics with momentum 0.1 and unbiased variance, as PyTorch. Collective. */
extern const struct op_class op_batch_norm;

/* Pooling over those pixels of kernel x kernel windows that the image has; the maximum keeps codes,
 * the mean does not. */
extern const struct op_class op_max_pool;
extern const struct op_class op_mean_pool;

/* out = in + second. */
extern const struct op_class op_add;

/* out[n, front + c, y, x] = in[n, c, y step, x step], 0 in the other channels; the front is half of
 * them. Codes stay codes. */
extern const struct op_class op_pad_shortcut;

/* Dropout of half the values, off in evaluation unless op->drops_always. */
extern const struct op_class op_dropout;

/* Change between flat tensors in the order [c, h, w] and images, either way. */
extern const struct op_class op_reshape;

/* Dynamic fixed-point quantisation of activations, with or without ReLU. Its forward pass is
 * collective: the exponent follows the maximum over the global batch. */
extern const struct op_class op_quantise;

/* What a quantiser's exponent must hold when the largest |value| before it has these bits: 6 at most
 * behind a ReLU6. Not collective. */
int32_t quantise_max_bits(const struct op *op, int32_t bits);

#endif
