/* Data sets of the user's own: IDX files whose shape, classes and normalisation come from the files. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/data/idx_files.h"

enum { HEIGHT = 5, WIDTH = 7, PIXELS = HEIGHT * WIDTH };

/* ---- writing ---- */

static void write_labels(const char *path, const uint8_t *label, uint32_t count)
{
    struct bytes b = idx_header(1, &count);
    for (uint32_t i = 0; i < count; i++)
        add_byte(&b, label[i]);
    write_plain(path, b.at, b.n);
}

/* Images of 5 x 7 pixels; `base` is the beginning of the files' names, `test` what test files are called. */
static void write_own(const char *base, const char *test, const uint8_t *train_label,
                      uint32_t train, const uint8_t *test_label, uint32_t tests)
{
    char path[512];
    snprintf(path, sizeof path, "%strain-images-idx3-ubyte", base);
    write_idx(path, 3, (uint32_t[]){train, HEIGHT, WIDTH}, 1, 256, false);
    snprintf(path, sizeof path, "%s%s-images-idx3-ubyte.gz", base, test);
    write_idx(path, 3, (uint32_t[]){tests, HEIGHT, WIDTH}, 2, 256, true);
    snprintf(path, sizeof path, "%strain-labels-idx1-ubyte", base);
    write_labels(path, train_label, train);
    snprintf(path, sizeof path, "%s%s-labels-idx1-ubyte", base, test);
    write_labels(path, test_label, tests);
}

static const uint8_t zero_based[] = {0, 46, 3, 7}, one_based[] = {1, 26, 3, 7};

static void write_letters(const char *base)
{
    write_own(base, "test", one_based, 4, one_based + 1, 2);
}

/* ---- loading ---- */

static struct dataset load_own(const char *file, const char *directory)
{
    struct dataset set;
    struct error err;
    if (!dataset_load_file(&set, file, directory, &err))
        fail_msg("%s", err.text);
    return set;
}

