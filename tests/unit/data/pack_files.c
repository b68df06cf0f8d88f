#include "unit/data/pack_files.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "unit/support/fresh_folder.h"

enum { BLOCK = 16 };

uint8_t pack_pixel(size_t i, bool is_test)
{
    return (uint8_t)((i * 7 + i / 251) % 256 + is_test);
}

int pack_label(size_t sample, int classes)
{
    return (int)(sample * 37 % (size_t)classes);
}

/* ---- pieces ---- */

static void text(hid_t file, const char *name, const char *value)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const hid_t id = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(id, type, &value) >= 0);
    H5Aclose(id);
    H5Sclose(space);
    H5Tclose(type);
}

static void number(hid_t file, const char *name, int64_t value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(file, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(id, H5T_NATIVE_INT64, &value) >= 0);
    H5Aclose(id);
    H5Sclose(space);
}

/* `data` NULL: is not written. */
static void array(hid_t where, const char *name, hid_t type, int axes, const hsize_t *length,
                  bool chunked, hid_t memory, const void *data)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(axes, length, NULL);
    if (chunked)
        H5Pset_chunk(list, axes, length);
    const hid_t id = H5Dcreate2(where, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    assert_true(id >= 0);
    if (data)
        assert_true(H5Dwrite(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(id);
    H5Sclose(space);
    H5Pclose(list);
}

/* ---- parts ---- */

static void write_images(hid_t group, const struct pack_form *form, const uint8_t *pixel,
                         size_t count)
{
    hsize_t length[4] = {count, (hsize_t)form->channels, (hsize_t)form->height,
                         (hsize_t)form->width};
    if (form->three_axes)
        length[2] *= length[3];
    array(group, "image", form->floats ? H5T_IEEE_F32LE : H5T_STD_U8LE, form->three_axes ? 3 : 4,
          length, form->chunked, H5T_NATIVE_UINT8, form->unwritten ? NULL : pixel);
}

static void write_labels(hid_t group, const struct pack_form *form, const int *label, size_t count)
{
    const hsize_t length[] = {count};
    if (!form->no_labels)
        array(group, "label", form->float_labels ? H5T_IEEE_F32LE : H5T_STD_U16LE, 1, length, false,
              H5T_NATIVE_INT, label);
}

static void write_checksums(hid_t group, const struct pack_form *form, const uint8_t *pixel,
                            size_t count, size_t size)
{
    uint32_t crc[2];
    const hsize_t length[] = {(count + BLOCK - 1) / BLOCK};
    for (size_t b = 0; b < length[0]; b++) {
        const size_t left = count - b * BLOCK;
        crc[b] =
            (uint32_t)crc32_z(0, pixel + b * BLOCK * size, (left < BLOCK ? left : BLOCK) * size);
    }
    crc[length[0] - 1] ^= form->other_block && length[0] == 2;
    if (!form->no_crc)
        array(group, "block_crc32", H5T_STD_U32LE, 1, length, false, H5T_NATIVE_UINT32, crc);
}

/* Adds to the digest as README says: pixels, lower bytes of labels, upper bytes where one is not 0. */
static uLong add_part(uLong digest, const uint8_t *pixel, size_t bytes, const int *label,
                      size_t count)
{
    int all = 0;
    digest = crc32_z(digest, pixel, bytes);
    for (size_t i = 0; i < count; i++)
        all |= label[i];
    for (int shift = 0; shift <= (all > 255 ? 8 : 0); shift += 8)
        for (size_t i = 0; i < count; i++)
            digest = crc32_z(digest, &(uint8_t){(uint8_t)(label[i] >> shift)}, 1);
    return digest;
}

static uLong write_part(hid_t file, const struct pack_form *form, bool is_test, uLong digest)
{
    const size_t count = is_test ? PACK_TEST : PACK_TRAIN;
    const size_t size = (size_t)(form->channels * form->height * form->width);
    const hid_t group =
        H5Gcreate2(file, is_test ? "test" : "train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    uint8_t *pixel = MEM_NEW(uint8_t, count * size);
    int label[PACK_TRAIN];
    for (size_t i = 0; i < count * size; i++)
        pixel[i] = pack_pixel(i, is_test);
    for (size_t i = 0; i < count; i++)
        label[i] = pack_label(i, form->classes);
    if (form->label != 0 && !is_test)
        label[17] = form->label;
    write_images(group, form, pixel, count);
    write_labels(group, form, label, count);
    write_checksums(group, form, pixel, count, size);
    digest = add_part(digest, pixel, count * size, label, count);
    mem_free(pixel);
    H5Gclose(group);
    return digest;
}

static void write_channels(hid_t file, const char *name, const struct pack_form *form, double first)
{
    double value[256];
    const hsize_t length[] = {(hsize_t)form->channels};
    for (int c = 0; c < form->channels; c++)
        value[c] = 0.25 + 0.0625 * c;
    if (first != 0.0)
        value[0] = first;
    array(file, name, H5T_IEEE_F64LE, 1, length, false, H5T_NATIVE_DOUBLE, value);
}

void write_pack(const char *path, const struct pack_form *form)
{
    make_folders(path);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    text(file, "format", form->format ? form->format : "reslice-images");
    number(file, "version", form->version ? form->version : 1);
    if (!form->no_name)
        text(file, "name", "made up");
    number(file, "channels", form->channels + form->more_channels);
    number(file, "height", form->height);
    number(file, "width", form->width);
    number(file, "classes", form->classes);
    write_channels(file, "mean", form, form->mean);
    if (!form->no_std)
        write_channels(file, "std", form, form->std);
    const uLong digest = write_part(file, form, true, write_part(file, form, false, 0));
    if (!form->no_digest)
        number(file, "digest", (int64_t)(digest ^ form->other_digest));
    if (form->validation)
        H5Gclose(H5Gcreate2(file, "validation", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    assert_true(H5Fclose(file) >= 0);
}
