/* Files of other formats that are given in place of an HDF5 file of weights: what they are, and how the
 * weights in them become one. */
#ifndef RESLICE_RESULT_IMPORT_FORMATS_H
#define RESLICE_RESULT_IMPORT_FORMATS_H

#include "base/error.h"

/* For a file that is no HDF5 file. When it is a PyTorch checkpoint, NumPy's .npz or .npy, safetensors,
 * ONNX or another format that holds weights, prints how to make an HDF5 file of it (rank 0's standard
 * output) and puts what it is into the line; otherwise leaves the line as it is. Not collective: for
 * rank 0. */
void import_formats_explain(const char *path, struct error *err);

#endif
