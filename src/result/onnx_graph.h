/* Who reads what in an ONNX graph: every name becomes a number, and every sum knows the value that all
 * its ways come from. Rank 0's work: nothing is collective. */
#ifndef RESLICE_RESULT_ONNX_GRAPH_H
#define RESLICE_RESULT_ONNX_GRAPH_H

#include "result/onnx_model.h"

enum onnx_origin { ONNX_NOTHING, ONNX_INPUT, ONNX_TENSOR, ONNX_NODE };

/* Where an input of a node comes from: the network's input, a tensor of the model (of a Constant too),
 * a node; NOTHING: it is left out. */
struct onnx_source {
    enum onnx_origin origin;
    int index; /* of the tensor or node */
};

/* Values are numbered: 0 is the network's input, n + 1 what node n writes first. */
struct onnx_graph {
    const struct onnx_model *model; /* not owned */
    struct onnx_source **source;    /* [nodes][inputs]; owned */
    int *data[2]; /* [nodes] the value that a node works on, and for a sum of two the other; -1 */
    int *meeting; /* [nodes] of a sum: the last value that all ways to both inputs go through */
    int *depth;   /* [nodes + 1] private */
    int output;   /* value */
};

/* Fills the graph of a model, which must outlive it. False with one line, and nothing to free, where a
 * name is written twice, or read before it is written (as in a circle), or the output is not
 * made from the input. onnx_graph_free is due. */
bool onnx_graph_build(struct onnx_graph *graph, const struct onnx_model *model, struct error *err);

/* Gives the memory back. */
void onnx_graph_free(struct onnx_graph *graph);

/* The value that all ways to value v > 0 come through last. Pure. */
int onnx_graph_before(const struct onnx_graph *graph, int v);

/* The tensor that is input i of a node, or NULL. Pure. */
const struct onnx_tensor *onnx_graph_tensor(const struct onnx_graph *graph, int node, size_t i);

/* Whether input i of a node is there. Pure. */
bool onnx_graph_has(const struct onnx_graph *graph, int node, size_t i);

#endif
