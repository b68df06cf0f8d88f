#include "store/store_image.h"

#include <hdf5_hl.h>
#include <string.h>
#include <zlib.h>

#include "store/store_hdf5.h"
#include "store/store_open.h"

/* Of the file and of a dataset with its three attributes; both are less. */
enum { FILE_OVERHEAD = 16384, DATASET_OVERHEAD = 4096 };

static size_t bytes_of(const struct store_field *field)
{
    return field->count * store_type_size(field->type);
}

size_t store_image_bound(const struct store_field *field, size_t fields,
                         const struct store_label *label, size_t labels)
{
    size_t bytes = FILE_OVERHEAD;
    for (size_t i = 0; i < fields; i++)
        bytes += bytes_of(&field[i]) + DATASET_OVERHEAD;
    for (size_t i = 0; i < labels; i++)
        bytes += 2 * strlen(label[i].value) + DATASET_OVERHEAD;
    return bytes;
}

/* ---- build ---- */

static bool put_attribute(hid_t object, const char *name, hid_t type, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool fine = id >= 0 && H5Awrite(id, type, value) >= 0;
    H5Sclose(space);
    return id >= 0 && H5Aclose(id) >= 0 && fine;
}

static bool put_text(hid_t object, const char *name, const char *value)
{
    const hid_t type = store_text_type();
    const bool fine = put_attribute(object, name, type, &value);
    H5Tclose(type);
    return fine;
}

static bool put_field(hid_t file, const struct store_field *field)
{
    const hid_t type = store_hdf5_type(field->type);
    const hid_t space = H5Screate_simple(1, (hsize_t[]){field->count}, NULL);
    const hid_t id =
        H5Dcreate2(file, field->name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Sclose(space);
    if (id < 0)
        return false;
    const uint32_t crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), field->data, bytes_of(field));
    const bool fine = H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, field->data) >= 0 &&
                      put_attribute(id, "crc32", H5T_NATIVE_UINT32, &crc) &&
                      put_text(id, "description", field->description) &&
                      put_text(id, "units", field->units);
    return H5Dclose(id) >= 0 && fine;
}

size_t store_image_build(const struct store_field *field, size_t fields,
                         const struct store_label *label, size_t labels, void *image,
                         size_t capacity)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* the caller speaks */
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, capacity, false); /* grows once, and never touches a disk */
    const hid_t file = H5Fcreate("checkpoint", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    if (file < 0)
        return 0;
    bool fine = true;
    for (size_t i = 0; i < labels && fine; i++)
        fine = put_text(file, label[i].name, label[i].value);
    for (size_t i = 0; i < fields && fine; i++)
        fine = put_field(file, &field[i]);
    fine = fine && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0;
    const ssize_t length = fine ? H5Fget_file_image(file, image, capacity) : -1;
    fine = H5Fclose(file) >= 0 && length > 0;
    return fine ? (size_t)length : 0;
}

/* ---- read ---- */

struct store_file *store_image_open(void *image, size_t length, const char *path, struct error *err)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t id = H5LTopen_file_image(image, length,
                                         H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
    if (id < 0) {
        error_set(err, "%s: not an HDF5 file, or damaged", path);
        return NULL;
    }
    return store_open_id(id, path);
}

bool store_image_read(const struct store_file *file, const struct store_field *field, size_t fields,
                      struct error *err)
{
    for (size_t i = 0; i < fields; i++)
        if (!store_read(file, field[i].name, field[i].type, field[i].count, field[i].data, err))
            return false;
    return true;
}