#define OWN_FAILS(file, directory, ...)                                                            \
    do {                                                                                           \
        struct dataset set;                                                                        \
        struct error err;                                                                          \
        assert_false(dataset_load_file(&set, file, directory, &err));                              \
        CHECK_MESSAGE(&err, __VA_ARGS__);                                                          \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

static void check_labels(const struct dataset_part *part, const uint8_t *label, size_t count)
{
    assert_int_equal(part->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(part->label[i], label[i]);
}

static void test_shape_and_classes(void **state)
{
    (void)state;
    write_own("given/set/", "t10k", zero_based, 4, zero_based + 1, 3);
    struct dataset set = load_own("set", "given"), seen;
    struct error err;
    assert_string_equal(set.name, "set");
    assert_int_equal(set.channels, 1);
    assert_int_equal(set.height, HEIGHT);
    assert_int_equal(set.width, WIDTH);
    assert_int_equal(set.classes, 47);
    assert_int_equal(set.first_label, 0);
    assert_int_equal(set.train.count, 4);
    assert_int_equal(set.test.count, 3);
    check_labels(&set.train, zero_based, 4);
    check_labels(&set.test, zero_based + 1, 3);
    for (size_t i = 0; i < 4 * PIXELS; i++)
        assert_int_equal(set.train.pixel[i], idx_pattern(i, 1, 256));
    assert_true(dataset_look(&seen, "set", "given", &err));
    assert_int_equal(seen.height, HEIGHT);
    assert_int_equal(seen.width, WIDTH);
    assert_int_equal(seen.classes, 47);
    assert_null(seen.train.pixel);
    dataset_free(&set);
}

static void test_labels_from_1(void **state)
{
    (void)state;
    static const uint8_t train[] = {0, 25, 2, 6};
    write_letters("emnist/emnist-letters-");
    struct dataset set = load_own("emnist/emnist-letters", NULL);
    assert_string_equal(set.name, "emnist-letters");
    assert_int_equal(set.classes, 26);
    assert_int_equal(set.first_label, 1);
    check_labels(&set.train, train, 4);
    check_labels(&set.test, train + 1, 2);
    dataset_free(&set);
    /* a 0 in either part: they count from 0 */
    write_own("zero/", "test", one_based, 4, (uint8_t[]){0, 3}, 2);
    set = load_own("zero", NULL);
    assert_int_equal(set.classes, 27);
    check_labels(&set.train, one_based, 4);
    dataset_free(&set);
    /* the least is 3: no reason to take 1 away */
    write_own("three/", "test", (uint8_t[]){3, 5}, 2, (uint8_t[]){4}, 1);
    set = load_own("three", NULL);
    assert_int_equal(set.classes, 6);
    dataset_free(&set);
}

static void test_normalisation(void **state)
{
    (void)state;
    write_own("set/", "t10k", zero_based, 4, zero_based, 3);
    struct dataset set = load_own("set", NULL);
    double mean = 0.0, variance = 0.0;
    for (size_t i = 0; i < 4 * PIXELS; i++)
        mean += idx_pattern(i, 1, 256) / 255.0 / (4 * PIXELS);
    for (size_t i = 0; i < 4 * PIXELS; i++)
        variance += pow(idx_pattern(i, 1, 256) / 255.0 - mean, 2.0) / (4 * PIXELS);
    assert_true(fabs((double)set.mean[0] - mean) < 0.000051);
    assert_true(fabs((double)set.std[0] - sqrt(variance)) < 0.000051);
    assert_true(set.mean[0] == (float)(round(1e4 * (double)set.mean[0]) / 1e4));
    dataset_free(&set);
    write_idx("set/train-images-idx3-ubyte", 3, (uint32_t[]){4, HEIGHT, WIDTH}, 0, 1, false);
    set = load_own("set", NULL); /* black images */
    assert_true(set.mean[0] == 0.0F && set.std[0] == 1.0F);
    dataset_free(&set);
}

static void test_places(void **state)
{
    (void)state;
    OWN_FAILS("set", NULL, "data.file: value 'set'", "not found", "set, ./data/set",
              "/usr/share/datasets/set");
    write_own("data/set/", "t10k", zero_based, 1, zero_based, 1);
    setenv("RESLICE_DATA", "env", 1);
    struct dataset set = load_own("set", NULL);
    assert_int_equal(set.train.count, 1);
    dataset_free(&set);
    write_own("env/set/", "t10k", zero_based, 2, zero_based, 1);
    set = load_own("set", NULL);
    assert_int_equal(set.train.count, 2);
    dataset_free(&set);
    write_own("set/", "t10k", zero_based, 3, zero_based, 1);
    set = load_own("set", NULL);
    assert_int_equal(set.train.count, 3);
    dataset_free(&set);
    OWN_FAILS("set", "given", "looked for in: given/set");
    char absolute[512];
    snprintf(absolute, sizeof absolute, "%.400s/env/set/", fresh_root);
    set = load_own(absolute, "given");
    assert_int_equal(set.train.count, 2);
    assert_string_equal(set.name, "set");
    dataset_free(&set);
}

static void test_mistakes(void **state)
{
    (void)state;
    write_own("set/", "t10k", zero_based, 4, zero_based, 3);
    assert_int_equal(remove("set/t10k-images-idx3-ubyte.gz"), 0);
    OWN_FAILS("set", NULL, "set/t10k-images-idx3-ubyte': missing", ".gz");
    write_idx("set/t10k-images-idx3-ubyte", 3, (uint32_t[]){3, WIDTH, HEIGHT}, 1, 256, false);
    OWN_FAILS("set", NULL, "set/t10k-images-idx3-ubyte", "7 x 5", "5 x 7");
    write_idx("set/t10k-images-idx3-ubyte", 3, (uint32_t[]){3, HEIGHT, WIDTH}, 1, 256, false);
    write_labels("set/t10k-labels-idx1-ubyte", (uint8_t[]){0, 47, 3}, 3);
    OWN_FAILS("set", NULL, "set/t10k-labels-idx1-ubyte", "label 47", "46");
    write_labels("set/t10k-labels-idx1-ubyte", zero_based, 2);
    OWN_FAILS("set", NULL, "set/t10k-labels-idx1-ubyte", "2 labels for 3 images");
    write_labels("set/t10k-labels-idx1-ubyte", zero_based, 0);
    OWN_FAILS("set", NULL, "set/t10k-labels-idx1-ubyte", "no labels");
    write_idx("set/train-images-idx3-ubyte", 3, (uint32_t[]){4, 0, WIDTH}, 1, 256, false);
    OWN_FAILS("set", NULL, "set/train-images-idx3-ubyte", "0 x 7", "1 to 65535");
    write_idx("set/train-images-idx3-ubyte", 2, (uint32_t[]){4, WIDTH}, 1, 256, false);
    OWN_FAILS("set", NULL, "set/train-images-idx3-ubyte", "2 axes");
}

/* Where a set is known by name, its own statistics are the published ones. */
static void test_real_fashion_mnist(void **state)
{
    (void)state;
    if (users_reslice_data)
        setenv("RESLICE_DATA", users_reslice_data, 1);
    struct dataset known = load_set("fashion-mnist", NULL), own = load_own("fashion-mnist", NULL);
    assert_int_equal(own.classes, 10);
    assert_int_equal(own.train.count, known.train.count);
    assert_true(own.mean[0] == known.mean[0] && own.std[0] == known.std[0]);
    const size_t bytes = own.train.count * dataset_sample_size(&own);
    assert_memory_equal(own.train.pixel, known.train.pixel, bytes);
    dataset_free(&known);
    dataset_free(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_shape_and_classes), TEST(test_labels_from_1),
        TEST(test_normalisation),     TEST(test_places),
        TEST(test_mistakes),          TEST(test_real_fashion_mnist),
    };
    return cmocka_run_group_tests_name("own_set", tests, keep_users_data, forget_users_data);
}
