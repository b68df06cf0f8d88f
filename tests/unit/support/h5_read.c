#include "unit/support/h5_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void h5_need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "test vectors: cannot read %s\n", what);
    exit(1);
}

hid_t h5_open_vectors(const char *file)
{
    const char *folder = getenv("RESLICE_VECTORS");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "tests/vectors", file);
    const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    h5_need(id >= 0, path);
    return id;
}

struct h5_array h5_get(hid_t where, const char *path, hid_t type, size_t size)
{
    struct h5_array array = {.count = 1};
    const hid_t dataset = H5Dopen2(where, path, H5P_DEFAULT);
    h5_need(dataset >= 0, path);
    const hid_t space = H5Dget_space(dataset);
    array.axes = H5Sget_simple_extent_dims(space, array.length, NULL);
    for (int a = 0; a < array.axes; a++)
        array.count *= (size_t)array.length[a];
    array.data = mem_alloc(array.count, size, path);
    h5_need(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data) >= 0, path);
    H5Sclose(space);
    H5Dclose(dataset);
    return array;
}

double h5_attribute(hid_t where, const char *path, const char *name)
{
    double value = 0.0;
    const hid_t id = H5Aopen_by_name(where, path, name, H5P_DEFAULT, H5P_DEFAULT);
    h5_need(id >= 0 && H5Aread(id, H5T_NATIVE_DOUBLE, &value) >= 0, name);
    H5Aclose(id);
    return value;
}
