/* Private to onnx_network.c, onnx_operators.c and onnx_weighted.c: a list of layers under construction. */
#ifndef RESLICE_RESULT_ONNX_BUILD_H
#define RESLICE_RESULT_ONNX_BUILD_H

#include "result/onnx_layers.h"

struct onnx_build {
    struct onnx_network *network;
    struct onnx_graph graph;
    struct error *err;
    int begin;             /* first layer of the branch that is being built */
    bool is_flat;          /* what goes on */
    struct op_sides pad;   /* a Pad, for the convolution behind it */
    int padded;            /* its node, or -1 */
    bool seen[ONNX_NODES]; /* nodes that are in the list */
};

static inline const struct onnx_node *onnx_node_of(const struct onnx_build *b, int node)
{
    return &b->network->model.node[node];
}

/* Always false, with a line that names the node. */
#define ONNX_REFUSE(b, node, ...)                                                                  \
    onnx_refuse(&(b)->network->model, onnx_node_of(b, node), (b)->err, __VA_ARGS__)

/* Appends a layer of a node, its quantiser as in experiment files; NULL with a line when there are
 * LAYERS_MAX. */
struct layer_spec *onnx_append(struct onnx_build *b, int node, enum layer_kind kind);

/* Tensors of the last layer. */
static inline struct onnx_layer *onnx_last(struct onnx_build *b)
{
    return &b->network->layer[b->network->list->count - 1];
}

/* The layer of this branch in front of position `at` of the list, or -1. */
int onnx_layer_before(const struct onnx_build *b, int at);

/* Appends the layers of a node that is not the sum of two values. False with a line. */
bool onnx_append_node(struct onnx_build *b, int node);

/* The same for a node of that operator. */
bool onnx_append_conv(struct onnx_build *b, int node);
bool onnx_append_gemm(struct onnx_build *b, int node);
bool onnx_append_matmul(struct onnx_build *b, int node);
bool onnx_append_norm(struct onnx_build *b, int node);
bool onnx_append_max_pool(struct onnx_build *b, int node);
bool onnx_append_average_pool(struct onnx_build *b, int node);

/* The same for a constant that is added: the bias of the layer in front. */
bool onnx_append_bias(struct onnx_build *b, int node);

#endif
