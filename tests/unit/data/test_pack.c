/* Packed images: what is read, and files that are refused. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/augment.h"
#include "data/digest.h"
#include "unit/data/pack_files.h"

static struct dataset load_pack(const char *file)
{
    struct dataset set;
    struct error err;
    if (!dataset_load_file(&set, file, NULL, &err))
        fail_msg("%s", err.text);
    return set;
}

/* The same set in memory. */
static struct dataset in_memory(const struct dataset *pack)
{
    struct dataset set = *pack;
    const size_t size = dataset_sample_size(pack);
    struct dataset_part *part[2] = {&set.train, &set.test};
    for (int p = 0; p < 2; p++) {
        *part[p] = (struct dataset_part){
            .count = p ? PACK_TEST : PACK_TRAIN,
            .pixel = MEM_NEW(uint8_t, PACK_TRAIN * size),
            .label = MEM_NEW(uint16_t, PACK_TRAIN),
        };
        for (size_t i = 0; i < part[p]->count * size; i++)
            part[p]->pixel[i] = pack_pixel(i, p);
        for (size_t i = 0; i < part[p]->count; i++)
            part[p]->label[i] = (uint16_t)pack_label(i, pack->classes);
    }
    return set;
}

static void check_batches(const struct dataset *pack, const struct dataset *set)
{
    const struct augmentation moved = {.flip = true, .crop = 2, .seed = 3, .epoch = 4};
    const uint32_t index[] = {18, 0, 7, 18, 3};
    const size_t size = dataset_sample_size(set), stride = size + 3;
    float *there = MEM_NEW(float, 5 * stride), *here = MEM_NEW(float, 5 * stride);
    dataset_batch(set, &set->train, index, 5, there, stride);
    dataset_batch(pack, &pack->train, index, 5, here, stride);
    assert_memory_equal(there, here, 5 * stride * sizeof(float));
    assert_true(here[1] == (set->train.pixel[18 * size + 1] / 255.0F - 0.25F) / 0.25F);
    augment_batch(set, &set->train, index, 5, there, stride, &moved);
    augment_batch(pack, &pack->train, index, 5, here, stride, &moved);
    assert_memory_equal(there, here, 5 * stride * sizeof(float));
    dataset_batch(set, &set->test, index + 4, 1, there, stride);
    dataset_batch(pack, &pack->test, index + 4, 1, here, stride);
    assert_memory_equal(there, here, stride * sizeof(float));
    mem_free(there);
    mem_free(here);
}

