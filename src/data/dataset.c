#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/mem.h"
#include "base/names.h"
#include "data/cifar.h"
#include "data/idx.h"

enum { PATH_BYTES = 4096, MAX_FOLDERS = 2, MAX_FILES = 6 };

/* What is known of a set before its files are read. */
struct spec {
    const char *name;
    /* Below a data folder; the first is where data/fetch.sh puts it, others are common. */
    const char *folder[MAX_FOLDERS];
    int channels, height, width, classes;
    float mean[3], std[3];
    /* Fills the parts of `set`, whose shape and classes are there already, from the files in
     * `folder`. On false the caller frees what was filled. */
    bool (*read)(struct dataset *set, const char *folder, struct error *err);
    const char *file[MAX_FILES]; /* a folder with one of them (plain or .gz) has the set */
    const char *package;         /* Debian package, or NULL */
};

static bool read_idx_set(struct dataset *set, const char *folder, struct error *err);
static bool read_cifar10(struct dataset *set, const char *folder, struct error *err);
static bool read_cifar100(struct dataset *set, const char *folder, struct error *err);

/* clang-format off */
#define IDX_FILES {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",                           \
                   "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}
#define CIFAR10_FILES {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",                 \
                       "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"}
#define CIFAR100_FILES {"train.bin", "test.bin"}

static const struct spec specs[] = {
    {"mnist", {"mnist", "MNIST/raw"}, 1, 28, 28, 10, {0.1307F}, {0.3081F}, read_idx_set, IDX_FILES,
     NULL},
    {"fashion-mnist", {"fashion-mnist", "FashionMNIST/raw"}, 1, 28, 28, 10, {0.2860F}, {0.3530F},
     read_idx_set, IDX_FILES, "dataset-fashion-mnist"},
    /* ImageNet's statistics, as the bit-slice paper's reference program has them for CIFAR-10. */
    {"cifar10", {"cifar-10-batches-bin"}, 3, 32, 32, 10, {0.485F, 0.456F, 0.406F},
     {0.229F, 0.224F, 0.225F}, read_cifar10, CIFAR10_FILES, NULL},
    {"cifar100", {"cifar-100-binary"}, 3, 32, 32, 100, {0.485F, 0.456F, 0.406F},
     {0.229F, 0.224F, 0.225F}, read_cifar100, CIFAR100_FILES, NULL},
};
/* clang-format on */
enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

static const struct spec *find_spec(const char *name)
{
    for (int i = 0; i < SPEC_COUNT; i++)
        if (strcmp(specs[i].name, name) == 0)
            return &specs[i];
    return NULL;
}

const char *dataset_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (int i = 0; i < SPEC_COUNT; i++)
        names_append(names, sizeof names, specs[i].name);
    return names;
}

/* ---- finding the files ---- */

