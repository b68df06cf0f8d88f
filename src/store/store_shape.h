/* Shapes of open datasets, believed only as far as the file can hold them. Inside store*.c only. */
#ifndef RESLICE_STORE_STORE_SHAPE_H
#define RESLICE_STORE_STORE_SHAPE_H

#include "store/store_hdf5.h"

/* Lengths of the axes of an open dataset of numbers; returns their number, or -1 when it is not one
 * that can be read. Not collective. */
int store_shape_of(const struct store_file *file, hid_t dataset, size_t length[STORE_AXES]);

#endif
