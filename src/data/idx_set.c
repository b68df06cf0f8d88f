#include "data/idx_set.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "data/dataset_search.h"
#include "data/idx.h"

enum { TRAIN, TEST, PARTS };

/* One file: its name in `folder`, and where it was found. */
struct place {
    char folder[DATASET_PATH], file[DATASET_PATH], path[DATASET_PATH];
};

static void split(struct place *place, const char *base, const char *part, const char *what)
{
    const char *slash = strrchr(base, '/');
    const int folder = slash ? (int)(slash - base) : 0;
    snprintf(place->folder, DATASET_PATH, "%.*s", slash ? folder : 1, slash ? base : ".");
    if (slash == base)
        snprintf(place->folder, DATASET_PATH, "/.");
    snprintf(place->file, DATASET_PATH, "%.200s%s-%s-ubyte", slash ? slash + 1 : base, part, what);
}

/* The images ("images-idx3") or labels of a part; the path of test files that are missing is the usual
 * one. */
static bool find(struct place *place, const char *base, int part, const char *what)
{
    split(place, base, part == TRAIN ? "train" : "test", what);
    if (dataset_find_file(place->folder, place->file, place->path))
        return true;
    if (part == TEST)
        split(place, base, "t10k", what);
    return dataset_find_file(place->folder, place->file, place->path);
}

bool idx_set_is_there(const char *base)
{
    struct place place;
    return find(&place, base, TRAIN, "images-idx3");
}

static bool fail_missing(const struct place *place, struct error *err)
{
    char names[1024];
    dataset_file_names(place->file, names, sizeof names);
    return error_set(err, "data file '%.400s/%.200s': missing; looked for %s", place->folder,
                     place->file, names);
}

static bool read_file(struct idx *idx, const char *base, int part, const char *what,
                      struct place *place, struct error *err)
{
    return find(place, base, part, what) ? idx_read(idx, place->path, what[0] == 'i' ? 3 : 1, err)
                                         : fail_missing(place, err);
}

/* ---- looking ---- */

static bool look_at_images(struct idx *idx, const char *base, int part, struct place *place,
                           struct error *err)
{
    if (!find(place, base, part, "images-idx3"))
        return fail_missing(place, err);
    if (!idx_look(idx, place->path, 3, err))
        return false;
    const size_t height = idx->length[1], width = idx->length[2];
    const bool fits = height > 0 && width > 0 && height <= DATASET_SIDE && width <= DATASET_SIDE &&
                      height * width <= DATASET_SAMPLE_BYTES;
    return fits || error_set(err,
                             "data file '%s': images of %zu x %zu pixels; allowed: 1 to %d on a "
                             "side, at most %d in all",
                             place->path, height, width, DATASET_SIDE, DATASET_SAMPLE_BYTES);
}

/* Smallest and largest label of a part. */
static bool look_at_labels(int range[2], const char *base, int part, struct place *place,
                           struct error *err)
{
    struct idx idx;
    if (!read_file(&idx, base, part, "labels-idx1", place, err))
        return false;
    range[0] = 255;
    range[1] = 0;
    for (size_t i = 0; i < idx.length[0]; i++) {
        range[0] = idx.data[i] < range[0] ? idx.data[i] : range[0];
        range[1] = idx.data[i] > range[1] ? idx.data[i] : range[1];
    }
    mem_free(idx.data);
    return idx.length[0] > 0 ||
           error_set(err, "data file '%s': no labels, at least 1 is needed", place->path);
}

bool idx_set_look(struct dataset *set, const char *base, struct error *err)
{
    struct idx idx[PARTS];
    struct place place;
    int label[PARTS][2];
    for (int p = 0; p < PARTS; p++)
        if (!look_at_images(&idx[p], base, p, &place, err))
            return false;
    for (int a = 1; a < 3; a++)
        if (idx[TEST].length[a] != idx[TRAIN].length[a])
            return error_set(err,
                             "data file '%s': images of %zu x %zu pixels, those of the training "
                             "samples have %zu x %zu",
                             place.path, idx[TEST].length[1], idx[TEST].length[2],
                             idx[TRAIN].length[1], idx[TRAIN].length[2]);
    for (int p = 0; p < PARTS; p++)
        if (!look_at_labels(label[p], base, p, &place, err))
            return false;
    if (label[TEST][1] > label[TRAIN][1])
        return error_set(err, "data file '%s': label %d, the largest of the training samples is %d",
                         place.path, label[TEST][1], label[TRAIN][1]);
    const int least = label[TEST][0] < label[TRAIN][0] ? label[TEST][0] : label[TRAIN][0];
    set->channels = 1;
    set->height = (int)idx[TRAIN].length[1];
    set->width = (int)idx[TRAIN].length[2];
    set->first_label = least == 1;
    set->classes = label[TRAIN][1] + 1 - set->first_label;
    return true;
}

/* ---- reading ---- */

static bool read_images(struct dataset_part *part, const struct dataset *set, const char *base,
                        int p, struct error *err)
{
    struct place place;
    struct idx idx;
    if (!read_file(&idx, base, p, "images-idx3", &place, err))
        return false;
    part->count = idx.length[0];
    part->pixel = idx.data;
    if (part->count == 0)
        return error_set(err, "data file '%s': no images, at least 1 is needed", place.path);
    if (idx.length[1] != (size_t)set->height || idx.length[2] != (size_t)set->width)
        return error_set(err, "data file '%s': images of %zu x %zu pixels, allowed is %d x %d",
                         place.path, idx.length[1], idx.length[2], set->height, set->width);
    return true;
}

static bool take_labels(struct dataset_part *part, const struct dataset *set, const struct idx *idx,
                        const char *path, struct error *err)
{
    const int first = set->first_label, last = first + set->classes - 1;
    if (idx->length[0] != part->count)
        return error_set(err, "data file '%s': %zu labels for %zu images", path, idx->length[0],
                         part->count);
    part->label = MEM_NEW(uint16_t, part->count);
    for (size_t i = 0; i < part->count; i++) {
        const int label = idx->data[i];
        if (label < first || label > last)
            return error_set(err, "data file '%s': label %d of sample %zu, allowed are %d to %d",
                             path, label, i, first, last);
        part->label[i] = (uint16_t)(label - first);
    }
    return true;
}

static bool read_labels(struct dataset_part *part, const struct dataset *set, const char *base,
                        int p, struct error *err)
{
    struct place place;
    struct idx idx;
    if (!read_file(&idx, base, p, "labels-idx1", &place, err))
        return false;
    const bool fine = take_labels(part, set, &idx, place.path, err);
    mem_free(idx.data);
    return fine;
}

bool idx_set_read(struct dataset *set, const char *base, struct error *err)
{
    struct dataset_part *part[PARTS] = {&set->train, &set->test};
    for (int p = 0; p < PARTS; p++)
        if (!read_images(part[p], set, base, p, err) || !read_labels(part[p], set, base, p, err))
            return false;
    return true;
}