static void check_pack(const struct pack_form *form)
{
    write_pack("my.h5", form);
    struct dataset pack = load_pack("my.h5"), set = in_memory(&pack);
    assert_string_equal(pack.name, "made up");
    assert_int_equal(pack.channels, form->channels);
    assert_int_equal(pack.height, form->height);
    assert_int_equal(pack.width, form->width);
    assert_int_equal(pack.classes, form->classes);
    assert_null(pack.train.pixel);
    assert_int_equal(pack.train.count, PACK_TRAIN);
    assert_int_equal(pack.test.count, PACK_TEST);
    assert_memory_equal(pack.train.label, set.train.label, PACK_TRAIN * sizeof(uint16_t));
    assert_memory_equal(pack.test.label, set.test.label, PACK_TEST * sizeof(uint16_t));
    check_batches(&pack, &set);
    assert_int_equal(digest_of_set(&pack), digest_of_set(&set));
    dataset_free(&set);
    dataset_free(&pack);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_shapes(void **state)
{
    (void)state;
    check_pack(&(struct pack_form){.channels = 1, .height = 5, .width = 7, .classes = 3});
    check_pack(&(struct pack_form){.channels = 3, .height = 20, .width = 24, .classes = 10});
    check_pack(&(struct pack_form){.channels = 5, .height = 4, .width = 1, .classes = 300});
    check_pack(&(struct pack_form){.channels = 128, .height = 1, .width = 2, .classes = 65536});
}

static void test_looks(void **state)
{
    (void)state;
    struct dataset seen;
    struct error err;
    write_pack("data/my.h5",
               &(struct pack_form){.channels = 4, .height = 5, .width = 7, .classes = 300});
    assert_true(dataset_look(&seen, "my.h5", NULL, &err));
    assert_int_equal(seen.channels, 4);
    assert_int_equal(seen.width, 7);
    assert_int_equal(seen.classes, 300);
    assert_null(seen.train.label);
    assert_int_equal(mem_live_blocks(), 0);
}

#define REFUSED(form, ...)                                                                         \
    do {                                                                                           \
        write_pack("my.h5", &form);                                                                \
        struct dataset set;                                                                        \
        struct error err;                                                                          \
        assert_false(dataset_load_file(&set, "my.h5", NULL, &err));                                \
        CHECK_MESSAGE(&err, "my.h5", __VA_ARGS__);                                                 \
        assert_int_equal(error_status(&err), ERROR_STATUS_USER);                                   \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

#define FORM(...)                                                                                  \
    ((struct pack_form){.channels = 2, .height = 5, .width = 7, .classes = 4, __VA_ARGS__})

static void test_bad_heads(void **state)
{
    (void)state;
    REFUSED(FORM(.format = "reslice"), "not packed images", "'reslice'", "pack_images.py");
    REFUSED(FORM(.version = 2), "version is 2; allowed: 1 to 1");
    REFUSED(FORM(.no_name = true), "name");
    REFUSED(FORM(.no_digest = true), "digest");
    REFUSED(FORM(.no_std = true), "/std");
    REFUSED(FORM(.mean = NAN), "mean of channel 0 is nan");
    REFUSED(FORM(.mean = 1e9), "mean of channel 0 is 1e+09");
    REFUSED(FORM(.std = INFINITY), "std of channel 0 is inf");
    REFUSED(FORM(.std = -1), "std of channel 0 is -1", "at least 1e-6");
    REFUSED(FORM(.more_channels = 127), "channels is 129; allowed: 1 to 128");
    REFUSED(FORM(.more_channels = -2), "channels is 0");
    REFUSED(FORM(.validation = true), "/validation", "data.validation");
}

static void test_bad_images(void **state)
{
    (void)state;
    REFUSED(FORM(.more_channels = -1), "/mean");
    REFUSED(FORM(.chunked = true), "/train/image is chunked", "contiguous");
    REFUSED(FORM(.floats = true), "/train/image does not hold unsigned bytes");
    REFUSED(FORM(.three_axes = true), "/train/image has not the shape [n >= 1, 2, 5, 7]");
    REFUSED(FORM(.unwritten = true), "/train/image");
    REFUSED(FORM(.other_block = true), "damaged", "digest");
}

static void test_bad_labels(void **state)
{
    (void)state;
    REFUSED(FORM(.label = 4), "/train/label: label 4 of sample 17, allowed are 0 to 3");
    REFUSED(FORM(.label = 65535), "label 65535");
    REFUSED(FORM(.no_labels = true), "/train/label");
    REFUSED(FORM(.float_labels = true), "/train/label does not hold whole numbers");
    REFUSED(FORM(.no_crc = true), "/train/block_crc32");
    REFUSED(FORM(.other_digest = true), "damaged", "digest");
}

static long size_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    fclose(file);
    return size;
}

static void fails(const char *word)
{
    struct dataset set;
    struct error err;
    assert_false(dataset_load_file(&set, "my.h5", NULL, &err));
    CHECK_MESSAGE(&err, "my.h5", word);
    assert_int_equal(mem_live_blocks(), 0);
}

/* A pixel that has changed, a file that is cut off, one of another kind. */
static void test_damage(void **state)
{
    (void)state;
    const struct pack_form form = FORM(.version = 1);
    write_pack("my.h5", &form);
    struct dataset pack = load_pack("my.h5");
    const uint64_t at = pack.train.offset + 16 * dataset_sample_size(&pack) + 5;
    dataset_free(&pack);
    FILE *file = fopen("my.h5", "r+b");
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    const int pixel = fgetc(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    fputc(pixel ^ 1, file);
    fclose(file);
    fails("images 16 and the next of /train/image have not the checksum");
    write_pack("my.h5", &form);
    assert_int_equal(truncate("my.h5", size_of("my.h5") - 1), 0);
    fails("truncated");
    assert_int_equal(truncate("my.h5", 0), 0);
    fails("it is empty");
    file = fopen("my.h5", "wb");
    fputs("no images", file);
    fclose(file);
    fails("not an HDF5 file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_shapes),     TEST(test_looks),      TEST(test_bad_heads),
        TEST(test_bad_images), TEST(test_bad_labels), TEST(test_damage),
    };
    return cmocka_run_group_tests_name("pack", tests, keep_users_data, forget_users_data);
}
