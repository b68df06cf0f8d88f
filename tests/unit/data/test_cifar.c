/* CIFAR files: what is read, and every way in which a file can be wrong. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "data/cifar.h"

/* ---- writing sets: sample i of a set has label (11 i) mod classes and pixels of its own ---- */

enum { SIDE = 32, PLANE = SIDE * SIDE, SAMPLE = 3 * PLANE, TEST_FIRST = 100 };

static const char *const cifar10_file[] = {"data_batch_1.bin", "data_batch_2.bin",
                                           "data_batch_3.bin", "data_batch_4.bin",
                                           "data_batch_5.bin", "test_batch.bin"};
static const size_t cifar10_count[] = {1, 2, 3, 1, 2, 2};
static const char *const cifar100_file[] = {"train.bin", "test.bin"};
static const size_t cifar100_count[] = {9, 2};
enum { TRAIN_COUNT = 9, TEST_COUNT = 2 }; /* of both */

static uint8_t label_of(size_t i, int classes)
{
    return (uint8_t)(i * 11 % (size_t)classes);
}

static uint8_t pixel_of(size_t i, size_t channel, size_t y, size_t x)
{
    return (uint8_t)(i * 31 + channel * 101 + y * 7 + x * 3);
}

/* Folders are made as needed. */
static FILE *create(const char *path)
{
    make_folders(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    return file;
}

/* Samples [first, first + count); with 100 classes a coarse label comes before the label. */
static void write_file(const char *folder, const char *name, int classes, size_t first,
                       size_t count)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = create(path);
    for (size_t i = first; i < first + count; i++) {
        if (classes == 100)
            fputc((int)(200 + i), file); /* out of any range: must not be looked at */
        fputc(label_of(i, classes), file);
        for (size_t c = 0; c < 3; c++)
            for (size_t y = 0; y < SIDE; y++)
                for (size_t x = 0; x < SIDE; x++)
                    fputc(pixel_of(i, c, y, x), file);
    }
    assert_int_equal(fclose(file), 0);
}

static void write_cifar10(const char *folder)
{
    for (size_t f = 0, first = 0; f < 5; first += cifar10_count[f++])
        write_file(folder, cifar10_file[f], 10, first, cifar10_count[f]);
    write_file(folder, cifar10_file[5], 10, TEST_FIRST, cifar10_count[5]);
}

static void write_cifar100(const char *folder)
{
    write_file(folder, cifar100_file[0], 100, 0, cifar100_count[0]);
    write_file(folder, cifar100_file[1], 100, TEST_FIRST, cifar100_count[1]);
}

/* ---- loading them ---- */

static void check_part(const struct dataset_part *part, size_t first, size_t count, int classes)
{
    assert_int_equal(part->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(part->label[i], label_of(first + i, classes));
        for (size_t j = 0; j < SAMPLE; j++)
            assert_int_equal(part->pixel[i * SAMPLE + j],
                             pixel_of(first + i, j / PLANE, j % PLANE / SIDE, j % SIDE));
    }
}

static void check_set(const char *name, const char *directory, int classes)
{
    struct dataset set = load_set(name, directory);
    assert_string_equal(set.name, name);
    assert_int_equal(set.channels, 3);
    assert_int_equal(set.height, SIDE);
    assert_int_equal(set.width, SIDE);
    assert_int_equal(set.classes, classes);
    assert_int_equal(dataset_sample_size(&set), SAMPLE);
    check_part(&set.train, 0, TRAIN_COUNT, classes);
    check_part(&set.test, TEST_FIRST, TEST_COUNT, classes);
    assert_int_equal(mem_live_blocks(), 4);
    dataset_free(&set);
}

static void test_loads_cifar10(void **state)
{
    (void)state;
    write_cifar10("set");
    check_set("cifar10", "set", 10);
}

static void test_loads_cifar100(void **state)
{
    (void)state;
    write_cifar100("set");
    check_set("cifar100", "set", 100);
}

static void test_known_by_name(void **state)
{
    (void)state;
    assert_non_null(strstr(dataset_names(), "cifar10, cifar100"));
}

