/* What reads packed images (store_place, pack, image_file).
 *
 * Input: changes to a right file of three training images and one test image, one after the other. Where
 * only values have changed, the twin knows whether the file is right, and what is accepted has its pixels
 * and labels; whatever else is accepted makes sense, and all its images can be read.
 */
#define _POSIX_C_SOURCE 200809L
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "data/dataset.h"
#include "fuzz.h"
#include "fuzz_hdf5.h"

enum { CHANNELS = 2, SIDE = 3, SIZE = CHANNELS * SIDE * SIDE, TRAIN = 3, TEST = 1, CLASSES = 4 };
enum { NUMBERS = 6, DATASETS = 8, CHANGES = 6 };

static const char *const number_names[NUMBERS] = {"version", "channels", "height",
                                                  "width",   "classes",  "digest"};
static const char *const dataset_names_of[DATASETS] = {
    "mean",       "std",        "train/image",       "train/label",
    "test/image", "test/label", "train/block_crc32", "test/block_crc32"};

static struct fuzz_file file;

/* What is in the file, as far as that is known. */
static int64_t number[NUMBERS];
static double channel[2][CHANNELS]; /* mean, std */
static uint8_t pixel[TRAIN + TEST][SIZE];
static uint16_t label[TRAIN + TEST];
static uint32_t crc[2];
static bool only_values;

/* ---- the file ---- */

