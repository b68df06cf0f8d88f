/* Weights that another program trained, into a network. */
#ifndef RESLICE_RESULT_IMPORT_WEIGHTS_H
#define RESLICE_RESULT_IMPORT_WEIGHTS_H

#include "base/error.h"
#include "nn/network.h"

/* Reads an HDF5 file with one dataset a tensor, named as result/import_names.h says, into the values of
 * the network's parameters. False with a line when something is missing, left over, of another shape
 * or not finite; the list is out. Collective. */
bool import_weights_load(struct network *net, const char *path, struct error *err);

#endif
