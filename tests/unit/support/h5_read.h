/* Reading whole HDF5 datasets in tests; any failure ends the test program. */
#ifndef RESLICE_TESTS_H5_READ_H
#define RESLICE_TESTS_H5_READ_H

#include <hdf5.h>

struct h5_array {
    int axes;
    hsize_t length[8];
    size_t count;
    void *data; /* free with mem_free */
};

/* Ends the program with a message unless ok. */
void h5_need(int ok, const char *what);

/* Opens a file of tests/vectors (or $RESLICE_VECTORS). */
hid_t h5_open_vectors(const char *file);

/* The dataset converted to native `type` with elements of `size` bytes. */
struct h5_array h5_get(hid_t where, const char *path, hid_t type, size_t size);

/* A number that is an attribute of an object. */
double h5_attribute(hid_t where, const char *path, const char *name);

#define H5_GET_FLOAT(where, path) h5_get(where, path, H5T_NATIVE_FLOAT, sizeof(float))
#define H5_GET_DOUBLE(where, path) h5_get(where, path, H5T_NATIVE_DOUBLE, sizeof(double))
#define H5_GET_I16(where, path) h5_get(where, path, H5T_NATIVE_INT16, sizeof(int16_t))
#define H5_GET_I64(where, path) h5_get(where, path, H5T_NATIVE_INT64, sizeof(int64_t))
#define H5_GET_U8(where, path) h5_get(where, path, H5T_NATIVE_UINT8, sizeof(uint8_t))

#endif
