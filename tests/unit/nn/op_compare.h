/* Passes of a network against its twin in double: values, gradients, running statistics. */
#ifndef RESLICE_TESTS_OP_COMPARE_H
#define RESLICE_TESTS_OP_COMPARE_H

#include "unit/nn/network_twin.h"
#include "unit/nn/op_case.h"

/* ---- backward ---- */

/* The loss is sum(factor * logits). */
void set_loss(const struct twin *twin);

/* ---- passes ---- */

/* One step of `samples` samples through both. */
void compare_step(const char *name, struct network *net, size_t samples, bool quantise);

/* Two steps and an evaluation of a network with random parameters. */
void run_network(const char *name, struct network *net, bool quantise);

/* The network of a case, in floats and quantised. */
void run_case(const struct net_case *c);

/* On images of several shapes that the kernel fits into. */
void run_shapes(struct net_case c);

#endif
