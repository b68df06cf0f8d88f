/* Weights that another program trained, into a network. */
#ifndef RESLICE_RESULT_IMPORT_WEIGHTS_H
#define RESLICE_RESULT_IMPORT_WEIGHTS_H

#include "base/error.h"
#include "nn/network.h"

/* Reads an HDF5 file with one dataset a tensor, named as result/import_names.h says, into the values of
 * the network's parameters. A weight_orig is multiplied by its mask. False with a line when the file
 * is none, or a tensor is missing, left over, of another shape, of integers or not finite; lists and
 * recipes are out on rank 0's standard output. Collective: rank 0 reads, all ranks get the values. */
bool import_weights_load(struct network *net, const char *path, struct error *err);

#endif
