#include "data/pack.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/comm.h"
#include "base/mem.h"
#include "data/digest.h"
#include "store/store_foreign.h"
#include "store/store_place.h"

enum { VERSION = 1, MAX_CLASSES = 65536 };

bool pack_is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- the head ---- */

/* A whole number of the root, low..high. */
static bool read_number(const struct store_file *file, const char *path, const char *name,
                        int64_t low, int64_t high, int64_t *value, struct error *err)
{
    if (!store_get_integer(file, "/", name, value, err))
        return false;
    return (*value >= low && *value <= high) ||
           error_set(err, "%s: %s is %" PRId64 "; allowed: %" PRId64 " to %" PRId64, path, name,
                     *value, low, high);
}

static bool read_int(const struct store_file *file, const char *path, const char *name, int high,
                     int *value, struct error *err)
{
    int64_t number;
    if (!read_number(file, path, name, 1, high, &number, err))
        return false;
    *value = (int)number;
    return true;
}

static bool check_format(const struct store_file *file, const char *path, struct error *err)
{
    char format[64] = "none";
    int64_t version;
    struct error none;
    if (!store_get_text(file, "/", "format", format, sizeof format, &none) ||
        strcmp(format, "reslice-images") != 0)
        return error_set(err,
                         "%s: not packed images (its attribute format is '%s', not "
                         "'reslice-images'); experiments/pack_images.py makes such files",
                         path, format);
    return read_number(file, path, "version", 1, VERSION, &version, err);
}

static bool read_shape(struct dataset *set, const struct store_file *file, const char *path,
                       struct error *err)
{
    if (!read_int(file, path, "channels", DATASET_CHANNELS, &set->channels, err) ||
        !read_int(file, path, "height", DATASET_SIDE, &set->height, err) ||
        !read_int(file, path, "width", DATASET_SIDE, &set->width, err) ||
        !read_int(file, path, "classes", MAX_CLASSES, &set->classes, err))
        return false;
    const double bytes = (double)set->channels * set->height * set->width;
    return bytes <= DATASET_SAMPLE_BYTES ||
           error_set(err, "%s: images of %d x %d x %d; allowed: %d bytes", path, set->channels,
                     set->height, set->width, DATASET_SAMPLE_BYTES);
}

/* A number a channel. */
static bool read_channels(float *value, const struct dataset *set, const struct store_file *file,
                          const char *path, const char *name, struct error *err)
{
    double number[DATASET_CHANNELS];
    if (!store_read(file, name, STORE_F64, (size_t)set->channels, number, err))
        return false;
    for (int c = 0; c < set->channels; c++) {
        if (!isfinite(number[c]) || fabs(number[c]) > 1000.0 ||
            (name[1] == 's' && number[c] < 1e-6))
            return error_set(err, "%s: %s of channel %d is %g; allowed: finite%s", path, name + 1,
                             c, number[c], name[1] == 's' ? ", at least 1e-6" : "");
        value[c] = (float)number[c];
    }
    return true;
}

static bool read_head(struct dataset *set, const struct store_file *file, const char *path,
                      struct error *err)
{
    char name[256] = "";
    if (!check_format(file, path, err) ||
        !store_get_text(file, "/", "name", name, sizeof name, err))
        return false;
    *set = (struct dataset){.channels = 0};
    snprintf(set->name, sizeof set->name, "%.31s", name);
    error_clean(set->name);
    if (store_has(file, "/validation"))
        return error_set(err,
                         "%s: has a group /validation, which is not read: its images belong to the "
                         "end of /train, and data.validation says how many they are",
                         path);
    return read_shape(set, file, path, err) &&
           read_channels(set->mean, set, file, path, "/mean", err) &&
           read_channels(set->std, set, file, path, "/std", err);
}

bool pack_look(struct dataset *set, const char *path, struct error *err)
{
    struct store_file *file = store_foreign_open(path, err);
    const bool fine = file && read_head(set, file, path, err);
    store_close(file);
    return fine;
}

/* ---- parts ---- */

static size_t blocks_of(const struct dataset_part *part)
{
    return (part->count + DATASET_BLOCK - 1) / DATASET_BLOCK;
}

static bool find_images(struct dataset_part *part, const struct dataset *set,
                        const struct store_file *file, const char *path, const char *name,
                        struct error *err)
{
    struct store_place place;
    if (!store_place_find(file, name, &place, err))
        return false;
    const size_t *n = place.length;
    if (place.axes != 4 || n[0] == 0 || n[1] != (size_t)set->channels ||
        n[2] != (size_t)set->height || n[3] != (size_t)set->width)
        return error_set(err, "%s: %s has not the shape [n >= 1, %d, %d, %d] that the file says",
                         path, name, set->channels, set->height, set->width);
    if (n[0] > UINT32_MAX)
        return error_set(err, "%s: %s has more than 2^32 - 1 images", path, name);
    part->count = n[0];
    part->offset = place.offset;
    return true;
}