static void put(hid_t to, const char *name, hid_t type, hid_t memory, int axes,
                const hsize_t *length, const void *data)
{
    const hid_t space = H5Screate_simple(axes, length, NULL), list = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(list, 1);
    const hid_t id = H5Dcreate2(to, name, type, space, list, H5P_DEFAULT, H5P_DEFAULT);
    fuzz_need(id >= 0 && H5Dwrite(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0,
              "cannot write %s", name);
    H5Dclose(id);
    H5Pclose(list);
    H5Sclose(space);
}

static void put_part(hid_t to, int p)
{
    char name[32];
    const hsize_t count = p == 0 ? TRAIN : TEST, first = p == 0 ? 0 : TRAIN;
    const hsize_t shape[] = {count, CHANNELS, SIDE, SIDE}, one = 1;
    const char *group = p == 0 ? "train" : "test";
    snprintf(name, sizeof name, "%s/image", group);
    put(to, name, H5T_STD_U8LE, H5T_NATIVE_UINT8, 4, shape, pixel[first]);
    snprintf(name, sizeof name, "%s/label", group);
    put(to, name, H5T_STD_U16LE, H5T_NATIVE_UINT16, 1, &count, label + first);
    snprintf(name, sizeof name, "%s/block_crc32", group);
    put(to, name, H5T_STD_U32LE, H5T_NATIVE_UINT32, 1, &one, crc + p);
}

static void put_text(hid_t to, const char *name, const char *text)
{
    const hid_t type = fuzz_text_type(H5T_VARIABLE), space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(id, type, &text);
    H5Aclose(id);
    H5Sclose(space);
    H5Tclose(type);
}

static void put_all(hid_t to)
{
    const hsize_t channels = CHANNELS;
    const hid_t scalar = H5Screate(H5S_SCALAR);
    put_text(to, "format", "reslice-images");
    put_text(to, "name", "fuzzed");
    for (int i = 0; i < NUMBERS; i++) {
        const hid_t id =
            H5Acreate2(to, number_names[i], H5T_STD_I64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(id, H5T_NATIVE_INT64, &number[i]);
        H5Aclose(id);
    }
    put(to, "mean", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &channels, channel[0]);
    put(to, "std", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &channels, channel[1]);
    put_part(to, 0);
    put_part(to, 1);
    H5Sclose(scalar);
}

/* CRC-32 of all pixels and labels, as data/README.md says it. */
static int64_t digest_now(void)
{
    uLong sum = 0;
    for (int p = 0; p < 2; p++) {
        const int first = p == 0 ? 0 : TRAIN, count = p == 0 ? TRAIN : TEST;
        int all = 0;
        sum = crc32_z(sum, pixel[first], (size_t)count * SIZE);
        for (int i = 0; i < count; i++)
            all |= label[first + i];
        for (int shift = 0; shift <= (all > 255 ? 8 : 0); shift += 8)
            for (int i = 0; i < count; i++)
                sum = crc32_z(sum, &(uint8_t){(uint8_t)(label[first + i] >> shift)}, 1);
    }
    return (int64_t)sum;
}

static void make_right(void)
{
    for (int i = 0; i < TRAIN + TEST; i++) {
        label[i] = (uint16_t)(i % CLASSES);
        for (int j = 0; j < SIZE; j++)
            pixel[i][j] = (uint8_t)(i * 50 + j);
    }
    for (int c = 0; c < CHANNELS; c++) {
        channel[0][c] = 0.5;
        channel[1][c] = 0.25;
    }
    crc[0] = (uint32_t)crc32_z(0, pixel[0], (size_t)TRAIN * SIZE);
    crc[1] = (uint32_t)crc32_z(0, pixel[TRAIN], (size_t)TEST * SIZE);
    const int64_t right[NUMBERS] = {1, CHANNELS, SIDE, SIDE, CLASSES, digest_now()};
    memcpy(number, right, sizeof number);
    only_values = true;
}

/* ---- changes ---- */

/* Other values, before anything is written. */
static void change_values(struct fuzz_bytes *bytes)
{
    const int what = fuzz_take(bytes) % 5, at = fuzz_take(bytes);
    if (what == 0)
        number[at % NUMBERS] = (int64_t)fuzz_take_number(bytes, at % 2 ? 1 : 8);
    else if (what == 1)
        channel[at % 2][at / 2 % CHANNELS] = (double)(int64_t)fuzz_take_number(bytes, 2) / 64.0;
    else if (what == 2)
        memcpy(&channel[at % 2][at / 2 % CHANNELS], &(uint64_t){fuzz_take_number(bytes, 8)}, 8);
    else if (what == 3)
        label[at % (TRAIN + TEST)] = (uint16_t)fuzz_take_number(bytes, 2);
    else
        pixel[at % (TRAIN + TEST)][at / 4 % SIZE] = fuzz_take(bytes);
    if (fuzz_take(bytes) % 2) /* and what follows from them */
        number[5] = digest_now();
}

/* Another dataset in place of one, or none. */
static void put_other(hid_t to, struct fuzz_bytes *bytes)
{
    const char *name = dataset_names_of[fuzz_take(bytes) % DATASETS];
    const hid_t type = fuzz_take_type(bytes), space = fuzz_take_space(bytes);
    const hid_t storage = fuzz_take_storage(bytes, space);
    H5Ldelete(to, name, H5P_DEFAULT);
    only_values = false;
    const hid_t id = fuzz_take(bytes) % 8 == 0
                         ? -1
                         : H5Dcreate2(to, name, type, space, H5P_DEFAULT, storage, H5P_DEFAULT);
    fuzz_take_data(bytes, type);
    if (id >= 0) {
        if (fuzz_direct_bytes(type, space) > 0)
            H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, fuzz_buffer);
        H5Dclose(id);
    }
    H5Pclose(storage);
    H5Sclose(space);
    H5Tclose(type);
}

static void make_file(struct fuzz_bytes *bytes)
{
    make_right();
    for (int left = fuzz_take(bytes) % CHANGES; left > 0; left--)
        change_values(bytes);
    const hid_t to = H5Fcreate(file.path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_all(to);
    for (int left = fuzz_take(bytes) % CHANGES; left > 0; left--)
        put_other(to, bytes);
    fuzz_need(H5Fclose(to) >= 0, "cannot close the file");
}

/* ---- reading ---- */

static bool is_right(void)
{
    bool right = number[0] == 1 && number[1] == CHANNELS && number[2] == SIDE &&
                 number[3] == SIDE && number[4] >= 1 && number[4] <= 65536 &&
                 number[5] == digest_now();
    for (int c = 0; c < CHANNELS; c++)
        right = right && fabs(channel[0][c]) <= 1000.0 && channel[1][c] >= 1e-6 &&
                channel[1][c] <= 1000.0;
    for (int i = 0; i < TRAIN + TEST; i++)
        right = right && label[i] < number[4];
    return right && crc[0] == crc32_z(0, pixel[0], (size_t)TRAIN * SIZE) &&
           crc[1] == crc32_z(0, pixel[TRAIN], (size_t)TEST * SIZE);
}

static void check_part(const struct dataset *set, const struct dataset_part *part, int first)
{
    for (size_t i = 0; i < part->count; i++) {
        const uint8_t *image = dataset_image(set, part, i);
        fuzz_need(part->label[i] < set->classes, "label %d", part->label[i]);
        if (only_values)
            fuzz_need(part->label[i] == label[first + (int)i] &&
                          memcmp(image, pixel[first + (int)i], SIZE) == 0,
                      "another image or label");
    }
}

static void check_set(const struct dataset *set)
{
    fuzz_need(set->channels >= 1 && set->channels <= DATASET_CHANNELS && set->classes >= 1,
              "no shape");
    for (int c = 0; c < set->channels; c++)
        fuzz_need(isfinite(set->mean[c]) && set->std[c] > 0.0F, "no normalisation");
    check_part(set, &set->train, 0);
    check_part(set, &set->test, TRAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, size};
    struct dataset set;
    struct error err;
    if (!*file.path) {
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
        fuzz_file_create_named(&file);
    }
    make_file(&bytes);
    fuzz_clear(&err);
    const bool is_accepted = dataset_load_file(&set, file.path, NULL, &err);
    if (!is_accepted)
        fuzz_need_line(&err);
    if (only_values)
        fuzz_need(is_accepted == is_right(), "%s", is_accepted ? "a wrong file" : err.text);
    if (is_accepted) {
        check_set(&set);
        dataset_free(&set);
    }
    fuzz_need_no_blocks();
    return 0;
}
