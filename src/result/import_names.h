/* Which tensor of a weight file belongs to which parameter of a network, by name.
 *
 * Names are those of a PyTorch state_dict: LAYER.weight, LAYER.bias, LAYER.running_mean,
 * LAYER.running_var. A layer is looked for
 *   1. under its own name ("conv1", "layer2.0.bn1"),
 *   2. with "shortcut" for "downsample", as ResNets for CIFAR-10 often have it,
 *   3. when not all layers of a kind (convolution, linear, batch norm) are found so: by order, when
 *      the file has as many layers of that kind whose names differ in numbers only ("features.0",
 *      "features.3", …), as torch.nn.Sequential names them.
 * Rank 0's work; not collective. */
#ifndef RESLICE_RESULT_IMPORT_NAMES_H
#define RESLICE_RESULT_IMPORT_NAMES_H

#include "nn/network.h"
#include "store/store_foreign.h"

struct weights_tensor {
    const struct store_foreign_entry *entry;
    char name[STORE_FOREIGN_PATH]; /* of the state_dict: dots, without "module." in front */
    bool is_used;
};

struct weights_names {
    size_t count;
    struct weights_tensor *tensor; /* [count] of the file; owned */
    int *of_parameter;             /* [parameters] tensor of each, or -1; owned */
    int *of_layer;                 /* [operations] LAYER.weight, or -1; owned */
    int *folded; /* [operations] bias of a convolution that has none of its own, or -1; owned */
};

/* `entry` must outlive the names; weights_names_free is due. */
void weights_names_match(struct weights_names *names, const struct network *net,
                         const struct store_foreign_entry *entry, size_t count);
void weights_names_free(struct weights_names *names);

/* Batch norm behind a convolution, a quantiser between them apart; NULL when there is none. */
const struct op *weights_norm_behind(const struct network *net, const struct op *conv);

/* A linear or convolution layer whose bias the file does not have: it is 0. */
bool weights_is_zero_bias(const struct weights_names *names, const struct network *net,
                          int parameter);

/* False with a line, and a list on rank 0's standard output of what is expected and what is there,
 * unless every parameter has its tensor of the right shape and no tensor is left over. */
bool weights_names_check(const struct weights_names *names, const struct network *net,
                         const char *path, struct error *err);

/* Prints the names and shapes that the network expects. */
void weights_names_print(const struct network *net);

#endif
