#include "train/checkpoint_identity.h"

#include <string.h>

#include "base/mem.h"
#include "settings/settings_same.h"

enum { VERSION = 2 };

enum { AT_VERSION, AT_DATA, AT_PARENT, AT_DIGEST };

const char checkpoint_format[] = "reslice checkpoint";

void checkpoint_identity_list(int64_t value[CHECKPOINT_IDENTITY],
                              struct store_field field[CHECKPOINT_IDENTITY])
{
    static const char *const names[CHECKPOINT_IDENTITY] = {"version", "data_crc32", "parent_crc32",
                                                           "parent_digest"};
    static const char *const descriptions[CHECKPOINT_IDENTITY] = {
        "version of this layout", "CRC-32 of all pixels and labels",
        "CRC-32 of the parent's weights, masks and exponents, 0 without a parent",
        "digest of the parent's result file, -1 without a parent"};
    for (int i = 0; i < CHECKPOINT_IDENTITY; i++)
        field[i] = (struct store_field){names[i], descriptions[i], "1", STORE_I64, 1, &value[i]};
}

void checkpoint_identity_fill(int64_t value[CHECKPOINT_IDENTITY],
                              const struct checkpoint_origin *origin)
{
    value[AT_VERSION] = VERSION;
    value[AT_DATA] = origin->data_crc;
    value[AT_PARENT] = origin->parent_crc;
    value[AT_DIGEST] = origin->parent_digest;
}

static bool differ(int64_t there, int64_t here)
{
    return there != CHECKPOINT_UNKNOWN && here != CHECKPOINT_UNKNOWN && there != here;
}

static bool is_same_start(const int64_t there[CHECKPOINT_IDENTITY], const char *path,
                          const struct checkpoint_origin *here, struct error *err)
{
    if (differ(there[AT_DATA], here->data_crc))
        return error_set(err,
                         "%s: was begun with other data; --fresh starts over, --output puts the "
                         "new run elsewhere",
                         path);
    if (differ(there[AT_PARENT], here->parent_crc) || differ(there[AT_DIGEST], here->parent_digest))
        return error_set(
            err, "%s: was begun from other weights of its parent run; --fresh starts over", path);
    return true;
}

static bool is_checkpoint(const struct store_file *file, const char *path,
                          int64_t value[CHECKPOINT_IDENTITY], struct error *err)
{
    struct store_field field[CHECKPOINT_IDENTITY];
    char format[64];
    checkpoint_identity_list(value, field);
    if (!store_get_text(file, "/", "format", format, sizeof format, err) ||
        strcmp(format, checkpoint_format) != 0)
        return error_set(err, "%s: not a checkpoint of reslice", path);
    if (!store_image_read(file, field, 1, err) || value[AT_VERSION] != VERSION)
        return error_set(err, "%s: was written by another version of reslice; --fresh starts over",
                         path);
    value[AT_DIGEST] = CHECKPOINT_UNKNOWN;
    const int fields = store_has(file, "/parent_digest") ? CHECKPOINT_IDENTITY : AT_DIGEST;
    return store_image_read(file, field, (size_t)fields, err);
}

bool checkpoint_identity_fits(const struct store_file *file, const char *path,
                              const struct checkpoint_origin *origin, struct error *err)
{
    int64_t value[CHECKPOINT_IDENTITY];
    if (!is_checkpoint(file, path, value, err))
        return false;
    char *config = store_take_text(file, "/", "config", err);
    const bool fine = config && settings_are_same(path, "begun", config, origin->settings, err) &&
                      is_same_start(value, path, origin, err);
    mem_free(config);
    return fine;
}