/* Both sets side by side below a data folder, and each by its own folder. */
static void test_search(void **state)
{
    (void)state;
    write_cifar10("data/cifar-10-batches-bin");
    write_cifar100("data/cifar-100-binary");
    for (int from = 0; from < 3; from++) { /* --data, RESLICE_DATA, ./data */
        if (from == 1)
            setenv("RESLICE_DATA", "data", 1);
        else
            unsetenv("RESLICE_DATA");
        check_set("cifar10", from == 0 ? "data" : NULL, 10);
        check_set("cifar100", from == 0 ? "data" : NULL, 100);
    }
    check_set("cifar10", "data/cifar-10-batches-bin", 10);
    check_set("cifar100", "data/cifar-100-binary/", 100);
    FAILS_TO_LOAD("cifar10", "data/cifar-100-binary", "'cifar10' not found",
                  "data/fetch.sh cifar10 DIR", "its name is that of another set");
}

/* The first row of the red plane is the first to come, the last of blue the last. */
static void test_normalises_each_colour(void **state)
{
    (void)state;
    static const float mean[] = {0.485F, 0.456F, 0.406F}, std[] = {0.229F, 0.224F, 0.225F};
    write_cifar10("set");
    write_cifar100("set");
    for (int s = 0; s < 2; s++) {
        struct dataset set = load_set(s ? "cifar100" : "cifar10", "set");
        static float out[SAMPLE];
        dataset_batch(&set, &set.train, (uint32_t[]){7}, 1, out, SAMPLE);
        for (size_t c = 0, j = 0; c < 3; c++)
            for (size_t y = 0; y < SIDE; y++)
                for (size_t x = 0; x < SIDE; x++, j++) {
                    const float want = ((float)pixel_of(7, c, y, x) / 255.0F - mean[c]) / std[c];
                    assert_memory_equal(&out[j], &want, sizeof want);
                }
        dataset_free(&set);
    }
}

/* ---- files that are wrong ---- */

static void test_missing_file(void **state)
{
    (void)state;
    for (int f = 0; f < 6; f++) {
        char path[64];
        write_cifar10("set");
        snprintf(path, sizeof path, "set/%s", cifar10_file[f]);
        assert_int_equal(remove(path), 0);
        FAILS_TO_LOAD("cifar10", "set", path, "missing");
    }
    for (int f = 0; f < 2; f++) {
        char path[64];
        write_cifar100("set");
        snprintf(path, sizeof path, "set/%s", cifar100_file[f]);
        assert_int_equal(remove(path), 0);
        FAILS_TO_LOAD("cifar100", "set", path, "missing");
    }
}

static void test_truncated_file(void **state)
{
    (void)state;
    for (int f = 0; f < 6; f++) {
        char path[64];
        write_cifar10("set");
        snprintf(path, sizeof path, "set/%s", cifar10_file[f]);
        const size_t size = cifar10_count[f] * (1 + SAMPLE);
        assert_int_equal(truncate(path, (off_t)size - 1), 0);
        FAILS_TO_LOAD("cifar10", "set", path, "truncated", "records of 3073 bytes and 3072 more");
        assert_int_equal(truncate(path, (off_t)size + 1), 0);
        FAILS_TO_LOAD("cifar10", "set", path, "records of 3073 bytes and 1 more");
        assert_int_equal(truncate(path, 1), 0);
        FAILS_TO_LOAD("cifar10", "set", path, "truncated", "1 bytes are 0 records");
    }
    write_cifar100("set");
    assert_int_equal(truncate("set/test.bin", SAMPLE + 1), 0); /* one of CIFAR-10's records */
    FAILS_TO_LOAD("cifar100", "set", "set/test.bin", "of another set", "3074 bytes");
}

static void test_empty_file(void **state)
{
    (void)state;
    write_cifar10("set");
    assert_int_equal(truncate("set/data_batch_3.bin", 0), 0);
    FAILS_TO_LOAD("cifar10", "set", "set/data_batch_3.bin", "empty", "at least 1 record of 3073");
    write_cifar100("set");
    assert_int_equal(truncate("set/test.bin", 0), 0);
    FAILS_TO_LOAD("cifar100", "set", "set/test.bin", "empty", "at least 1 record of 3074");
}

static void patch(const char *path, size_t at, int value)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    fputc(value, file);
    assert_int_equal(fclose(file), 0);
}

