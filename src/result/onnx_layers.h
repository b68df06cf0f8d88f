/* What an ONNX file becomes: a list of layers, and the tensors that are their weights. */
#ifndef RESLICE_RESULT_ONNX_LAYERS_H
#define RESLICE_RESULT_ONNX_LAYERS_H

#include "nn/layers.h"
#include "result/onnx_graph.h"

/* Tensors of a layer; NULL: it has none. */
struct onnx_layer {
    int node;
    const struct onnx_tensor *weight, *bias; /* of batch norm its scale and shift */
    const struct onnx_tensor *mean, *variance;
    bool is_transposed; /* linear: weight [inputs, outputs] */
    double alpha, beta; /* linear: factors of weight and bias */
};

struct onnx_network {
    struct onnx_model model;
    struct layer_list *list;  /* owned; layers whose names the file does not give have none */
    struct onnx_layer *layer; /* [LAYERS_MAX] of each of the list; owned */
    bool has_softmax;         /* at the end, and left out: the logits are what goes in */
    bool drops_dropout;       /* of another share than a half, left out */
};

#endif
