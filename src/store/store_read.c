#include "store/store_read.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "store/store_hdf5.h"
#include "store/store_open.h"
#include "store/store_shape.h"

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

struct store_file *store_open(const char *path, struct error *err)
{
    struct store_file *file = store_open_any(path, err);
    if (file && !check_header(file, err)) {
        store_close(file);
        return NULL;
    }
    return file;
}

bool store_is_in_use(const char *path)
{
    return store_is_locked(path);
}

void store_close(struct store_file *file)
{
    store_close_any(file);
}

/* ---- look around ---- */

bool store_has(const struct store_file *file, const char *object)
{
    char path[512];
    for (const char *end = strchr(object + 1, '/');; end = strchr(end + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", end ? (int)(end - object) : (int)strlen(object),
                 object);
        const htri_t exists = H5Lexists(file->file, path, H5P_DEFAULT);
        if (exists < 0)
            store_check_disk(file);
        if (exists <= 0)
            return false;
        if (!end)
            return true;
    }
}

static hid_t open_dataset(const struct store_file *file, const char *path)
{
    if (!store_has(file, path))
        return -1;
    const hid_t id = H5Dopen2(file->file, path, H5P_DEFAULT);
    if (id < 0)
        store_check_disk(file);
    return id;
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
    if (H5Gget_info_by_name(file->file, group, &info, H5P_DEFAULT) < 0) {
        store_check_disk(file);
        return 0;
    }
    if (info.nlinks > file->bytes) /* a link takes several bytes */
        return 0;
    *names = mem_alloc((size_t)info.nlinks, width, "names");
    for (hsize_t i = 0; i < info.nlinks; i++)
        if (H5Lget_name_by_idx(file->file, group, H5_INDEX_NAME, H5_ITER_INC, i, *names + i * width,
                               width, H5P_DEFAULT) < 0)
            store_check_disk(file);
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
static bool checksum_of(const struct store_file *file, hid_t dataset, const char *path,
                        struct error *err)
{
    const char *name = file->path;
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
    else if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0) {
        store_check_disk(file);
        fine = error_set(err, "%s: dataset '%s' cannot be read", name, path);
    } else if ((uint32_t)crc32_z(crc32_z(0, NULL, 0), raw, bytes) != expected)
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
    if (has_checksum && !checksum_of(file, dataset, path, err))
        return false;
    if (H5Dread(dataset, store_hdf5_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0)
        return true;
    store_check_disk(file);
    return error_set(err, "%s: dataset '%s' cannot be read", file->path, path);
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
    const struct store_file *file;
    struct error *err;
};

static herr_t verify_object(hid_t where, const char *name, const H5O_info_t *info, void *context)
{
    struct verification *verification = context;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    const hid_t id = H5Dopen2(where, name, H5P_DEFAULT);
    const bool fine = id >= 0 ? checksum_of(verification->file, id, name, verification->err)
                              : error_set(verification->err, "%s: dataset '%s' cannot be opened",
                                          verification->file->path, name);
    if (id >= 0)
        H5Dclose(id);
    else
        store_check_disk(verification->file);
    return fine ? 0 : -1;
}

bool store_verify(const char *path, struct error *err)
{
    struct store_file *file = store_open_any(path, err);
    if (!file)
        return false;
    struct verification verification = {file, err};
    error_set(err, "%s: cannot be read back", path);
    const herr_t code = H5Ovisit2(file->file, H5_INDEX_NAME, H5_ITER_INC, verify_object,
                                  &verification, H5O_INFO_BASIC);
    if (code < 0)
        store_check_disk(file);
    store_close(file);
    return code >= 0;
}

/* ---- attributes ---- */

static bool read_attribute(const struct store_file *file, const char *object, const char *name,
                           hid_t type, void *value, struct error *err)
{
    const hid_t id = H5Aopen_by_name(file->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    const bool fine = id >= 0 && read_one(id, type, value);
    if (!fine)
        store_check_disk(file);
    if (id >= 0)
        H5Aclose(id);
    return fine ? true
                : error_set(err, "%s: attribute '%s' of '%s' is missing, or is not one value",
                            file->path, name, object);
}

char *store_take_text(const struct store_file *file, const char *object, const char *name,
                      struct error *err)
{
    char *text = NULL, *copy = NULL;
    const hid_t type = store_text_type();
    if (read_attribute(file, object, name, type, &text, err))
        copy = mem_string(text ? text : "");
    H5Tclose(type);
    H5free_memory(text);
    return copy;
}

bool store_get_text(const struct store_file *file, const char *object, const char *name,
                    char *value, size_t size, struct error *err)
{
    char *text = store_take_text(file, object, name, err);
    if (!text)
        return false;
    const size_t bytes = strlen(text);
    const bool fits = bytes < size;
    if (fits)
        memcpy(value, text, bytes + 1);
    mem_free(text);
    return fits ? true
                : error_set(err, "%s: attribute '%s' of '%s' has %zu bytes; allowed: at most %zu",
                            file->path, name, object, bytes, size - 1);
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