static void test_label_out_of_range(void **state)
{
    (void)state;
    write_cifar10("set");
    patch("set/data_batch_3.bin", 2 * (1 + SAMPLE), 10);
    FAILS_TO_LOAD("cifar10", "set", "set/data_batch_3.bin", "label 10 of record 2", "0 to 9");
    write_cifar10("set");
    patch("set/test_batch.bin", 0, 255);
    FAILS_TO_LOAD("cifar10", "set", "set/test_batch.bin", "label 255 of record 0", "0 to 9");
    write_cifar100("set");
    patch("set/train.bin", 5 * (2 + SAMPLE) + 1, 100);
    FAILS_TO_LOAD("cifar100", "set", "set/train.bin", "label 100 of record 5", "0 to 99");
    patch("set/train.bin", 5 * (2 + SAMPLE) + 1, 99);
    struct dataset set = load_set("cifar100", "set");
    assert_int_equal(set.train.label[5], 99);
    dataset_free(&set);
}

static void test_not_a_file(void **state)
{
    (void)state;
    write_cifar10("set");
    assert_int_equal(remove("set/data_batch_2.bin"), 0);
    assert_int_equal(mkdir("set/data_batch_2.bin", 0777), 0);
    FAILS_TO_LOAD("cifar10", "set", "set/data_batch_2.bin", "not a regular file");
    write_file("set", "plain", 10, 0, 1);
    struct dataset_part part;
    struct error err;
    const struct cifar_record record = {1, 0, SAMPLE, 10};
    assert_false(cifar_read(&part, &record, "set/plain", cifar10_file, 1, &err));
    CHECK_MESSAGE(&err, "set/plain/data_batch_1.bin", "directory");
    assert_int_equal(part.count, 0);
    assert_null(part.pixel);
}

static void test_very_long_path(void **state)
{
    (void)state;
    char path[6000];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    FAILS_TO_LOAD("cifar10", path, "'cifar10' not found");
    struct dataset_part part;
    struct error err;
    const struct cifar_record record = {1, 0, SAMPLE, 10};
    assert_false(cifar_read(&part, &record, path, cifar10_file, 1, &err));
    CHECK_MESSAGE(&err, "data_batch_1.bin", "name too long");
}

/* Other records than those of the two sets: the reader knows none. */
static void test_reads_any_record(void **state)
{
    (void)state;
    static const char *const file[] = {"a", "b"};
    FILE *a = create("a"), *b = create("b");
    fputs("x\1yAB"
          "x\2yCD",
          a);
    fputs("x\3yEF", b);
    fclose(a);
    fclose(b);
    struct dataset_part part;
    struct error err;
    const struct cifar_record record = {3, 1, 2, 4};
    assert_true(cifar_read(&part, &record, ".", file, 2, &err));
    assert_int_equal(part.count, 3);
    assert_memory_equal(part.label, ((uint16_t[]){1, 2, 3}), 6);
    assert_memory_equal(part.pixel, "ABCDEF", 6);
    mem_free(part.label);
    mem_free(part.pixel);
}

/* ---- the real CIFAR-10, when the user's RESLICE_DATA has it ---- */

static void test_real_cifar10(void **state)
{
    (void)state;
    char path[PATH_MAX] = "";
    if (users_reslice_data)
        snprintf(path, sizeof path, "%s/cifar-10-batches-bin", users_reslice_data);
    if (access(path, F_OK) != 0)
        skip();
    struct dataset set = load_set("cifar10", users_reslice_data);
    assert_int_equal(set.train.count, 50000);
    assert_int_equal(set.test.count, 10000);
    check_balance(&set.train);
    check_balance(&set.test);
    dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_loads_cifar10),          TEST(test_loads_cifar100),
        TEST(test_known_by_name),          TEST(test_search),
        TEST(test_normalises_each_colour), TEST(test_missing_file),
        TEST(test_truncated_file),         TEST(test_empty_file),
        TEST(test_label_out_of_range),     TEST(test_not_a_file),
        TEST(test_very_long_path),         TEST(test_reads_any_record),
        TEST(test_real_cifar10),
    };
    return cmocka_run_group_tests_name("cifar", tests, keep_users_data, forget_users_data);
}
