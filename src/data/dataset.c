#include "data/dataset.h"

#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/names.h"
#include "data/cifar.h"
#include "data/dataset_search.h"
#include "data/idx_set.h"
#include "data/own_set.h"
#include "data/pack.h"

/* What is known of a set before its files are read. */
struct spec {
    struct dataset_files files;
    int channels, height, width, classes;
    float mean[3], std[3];
    /* Fills the parts of `set`, whose shape and classes are there already, from the files in
     * `folder`. On false the caller frees what was filled. */
    bool (*read)(struct dataset *set, const char *folder, struct error *err);
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

#define CIFAR_OTHERS(NUMBER, FOLDER, FILE)                                                         \
    {{FOLDER "/" FILE, "its Python version (pickles)"},                                            \
     {"cifar-" NUMBER "-python.tar.gz", "its Python version (pickles)"},                           \
     {"cifar-" NUMBER "-binary.tar.gz", "the binary version, still packed,"}}
#define MNIST_OTHERS(FOLDER)                                                                       \
    {{"mnist.npz", "its version for Keras"},                                                       \
     {FOLDER "/processed/training.pt", "its version for PyTorch"}}

static const struct spec specs[] = {
    {{"mnist", {"mnist", "MNIST/raw"}, IDX_FILES, MNIST_OTHERS("MNIST"), "its IDX files", NULL},
     1, 28, 28, 10, {0.1307F}, {0.3081F}, read_idx_set},
    {{"fashion-mnist", {"fashion-mnist", "FashionMNIST/raw"}, IDX_FILES,
      MNIST_OTHERS("FashionMNIST"), "its IDX files", "dataset-fashion-mnist"},
     1, 28, 28, 10, {0.2860F}, {0.3530F}, read_idx_set},
    /* ImageNet's statistics, as the bit-slice paper's reference program has them for CIFAR-10. */
    {{"cifar10", {"cifar-10-batches-bin"}, CIFAR10_FILES,
      CIFAR_OTHERS("10", "cifar-10-batches-py", "data_batch_1"),
      "the binary version (cifar-10-binary.tar.gz)", NULL},
     3, 32, 32, 10, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}, read_cifar10},
    {{"cifar100", {"cifar-100-binary"}, CIFAR100_FILES,
      CIFAR_OTHERS("100", "cifar-100-python", "meta"),
      "the binary version (cifar-100-binary.tar.gz)", NULL},
     3, 32, 32, 100, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}, read_cifar100},
};
/* clang-format on */
enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

static const struct spec *find_spec(const char *name)
{
    for (int i = 0; i < SPEC_COUNT; i++)
        if (strcmp(specs[i].files.name, name) == 0)
            return &specs[i];
    return NULL;
}

const char *dataset_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (int i = 0; i < SPEC_COUNT; i++)
        names_append(names, sizeof names, specs[i].files.name);
    return names;
}

/* ---- IDX sets: four files, images and labels of each part ---- */

static bool read_idx_set(struct dataset *set, const char *folder, struct error *err)
{
    char base[DATASET_PATH];
    snprintf(base, sizeof base, "%s/", folder);
    return idx_set_read(set, base, err);
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
    struct dataset set; /* its pointers mean something on rank 0 only, or that there are some */
    char pack[DATASET_PATH]; /* the file that has the images, or "" */
};

static void describe(struct dataset *set, const struct spec *spec)
{
    *set = (struct dataset){.channels = spec->channels,
                            .height = spec->height,
                            .width = spec->width,
                            .classes = spec->classes};
    snprintf(set->name, sizeof set->name, "%s", spec->files.name);
    memcpy(set->mean, spec->mean, sizeof spec->mean);
    memcpy(set->std, spec->std, sizeof spec->std);
}

void dataset_describe(struct dataset *set, const char *name)
{
    describe(set, find_spec(name));
}

/* Rank 0's part of the work. */
static bool read_set(struct dataset *set, const struct spec *spec, const char *directory,
                     struct error *err)
{
    const struct dataset_files *all[SPEC_COUNT];
    char folder[DATASET_PATH];
    for (int i = 0; i < SPEC_COUNT; i++)
        all[i] = &specs[i].files;
    if (!dataset_find_folder(&spec->files, all, SPEC_COUNT, directory, folder, err))
        return false;
    describe(set, spec);
    if (spec->read(set, folder, err))
        return true;
    dataset_free(set);
    return false;
}

static bool read_own_set(struct outcome *outcome, const char *file, const char *directory,
                         bool with_samples)
{
    struct own_set own;
    struct dataset *set = &outcome->set;
    if (!own_set_find(&own, file, directory, &outcome->err) ||
        !own_set_look(&own, set, &outcome->err))
        return false;
    if (own.is_pack)
        memcpy(outcome->pack, own.path, sizeof outcome->pack);
    if (!with_samples || own_set_read(&own, set, &outcome->err))
        return true;
    dataset_free(set);
    return false;
}

