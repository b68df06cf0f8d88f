/* Small networks in which one tensor is read more than once: gradients of the readers add up. */
#ifndef RESLICE_TESTS_OP_GRAPHS_H
#define RESLICE_TESTS_OP_GRAPHS_H

#include "unit/nn/op_case.h"

/* The block of a residual network, its inputs in either order, then another on top. */
struct tensor *build_residual(struct network *net, struct tensor *x, struct conv_shape shape);

/* Without channels, height and width, which the test chooses. */
extern const struct net_case op_graphs[];
extern const size_t op_graph_count;

#endif
