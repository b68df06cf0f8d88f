#include "store/store_shape.h"

#include <stdbool.h>
#include <stdint.h>

/* Packed data cannot be shrunk more than this (zlib technical details: 1032 to 1). */
static const size_t max_packing = 1032;

/* Bytes of an element in the file; 0 when it is no number of up to 8 bytes. The memory for others
 * would be something else than their count says, or hold pointers. */
static size_t number_size(hid_t dataset)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t class = H5Tget_class(type); /* h5py writes booleans as an enumeration */
    const bool is_number = class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM;
    const size_t size = H5Tget_size(type);
    H5Tclose(type);
    return is_number && size <= sizeof(uint64_t) ? size : 0;
}

/* True for numbers that can come out of the file: a shape costs nothing to write down, but memory
 * is taken for it. */
static bool is_held(const struct store_file *file, hid_t dataset, const hsize_t *length, int axes)
{
    size_t n = number_size(dataset);
    size_t stored = (size_t)H5Dget_storage_size(dataset);
    for (int a = 0; a < axes; a++)
        if (length[a] == 0)
            stored = file->bytes; /* nothing is stored: the other axes still must make sense */
    const size_t bytes = stored < file->bytes ? stored : file->bytes;
    const size_t most = bytes > SIZE_MAX / max_packing ? SIZE_MAX : bytes * max_packing;
    for (int a = 0; a < axes; a++) {
        if (n == 0 || length[a] > most / n)
            return false;
        n *= length[a] > 0 ? (size_t)length[a] : 1;
    }
    return n > 0 && n <= most;
}

int store_shape_of(const struct store_file *file, hid_t dataset, size_t length[STORE_AXES])
{
    const hid_t space = H5Dget_space(dataset);
    hsize_t dims[STORE_AXES] = {0};
    int axes =
        H5Sget_simple_extent_type(space) == H5S_NULL ? -1 : H5Sget_simple_extent_ndims(space);
    axes = axes <= STORE_AXES ? H5Sget_simple_extent_dims(space, dims, NULL) : -1;
    H5Sclose(space);
    if (axes < 0 || !is_held(file, dataset, dims, axes))
        return -1;
    for (int a = 0; a < axes; a++)
        length[a] = (size_t)dims[a];
    return axes;
}
