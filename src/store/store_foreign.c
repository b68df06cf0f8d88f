#include "store/store_foreign.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_hdf5.h"
#include "store/store_open.h"
#include "store/store_shape.h"

struct store_file *store_foreign_open(const char *path, struct error *err)
{
    struct store_file *file = store_open_any(path, err);
    if (file)
        file->is_foreign = true;
    return file;
}

struct listing {
    const struct store_file *file;
    struct store_foreign_entry *entry; /* NULL: only count */
    size_t count;
};

/* h5py writes booleans as an enumeration. */
static void describe_type(hid_t dataset, struct store_foreign_entry *entry)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t class = H5Tget_class(type);
    const int bits = (int)(8 * H5Tget_size(type));
    entry->is_float = class == H5T_FLOAT;
    if (class == H5T_FLOAT)
        snprintf(entry->type, sizeof entry->type, "float%d", bits);
    else if (class == H5T_INTEGER)
        snprintf(entry->type, sizeof entry->type, "%sint%d",
                 H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
    else if (class == H5T_ENUM)
        snprintf(entry->type, sizeof entry->type, "bool");
    H5Tclose(type);
}

static herr_t list_object(hid_t where, const char *name, const H5O_info_t *info, void *context)
{
    struct listing *listing = context;
    struct store_foreign_entry entry = {.axes = -1};
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    const bool fits =
        (size_t)snprintf(entry.path, sizeof entry.path, "/%s", name) < sizeof entry.path;
    const hid_t id = fits ? H5Dopen2(where, name, H5P_DEFAULT) : -1;
    if (fits && id < 0)
        store_check_disk(listing->file);
    if (id >= 0) {
        entry.axes = store_shape_of(listing->file, id, entry.length);
        describe_type(id, &entry);
        H5Dclose(id);
    }
    if (listing->entry)
        listing->entry[listing->count] = entry;
    listing->count++;
    return 0;
}

static void visit(struct listing *listing)
{
    if (H5Ovisit2(listing->file->file, H5_INDEX_NAME, H5_ITER_INC, list_object, listing,
                  H5O_INFO_BASIC) < 0)
        store_check_disk(listing->file);
}

size_t store_foreign_list(const struct store_file *file, struct store_foreign_entry **entries)
{
    struct listing listing = {.file = file};
    visit(&listing);
    listing.entry = *entries = MEM_NEW(struct store_foreign_entry, listing.count);
    listing.count = 0;
    visit(&listing);
    return listing.count;
}
