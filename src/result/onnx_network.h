/* The network of an ONNX file: a list of layers (nn/layers.h), and which tensors are their weights.
 * Rank 0's work: nothing is collective. */
#ifndef RESLICE_RESULT_ONNX_NETWORK_H
#define RESLICE_RESULT_ONNX_NETWORK_H

#include "result/onnx_layers.h"

/* Reads the network of a file. `path` must outlive it; onnx_network_free is due. False with one line, and
 * nothing to free, for what onnx_model_read and onnx_graph_build refuse and for operators and forms
 * of them that layers do not have: the line names the node. */
bool onnx_network_read(struct onnx_network *network, const char *path, struct error *err);

/* Gives the memory back. */
void onnx_network_free(struct onnx_network *network);

/* Puts the file's weights into a network that was built from its list. False with one line when a tensor
 * does not have the shape of its layer, or a value is not finite. */
bool onnx_network_fill(const struct onnx_network *network, struct network *net, struct error *err);

#endif
