#include "store/store.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "store/store_image.h"
#include "store/store_types.h"

/* Packed data cannot be shrunk more than this (zlib technical details: 1032 to 1). */
static const size_t max_packing = 1032;

static hid_t native_type(enum store_type type)
{
    switch (type) {
    case STORE_F32:
        return H5T_NATIVE_FLOAT;
    case STORE_F64:
        return H5T_NATIVE_DOUBLE;
    case STORE_I8:
        return H5T_NATIVE_INT8;
    case STORE_I16:
        return H5T_NATIVE_INT16;
    case STORE_I32:
        return H5T_NATIVE_INT32;
    case STORE_I64:
        return H5T_NATIVE_INT64;
    case STORE_U8:
        return H5T_NATIVE_UINT8;
    case STORE_U32:
        return H5T_NATIVE_UINT32;
    case STORE_U64:
        return H5T_NATIVE_UINT64;
    }
    return -1;
}

hid_t store_hdf5_type(enum store_type type)
{
    return native_type(type);
}

size_t store_type_size(enum store_type type)
{
    return H5Tget_size(native_type(type));
}

hid_t store_text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* ---- open ---- */

static bool check_header(const struct store_file *file, struct error *err)
{
    char format[32];
    int64_t version, complete;
    if (!store_get_text(file, "/", "format", format, sizeof format, err) ||
        strcmp(format, "reslice") != 0)
        return error_set(err, "%s: not a reslice result file", file->path);
    if (!store_get_integer(file, "/", "version", &version, err))
        return false;
    if (version != STORE_FORMAT_VERSION)
        return error_set(err, "%s: format version %lld; this reslice reads version %d", file->path,
                         (long long)version, STORE_FORMAT_VERSION);
    if (!store_get_integer(file, "/", "complete", &complete, err))
        return false;
    return complete ? true : error_set(err, "%s: the run is not complete", file->path);
}

static struct store_file *new_file(hid_t id, const char *path)
{
    hsize_t bytes = 0;
    H5Fget_filesize(id, &bytes);
    struct store_file *file = MEM_NEW(struct store_file, 1);
    file->file = id;
    file->bytes = (size_t)bytes;
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

struct store_file *store_open_any(const char *path, struct error *err)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    FILE *probe = fopen(path, "rb");
    if (!probe) {
        error_set(err, "%s: no such file, or not readable", path);
        return NULL;
    }
    fclose(probe);
    const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0) {
        error_set(err, "%s: not an HDF5 file, or damaged", path);
        return NULL;
    }
    return new_file(id, path);
}

struct store_file *store_image_open(void *image, size_t length, const char *path, struct error *err)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const hid_t id = H5LTopen_file_image(image, length,
                                         H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
    if (id < 0) {
        error_set(err, "%s: not an HDF5 file, or damaged", path);
        return NULL;
    }
    return new_file(id, path);
}

struct store_file *store_open(const char *path, struct error *err)
{
    struct store_file *file = store_open_any(path, err);
    if (file && !check_header(file, err)) {
        store_close(file);
        return NULL;
    }
    return file;
}

void store_close(struct store_file *file)
{
    if (!file)
        return;
    H5Fclose(file->file);
    mem_free(file);
}

/* ---- look around ---- */

bool store_has(const struct store_file *file, const char *object)
{
    char path[512];
    for (const char *end = strchr(object + 1, '/');; end = strchr(end + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", end ? (int)(end - object) : (int)strlen(object),
                 object);
        if (H5Lexists(file->file, path, H5P_DEFAULT) <= 0)
            return false;
        if (!end)
            return true;
    }
}

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

/* Lengths of the axes of an open dataset; -1 when it is not one that can be read. */
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

static hid_t open_dataset(const struct store_file *file, const char *path)
{
    return store_has(file, path) ? H5Dopen2(file->file, path, H5P_DEFAULT) : -1;
}

int store_shape(const struct store_file *file, const char *path, size_t length[STORE_AXES])
{
    const hid_t id = open_dataset(file, path);
    if (id < 0)
        return -1;
    const int axes = store_shape_of(file, id, length);
    H5Dclose(id);
    return axes;
}

size_t store_list(const struct store_file *file, const char *group, size_t width, char **names)
{
    *names = NULL;
    H5G_info_t info;
    if (H5Gget_info_by_name(file->file, group, &info, H5P_DEFAULT) < 0 ||
        info.nlinks > file->bytes) /* a link takes several bytes */
        return 0;
    *names = mem_alloc((size_t)info.nlinks, width, "names");
    for (hsize_t i = 0; i < info.nlinks; i++)
        H5Lget_name_by_idx(file->file, group, H5_INDEX_NAME, H5_ITER_INC, i, *names + i * width,
                           width, H5P_DEFAULT);
    return (size_t)info.nlinks;
}

/* ---- datasets ---- */

/* Reads an attribute of one value: the caller has room for no more. */
static bool read_one(hid_t attribute, hid_t type, void *value)
{
    const hid_t space = H5Aget_space(attribute);
    const bool is_one = H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    return is_one && H5Aread(attribute, type, value) >= 0;
}