/* Gives every rank its copy of an array that rank 0 may have; `array` tells nothing but that elsewhere.
 * Collective. */
static void *share_array(void *array, size_t count, size_t size)
{
    if (!array)
        return NULL;
    void *copy = comm_rank() == 0 ? array : mem_alloc(count, size, "data set");
    comm_broadcast(copy, count * size);
    return copy;
}

/* Collective. */
static void share_part(struct dataset_part *part, size_t sample_size)
{
    const size_t blocks = (part->count + DATASET_BLOCK - 1) / DATASET_BLOCK;
    part->pixel = share_array(part->pixel, part->count, sample_size);
    part->label = share_array(part->label, part->count, sizeof *part->label);
    part->block_crc32 = share_array(part->block_crc32, blocks, sizeof *part->block_crc32);
}

/* Collective. */
static void share_samples(struct dataset *set, const struct outcome *outcome)
{
    *set = outcome->set;
    share_part(&set->train, dataset_sample_size(set));
    share_part(&set->test, dataset_sample_size(set));
    if (*outcome->pack)
        set->train.file = set->test.file = image_file_open(outcome->pack, dataset_sample_size(set));
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
    share_samples(set, &outcome);
    return true;
}

void dataset_say(const struct dataset *set)
{
    log_info("%s: %zu training and %zu test images of %d x %d x %d, %d classes%s", set->name,
             set->train.count, set->test.count, set->channels, set->height, set->width,
             set->classes, set->first_label ? ", counted from 1 in its files" : "");
}

static bool take_own_set(struct outcome *outcome, const char *file, const char *directory,
                         bool with_samples, struct error *err)
{
    memset(outcome, 0, sizeof *outcome); /* padding too: all of it is sent */
    if (comm_rank() == 0)
        outcome->ok = read_own_set(outcome, file, directory, with_samples);
    comm_broadcast(outcome, sizeof *outcome);
    if (!outcome->ok)
        *err = outcome->err;
    return outcome->ok;
}

bool dataset_look(struct dataset *set, const char *file, const char *directory, struct error *err)
{
    struct outcome outcome;
    const bool fine = take_own_set(&outcome, file, directory, false, err);
    *set = outcome.set;
    return fine;
}

bool dataset_load_file(struct dataset *set, const char *file, const char *directory,
                       struct error *err)
{
    struct outcome outcome;
    *set = (struct dataset){0};
    if (!take_own_set(&outcome, file, directory, true, err))
        return false;
    share_samples(set, &outcome);
    if (!*outcome.pack || pack_verify(set, outcome.pack, err))
        return true;
    dataset_free(set);
    return false;
}

void dataset_free(struct dataset *set)
{
    mem_free(set->train.pixel);
    mem_free(set->train.label);
    mem_free(set->test.pixel);
    mem_free(set->test.label);
    mem_free(set->train.block_crc32);
    mem_free(set->test.block_crc32);
    image_file_close(set->train.file); /* the test part's too */
    *set = (struct dataset){0};
}

/* ---- use ---- */

void dataset_normalisation(const struct dataset *set, size_t channel, float value[256])
{
    for (int p = 0; p < 256; p++)
        value[p] = ((float)p / 255.0F - set->mean[channel]) / set->std[channel];
}

enum { AHEAD = 2 }; /* samples between prefetch and use */

/* Starts to fetch a sample that will be read soon: samples lie anywhere in a part that no cache
 * holds. */
static void prefetch(const struct dataset_part *part, uint32_t index, size_t sample)
{
    enum { LINE = 64 };
    const uint8_t *pixel = part->pixel + index * sample;
    for (size_t i = 0; i < sample; i += LINE)
        __builtin_prefetch(pixel + i);
}

void dataset_want(const struct dataset *set, const struct dataset_part *part, const uint32_t *index,
                  size_t n)
{
    const size_t sample = dataset_sample_size(set);
    for (size_t i = 0; i < n && part->file; i++)
        image_file_want(part->file, part->offset + (uint64_t)index[i] * sample);
}

void dataset_batch(const struct dataset *set, const struct dataset_part *part,
                   const uint32_t *index, size_t n, float *out, size_t stride)
{
    const size_t channels = (size_t)set->channels;
    const size_t sample = dataset_sample_size(set), plane = sample / channels;
    float value[DATASET_CHANNELS][256];
    for (size_t c = 0; c < channels; c++)
        dataset_normalisation(set, c, value[c]);
    dataset_want(set, part, index, n);
    for (size_t i = 0; i < n; i++) {
        if (part->pixel && i + AHEAD < n)
            prefetch(part, index[i + AHEAD], sample);
        const uint8_t *image = dataset_image(set, part, index[i]);
        for (size_t c = 0; c < channels; c++) {
            const uint8_t *restrict x = image + c * plane;
            float *restrict y = out + i * stride + c * plane;
            for (size_t j = 0; j < plane; j++)
                y[j] = value[c][x[j]];
        }
    }
}
