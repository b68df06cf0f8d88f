/* A network written as a list of layers.
 *
 * Quantisers come by one rule, which is that of the built-in networks: one behind the input, and one
 * behind every layer whose values are off the grid of codes (conv, linear, batch norm, average pool,
 * residual sum) unless the layer says quantise = false or a quantise layer stands right behind it. A
 * relu or relu6 belongs to the quantiser before it, so it stands directly behind such a layer.
 */
#ifndef RESLICE_NN_LAYERS_H
#define RESLICE_NN_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "nn/network.h"

enum {
    LAYERS_MAX = 256,     /* of a list, those inside residuals counted */
    LAYERS_NAME = 28,     /* bytes of a name; names of quantisers and parameters add to it */
    LAYERS_TERMS = 32768, /* products of 8-bit codes (255 * 255) that a 32-bit sum holds, rounded */
    LAYERS_WINDOW = 16,   /* largest kernel or pool */
};

enum layer_kind {
    LAYER_CONV,
    LAYER_LINEAR,
    LAYER_BATCH_NORM,
    LAYER_RELU,
    LAYER_RELU6,
    LAYER_QUANTISE,
    LAYER_MAX_POOL,
    LAYER_AVERAGE_POOL,
    LAYER_GLOBAL_AVERAGE_POOL,
    LAYER_DROPOUT,
    LAYER_FLATTEN,
    LAYER_RESHAPE,
    LAYER_RESIDUAL,
    LAYER_KINDS
};

#define LAYERS_EPSILON 1e-5 /* of batch norm, unless a list says otherwise: PyTorch's */

/* Padding. `same`: of stride s ceil(length / s) pixels are left, and as many are added before as
 * behind, or one more behind. */
struct layer_sides {
    struct op_sides by;
    bool same;
};

/* What a kind does not have is 0. */
struct layer_spec {
    enum layer_kind kind;
    char name[LAYERS_NAME];
    int outputs;                 /* conv: channels; linear: features */
    int window, width_of_window; /* conv and pools, pixels; pools are square */
    int step;                    /* of conv and pools */
    struct layer_sides around;   /* conv and pools: padding */
    int groups;                  /* conv */
    double epsilon;              /* batch norm */
    bool ceil, count_padding;    /* pools, see struct pool_shape */
    int channels, height, width; /* reshape */
    bool bias, quantise, always;
    bool pads;            /* residual: a shortcut without parameters to the shape of its layers */
    int branch, shortcut; /* residual: layers of the two branches, which follow it in the list */
    int line;             /* in the experiment file */
};

/* Depth first: a residual, its layers, its shortcut's layers, then what comes behind it. */
struct layer_list {
    int count;
    struct layer_spec layer[LAYERS_MAX];
};

/* Index behind layer i and all that is inside it. Not collective. */
int layers_next(const struct layer_list *list, int i);

/* Index of the first layer that differs, lines apart; -1 when the lists are the same.
 * Not collective. */
int layers_difference(const struct layer_list *a, const struct layer_list *b);

/* Images that the network reads, and the classes that it tells apart. */
struct layers_data {
    int channels, height, width, classes;
};

/* Creates the network and appends the list; returns the logits, for network_finish. NULL with a
 * message when a layer does not fit what comes before it; `at` is its index. network_destroy is due
 * in either case. Not collective. */
struct tensor *layers_build(struct network *net, const struct layer_list *list,
                            struct layers_data data, int *at, struct error *err);

#endif