/* CRC-32 of the bytes as they lie in the file. */
static bool checksum_of(hid_t dataset, const char *name, const char *path, struct error *err)
{
    const hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const size_t bytes = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
    unsigned char *raw = mem_alloc(bytes, 1, path);
    uint32_t expected = 0;
    const hid_t attribute = H5Aopen(dataset, "crc32", H5P_DEFAULT);
    bool fine = attribute >= 0 && read_one(attribute, H5T_NATIVE_UINT32, &expected);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (!fine)
        error_set(err, "%s: dataset '%s' has no checksum", name, path);
    else if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0)
        fine = error_set(err, "%s: dataset '%s' cannot be read", name, path);
    else if ((uint32_t)crc32_z(crc32_z(0, NULL, 0), raw, bytes) != expected)
        fine = error_set(err, "%s: dataset '%s' is damaged (wrong checksum)", name, path);
    mem_free(raw);
    H5Tclose(type);
    H5Sclose(space);
    return fine;
}

/* The whole of an open dataset. */
static bool read_all(const struct store_file *file, hid_t dataset, const char *path,
                     enum store_type type, size_t count, void *data, struct error *err)
{
    size_t length[STORE_AXES], n = 1;
    const int axes = store_shape_of(file, dataset, length);
    if (axes < 0)
        return error_set(err,
                         "%s: dataset '%s' does not hold numbers on at most %d axes, or not as "
                         "many as it says",
                         file->path, path, STORE_AXES);
    for (int a = 0; a < axes; a++)
        n *= length[a];
    if (n != count)
        return error_set(err, "%s: dataset '%s' has %zu elements, expected %zu", file->path, path,
                         n, count);
    const bool has_checksum = !file->is_foreign || H5Aexists(dataset, "crc32") > 0;
    if (has_checksum && !checksum_of(dataset, file->path, path, err))
        return false;
    if (H5Dread(dataset, native_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        return error_set(err, "%s: dataset '%s' cannot be read", file->path, path);
    return true;
}

bool store_read(const struct store_file *file, const char *path, enum store_type type, size_t count,
                void *data, struct error *err)
{
    const hid_t id = open_dataset(file, path);
    if (id < 0)
        return error_set(err, "%s: there is no dataset '%s'", file->path, path);
    const bool fine = read_all(file, id, path, type, count, data, err);
    H5Dclose(id);
    return fine;
}

struct verification {
    const char *path;
    struct error *err;
};

static herr_t verify_object(hid_t where, const char *name, const H5O_info_t *info, void *context)
{
    struct verification *verification = context;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    const hid_t id = H5Dopen2(where, name, H5P_DEFAULT);
    const bool fine = id >= 0 ? checksum_of(id, verification->path, name, verification->err)
                              : error_set(verification->err, "%s: dataset '%s' cannot be opened",
                                          verification->path, name);
    if (id >= 0)
        H5Dclose(id);
    return fine ? 0 : -1;
}

bool store_verify(const char *path, struct error *err)
{
    struct store_file *file = store_open_any(path, err);
    if (!file)
        return false;
    struct verification verification = {path, err};
    error_set(err, "%s: cannot be read back", path);
    const herr_t code = H5Ovisit2(file->file, H5_INDEX_NAME, H5_ITER_INC, verify_object,
                                  &verification, H5O_INFO_BASIC);
    store_close(file);
    return code >= 0;
}

/* ---- attributes ---- */

static bool read_attribute(const struct store_file *file, const char *object, const char *name,
                           hid_t type, void *value, struct error *err)
{
    const hid_t id = H5Aopen_by_name(file->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    const bool fine = id >= 0 && read_one(id, type, value);
    if (id >= 0)
        H5Aclose(id);
    return fine ? true
                : error_set(err, "%s: attribute '%s' of '%s' is missing, or is not one value",
                            file->path, name, object);
}

/* The text of an attribute in HDF5's memory, or NULL for an empty one. */
static bool read_text(const struct store_file *file, const char *object, const char *name,
                      char **text, struct error *err)
{
    const hid_t type = store_text_type();
    *text = NULL;
    const bool fine = read_attribute(file, object, name, type, text, err);
    H5Tclose(type);
    return fine;
}

char *store_take_text(const struct store_file *file, const char *object, const char *name,
                      struct error *err)
{
    char *text, *copy = NULL;
    if (read_text(file, object, name, &text, err)) {
        const size_t size = (text ? strlen(text) : 0) + 1;
        copy = mem_alloc(size, 1, "text of an attribute");
        memcpy(copy, text ? text : "", size);
    }
    H5free_memory(text);
    return copy;
}

bool store_get_text(const struct store_file *file, const char *object, const char *name,
                    char *value, size_t size, struct error *err)
{
    char *text;
    bool fine = read_text(file, object, name, &text, err);
    const size_t length = text ? strlen(text) : 0;
    if (fine && length >= size)
        fine = error_set(err, "%s: attribute '%s' of '%s' has %zu bytes; allowed: at most %zu",
                         file->path, name, object, length, size - 1);
    else if (fine)
        memcpy(value, text ? text : "", length + 1);
    H5free_memory(text);
    return fine;
}

bool store_get_integer(const struct store_file *file, const char *object, const char *name,
                       int64_t *value, struct error *err)
{
    return read_attribute(file, object, name, H5T_NATIVE_INT64, value, err);
}

bool store_get_real(const struct store_file *file, const char *object, const char *name,
                    double *value, struct error *err)
{
    return read_attribute(file, object, name, H5T_NATIVE_DOUBLE, value, err);
}