static bool read_labels(struct dataset_part *part, const struct dataset *set,
                        const struct store_file *file, const char *path, const char *name,
                        struct error *err)
{
    if (store_has(file, name) && !store_place_is_whole(file, name))
        return error_set(err, "%s: %s does not hold whole numbers", path, name);
    int32_t *label = MEM_NEW(int32_t, part->count);
    bool fine = store_read(file, name, STORE_I32, part->count, label, err);
    part->label = MEM_NEW(uint16_t, part->count);
    for (size_t i = 0; fine && i < part->count; i++) {
        part->label[i] = (uint16_t)label[i];
        if (label[i] < 0 || label[i] >= set->classes)
            fine = error_set(err, "%s: %s: label %" PRId32 " of sample %zu, allowed are 0 to %d",
                             path, name, label[i], i, set->classes - 1);
    }
    mem_free(label);
    return fine;
}

static bool read_part(struct dataset_part *part, const struct dataset *set,
                      const struct store_file *file, const char *path, const char *group,
                      struct error *err)
{
    char image[32], label[32], crc[32];
    snprintf(image, sizeof image, "/%s/image", group);
    snprintf(label, sizeof label, "/%s/label", group);
    snprintf(crc, sizeof crc, "/%s/block_crc32", group);
    if (!find_images(part, set, file, path, image, err) ||
        !read_labels(part, set, file, path, label, err))
        return false;
    part->block_crc32 = MEM_NEW(uint32_t, blocks_of(part));
    return store_read(file, crc, STORE_U32, blocks_of(part), part->block_crc32, err);
}

static bool read_parts(struct dataset *set, const struct store_file *file, const char *path,
                       struct error *err)
{
    int64_t digest;
    if (!read_part(&set->train, set, file, path, "train", err) ||
        !read_part(&set->test, set, file, path, "test", err) ||
        !read_number(file, path, "digest", 0, UINT32_MAX, &digest, err))
        return false;
    const int64_t here = digest_of_set(set);
    return here == digest ||
           error_set(
               err, "%s: damaged: its labels and checksums have the digest %08llx, noted is %08llx",
               path, (unsigned long long)here, (unsigned long long)digest);
}

bool pack_read(struct dataset *set, const char *path, struct error *err)
{
    struct store_file *file = store_foreign_open(path, err);
    const bool fine = file && read_head(set, file, path, err) && read_parts(set, file, path, err);
    store_close(file);
    return fine;
}

/* ---- images ---- */

static bool is_sound(const struct dataset *set, const struct dataset_part *part, size_t block)
{
    const size_t first = block * DATASET_BLOCK, left = part->count - first;
    uLong crc = crc32_z(0, NULL, 0);
    for (size_t i = first; i < first + (left < DATASET_BLOCK ? left : DATASET_BLOCK); i++)
        crc = crc32_z(crc, dataset_image(set, part, i), dataset_sample_size(set));
    return crc == part->block_crc32[block];
}

/* Every so many blocks are read. */
static size_t verified_one_of(const struct dataset *set)
{
    const double most = 16.0 * (1 << 30);
    const double bytes =
        (double)dataset_sample_size(set) * ((double)set->train.count + (double)set->test.count);
    return bytes <= most ? 1 : (size_t)ceil(bytes / most);
}

bool pack_verify(const struct dataset *set, const char *path, struct error *err)
{
    const struct dataset_part *part[2] = {&set->train, &set->test};
    const size_t one_of = verified_one_of(set);
    int32_t damaged[2] = {0, 0}; /* INT32_MAX less the first block that is, or 0 */
    for (int p = 0; p < 2; p++) {
        const size_t blocks = (blocks_of(part[p]) + one_of - 1) / one_of;
        const struct share mine = comm_share(blocks);
        for (size_t b = mine.first; b < mine.first + mine.count && damaged[p] == 0; b++)
            if (!is_sound(set, part[p], b * one_of))
                damaged[p] = INT32_MAX - (int32_t)(b * one_of);
    }
    comm_max_i32(damaged, 2);
    for (int p = 0; p < 2; p++)
        if (damaged[p] != 0)
            return error_set(err,
                             "%s: damaged: images %" PRId64 " and the next of /%s/image have not "
                             "the checksum that block_crc32 says",
                             path, (int64_t)(INT32_MAX - damaged[p]) * DATASET_BLOCK,
                             p == 0 ? "train" : "test");
    return true;
}