/* Path of `folder`/`file` or, if only that exists, `folder`/`file`.gz. */
static bool find_file(const char *folder, const char *file, char path[PATH_BYTES])
{
    static const char *const ending[] = {"", ".gz"};
    for (int i = 0; i < 2; i++) {
        const int n = snprintf(path, PATH_BYTES, "%s/%s%s", folder, file, ending[i]);
        if (n < PATH_BYTES && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static bool holds_set(const char *folder, const struct spec *spec)
{
    char path[PATH_BYTES];
    for (int i = 0; i < MAX_FILES && spec->file[i]; i++)
        if (find_file(folder, spec->file[i], path))
            return true;
    return false;
}

static bool ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n > m && path[n - m - 1] == '/' && strcmp(path + n - m, end) == 0;
}

/* MNIST and Fashion-MNIST have the same file names: a folder that is named after one set is never
 * taken for another. */
static bool is_folder_of_another(const char *folder, const struct spec *spec)
{
    bool found = false;
    char *path = realpath(folder, NULL);
    for (int i = 0; path && i < SPEC_COUNT; i++)
        for (int f = 0; f < MAX_FOLDERS && specs[i].folder[f]; f++)
            found |= &specs[i] != spec && ends_with(path, specs[i].folder[f]);
    free(path);
    return found;
}

struct search {
    const struct spec *spec;
    char folder[PATH_BYTES]; /* the place looked at last */
    char looked[1024];       /* all of them, for the message */
    size_t looked_length;
};

static void remember(struct search *s, const char *note)
{
    const size_t room = sizeof s->looked - s->looked_length;
    const int n = snprintf(s->looked + s->looked_length, room, "%s%s%s",
                           s->looked_length ? ", " : "", s->folder, note);
    s->looked_length += (size_t)n < room ? (size_t)n : room - 1;
}

/* Looks into root/below; into `root` itself when `below` is NULL. */
static bool look(struct search *s, const char *root, const char *below)
{
    const int length =
        snprintf(s->folder, sizeof s->folder, "%s%s%s", root, below ? "/" : "", below ? below : "");
    const bool other = !below && is_folder_of_another(root, s->spec);
    remember(s, other ? " (its name is that of another set)" : "");
    return length < PATH_BYTES && !other && holds_set(s->folder, s->spec);
}

/* Looks into the set's folders below `root`, then, if `itself`, into `root`. */
static bool look_below(struct search *s, const char *root, bool itself)
{
    for (int f = 0; f < MAX_FOLDERS && s->spec->folder[f]; f++)
        if (look(s, root, s->spec->folder[f]))
            return true;
    return itself && look(s, root, NULL);
}

static bool find_folder(struct search *s, const char *directory)
{
    if (directory)
        return look_below(s, directory, true);
    const char *env = getenv("RESLICE_DATA");
    return (env && env[0] && look_below(s, env, true)) || look_below(s, "./data", false) ||
           look_below(s, "/usr/share/datasets", false);
}

static bool fail_missing(const struct search *s, struct error *err)
{
    const char *name = s->spec->name, *package = s->spec->package;
    return error_set(err,
                     "data set '%s' not found; get it with 'data/fetch.sh %s DIR'%s%s%s; "
                     "looked in: %s",
                     name, name, package ? " or 'apt install " : "", package ? package : "",
                     package ? "'" : "", s->looked);
}

/* ---- IDX sets: four files, images and labels of each part ---- */

static bool read_idx_file(struct idx *idx, const char *folder, const char *file, int axes,
                          char path[PATH_BYTES], struct error *err)
{
    if (!find_file(folder, file, path))
        return error_set(err, "data file '%s/%s': missing, and so is '%s.gz'", folder, file, file);
    return idx_read(idx, path, axes, err);
}

static bool read_idx_images(struct dataset_part *part, const struct dataset *set,
                            const char *folder, const char *file, struct error *err)
{
    char path[PATH_BYTES];
    struct idx idx;
    if (!read_idx_file(&idx, folder, file, 3, path, err))
        return false;
    part->count = idx.length[0];
    part->pixel = idx.data;
    if (part->count == 0)
        return error_set(err, "data file '%s': no images, at least 1 is needed", path);
    if (idx.length[1] != (size_t)set->height || idx.length[2] != (size_t)set->width)
        return error_set(err, "data file '%s': images of %zu x %zu pixels, allowed is %d x %d",
                         path, idx.length[1], idx.length[2], set->height, set->width);
    return true;
}

static bool read_idx_labels(struct dataset_part *part, const struct dataset *set,
                            const char *folder, const char *file, struct error *err)
{
    char path[PATH_BYTES];
    struct idx idx;
    if (!read_idx_file(&idx, folder, file, 1, path, err))
        return false;
    part->label = idx.data;
    if (idx.length[0] != part->count)
        return error_set(err, "data file '%s': %zu labels for %zu images", path, idx.length[0],
                         part->count);
    for (size_t i = 0; i < part->count; i++)
        if (part->label[i] >= set->classes)
            return error_set(err, "data file '%s': label %d of sample %zu, allowed are 0 to %d",
                             path, part->label[i], i, set->classes - 1);
    return true;
}

static bool read_idx_set(struct dataset *set, const char *folder, struct error *err)
{
    static const char *const file[] = IDX_FILES;
    return read_idx_images(&set->train, set, folder, file[0], err) &&
           read_idx_labels(&set->train, set, folder, file[1], err) &&
           read_idx_images(&set->test, set, folder, file[2], err) &&
           read_idx_labels(&set->test, set, folder, file[3], err);
}

/* ---- CIFAR sets: files of training samples, the last file of test samples ---- */

/* The last label byte of a record is the class; CIFAR-100 has a coarser one before it. */
static bool read_cifar_set(struct dataset *set, size_t label_bytes, const char *folder,
                           const char *const *file, size_t files, struct error *err)
{
    const struct cifar_record record = {label_bytes, label_bytes - 1, dataset_sample_size(set),
                                        set->classes};
    return cifar_read(&set->train, &record, folder, file, files - 1, err) &&
           cifar_read(&set->test, &record, folder, file + files - 1, 1, err);
}

static bool read_cifar10(struct dataset *set, const char *folder, struct error *err)
{
    static const char *const file[] = CIFAR10_FILES;
    return read_cifar_set(set, 1, folder, file, sizeof file / sizeof *file, err);
}

static bool read_cifar100(struct dataset *set, const char *folder, struct error *err)
{
    static const char *const file[] = CIFAR100_FILES;
    return read_cifar_set(set, 2, folder, file, sizeof file / sizeof *file, err);
}

/* ---- loading ---- */

/* What rank 0 tells the others. */
struct outcome {
    bool ok;
    struct error err;
    struct dataset set; /* its pointers mean something on rank 0 only */
};

static void describe(struct dataset *set, const struct spec *spec)
{
    *set = (struct dataset){.channels = spec->channels,
                            .height = spec->height,
                            .width = spec->width,
                            .classes = spec->classes};
    snprintf(set->name, sizeof set->name, "%s", spec->name);
    memcpy(set->mean, spec->mean, sizeof set->mean);
    memcpy(set->std, spec->std, sizeof set->std);
}

void dataset_describe(struct dataset *set, const char *name)
{
    describe(set, find_spec(name));
}

/* Rank 0's part of the work. */
static bool read_set(struct dataset *set, const struct spec *spec, const char *directory,
                     struct error *err)
{
    struct search search = {.spec = spec};
    if (!find_folder(&search, directory))
        return fail_missing(&search, err);
    describe(set, spec);
    if (spec->read(set, search.folder, err))
        return true;
    dataset_free(set);
    return false;
}

/* Gives every rank its copy of rank 0's samples. Collective. */
static void share_part(struct dataset_part *part, size_t sample_size)
{
    const size_t bytes = part->count * sample_size;
    if (comm_rank() != 0) {
        part->pixel = MEM_NEW(uint8_t, bytes);
        part->label = MEM_NEW(uint8_t, part->count);
    }
    comm_broadcast(part->pixel, bytes);
    comm_broadcast(part->label, part->count);
}

bool dataset_load(struct dataset *set, const char *name, const char *directory, struct error *err)
{
    *set = (struct dataset){0};
    const struct spec *spec = find_spec(name);
    if (!spec)
        return error_set(err, "unknown data set '%s', allowed are %s", name, dataset_names());
    struct outcome outcome;
    memset(&outcome, 0, sizeof outcome); /* padding too: all of it is sent */
    if (comm_rank() == 0)
        outcome.ok = read_set(&outcome.set, spec, directory, &outcome.err);
    comm_broadcast(&outcome, sizeof outcome);
    if (!outcome.ok) {
        *err = outcome.err;
        return false;
    }
    *set = outcome.set;
    share_part(&set->train, dataset_sample_size(set));
    share_part(&set->test, dataset_sample_size(set));
    return true;
}

void dataset_free(struct dataset *set)
{
    mem_free(set->train.pixel);
    mem_free(set->train.label);
    mem_free(set->test.pixel);
    mem_free(set->test.label);
    *set = (struct dataset){0};
}

/* ---- use ---- */

size_t dataset_sample_size(const struct dataset *set)
{
    return (size_t)set->channels * (size_t)set->height * (size_t)set->width;
}

void dataset_normalisation(const struct dataset *set, size_t channel, float value[256])
{
    for (int p = 0; p < 256; p++)
        value[p] = ((float)p / 255.0F - set->mean[channel]) / set->std[channel];
}

void dataset_prefetch(const struct dataset *set, const struct dataset_part *part, uint32_t index)
{
    enum { LINE = 64 };
    const size_t sample = dataset_sample_size(set);
    const uint8_t *pixel = part->pixel + index * sample;
    for (size_t i = 0; i < sample; i += LINE)
        __builtin_prefetch(pixel + i);
}

void dataset_batch(const struct dataset *set, const struct dataset_part *part,
                   const uint32_t *index, size_t n, float *out, size_t stride)
{
    const size_t channels = (size_t)set->channels;
    const size_t sample = dataset_sample_size(set), plane = sample / channels;
    float value[3][256];
    for (size_t c = 0; c < channels; c++)
        dataset_normalisation(set, c, value[c]);
    for (size_t i = 0; i < n; i++) {
        if (i + DATASET_AHEAD < n)
            dataset_prefetch(set, part, index[i + DATASET_AHEAD]);
        for (size_t c = 0; c < channels; c++) {
            const uint8_t *restrict x = part->pixel + index[i] * sample + c * plane;
            float *restrict y = out + i * stride + c * plane;
            for (size_t j = 0; j < plane; j++)
                y[j] = value[c][x[j]];
        }
    }
}
