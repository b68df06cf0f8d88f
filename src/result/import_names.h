/* Which tensor of a weight file belongs to which parameter of a network, by name.
 *
 * Names are those of a PyTorch state_dict: LAYER.weight, LAYER.bias, LAYER.running_mean,
 * LAYER.running_var, behind any prefix that all layers have ("module.", "_orig_mod.", "state_dict.").
 * LAYER.weight_orig and LAYER.weight_mask, as torch.nn.utils.prune leaves them, stand for their
 * product. A layer is looked for
 *   1. under its own name ("conv1", "layer2.0.bn1"),
 *   2. with "shortcut" for "downsample", as ResNets for CIFAR-10 often have it,
 *   3. when not all layers of a kind (convolution, linear, batch norm) are found so: by order, when
 *      the file has as many layers of that kind whose names differ in numbers only ("features.0",
 *      "features.3", …), as torch.nn.Sequential names them.
 * Rank 0's work; nothing here is collective. */
#ifndef RESLICE_RESULT_IMPORT_NAMES_H
#define RESLICE_RESULT_IMPORT_NAMES_H

#include "nn/network.h"
#include "store/store_foreign.h"

struct import_tensor {
    const struct store_foreign_entry *entry;
    char name[STORE_FOREIGN_PATH]; /* of the state_dict: dots, without the prefix */
    bool has_prefix;               /* true for all where there is none */
    bool is_used;
    int mask; /* tensor that it is multiplied by, or -1 */
};

struct import_names {
    size_t count;
    struct import_tensor *tensor; /* [count] of the file; owned */
    char prefix[STORE_FOREIGN_PATH], other_prefix[STORE_FOREIGN_PATH];
    bool is_twice;                      /* most layers are found behind both prefixes */
    bool by_order[PARAMETERS_AXES + 1]; /* kinds (axes of the weight) not all found by name */
    int *of_parameter;                  /* [parameters] tensor of each, or -1; owned */
    int *of_layer;                      /* [operations] LAYER.weight, or -1; owned */
    int *folded; /* [operations] bias of a convolution that has none of its own, or -1; owned */
};

/* Fills `names`, whatever the file has: import_check says whether it will do. `entry` [count] must
 * outlive the names; import_names_free is due. Not collective. */
void import_names_match(struct import_names *names, const struct network *net,
                        const struct store_foreign_entry *entry, size_t count);

/* Frees what import_names_match has made. Not collective. */
void import_names_free(struct import_names *names);

/* Name of the same layer in ResNets for CIFAR-10, into other[STORE_FOREIGN_PATH]; false when it is
 * called the same there. Not collective. */
bool import_names_other(const char *layer, char other[STORE_FOREIGN_PATH]);

/* Whether a name is that of a layer's parameter: its end is ".weight", ".running_var", … Not
 * collective. */
bool import_names_is_parameter(const char *name);

/* Batch norm behind a convolution, a quantiser between them apart; NULL when there is none. It is the
 * network's. Not collective. */
const struct op *import_names_norm_behind(const struct network *net, const struct op *conv);

#endif
