#include "store/store_place.h"

#include "store/store_hdf5.h"
#include "store/store_shape.h"

static bool is_bytes(hid_t dataset)
{
    const hid_t type = H5Dget_type(dataset);
    const bool is = H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == 1 &&
                    H5Tget_sign(type) == H5T_SGN_NONE;
    H5Tclose(type);
    return is;
}

static bool is_contiguous(hid_t dataset)
{
    const hid_t list = H5Dget_create_plist(dataset);
    const bool is = H5Pget_layout(list) == H5D_CONTIGUOUS && H5Pget_external_count(list) == 0;
    H5Pclose(list);
    return is;
}

/* Of an open dataset. */
static bool find(const struct store_file *file, const char *path, hid_t dataset,
                 struct store_place *place, struct error *err)
{
    if (!is_bytes(dataset))
        return error_set(err, "%s: %s does not hold unsigned bytes", file->path, path);
    if (!is_contiguous(dataset))
        return error_set(err,
                         "%s: %s is chunked, compressed or in another file; allowed: contiguous",
                         file->path, path);
    place->axes = store_shape_of(file, dataset, place->length);
    if (place->axes < 0)
        return error_set(err, "%s: %s has an impossible shape", file->path, path);
    place->bytes = 1;
    for (int a = 0; a < place->axes; a++)
        place->bytes *=
            place->length[a]; /* no more than 1032 times the file: it does not overflow */
    const haddr_t at = H5Dget_offset(dataset);
    if (at == HADDR_UNDEF)
        return error_set(err, "%s: %s was never written", file->path, path);
    place->offset = (uint64_t)at;
    if (place->offset > file->bytes || place->bytes > file->bytes - place->offset)
        return error_set(err, "%s: truncated: %s goes beyond the end of the file", file->path,
                         path);
    return true;
}

static hid_t open_dataset(const struct store_file *file, const char *path)
{
    const hid_t dataset = store_has(file, path) ? H5Dopen2(file->file, path, H5P_DEFAULT) : -1;
    if (dataset < 0)
        store_check_disk(file);
    return dataset;
}

bool store_place_find(const struct store_file *file, const char *path, struct store_place *place,
                      struct error *err)
{
    const hid_t dataset = open_dataset(file, path);
    if (dataset < 0)
        return error_set(err, "%s: no dataset %s", file->path, path);
    const bool fine = find(file, path, dataset, place, err);
    H5Dclose(dataset);
    return fine;
}

bool store_place_is_whole(const struct store_file *file, const char *path)
{
    const hid_t dataset = open_dataset(file, path);
    if (dataset < 0)
        return false;
    const hid_t type = H5Dget_type(dataset);
    const bool is = H5Tget_class(type) == H5T_INTEGER;
    H5Tclose(type);
    H5Dclose(dataset);
    return is;
}
