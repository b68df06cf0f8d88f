/* Data sets of IDX files: what a loaded one holds, and files that do not fit together. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/data/idx_files.h"

/* ---- good sets ---- */

static void test_dataset_names(void **state)
{
    (void)state;
    assert_non_null(strstr(dataset_names(), "mnist, fashion-mnist"));
    assert_ptr_equal(dataset_names(), dataset_names());
    FAILS_TO_LOAD("mnits", fresh_root, "'mnits'", dataset_names());
}

static void check_part(const struct dataset_part *part, size_t count, unsigned seed)
{
    assert_int_equal(part->count, count);
    for (size_t i = 0; i < count * SAMPLE; i++)
        assert_int_equal(part->pixel[i], idx_pattern(i, seed, 256));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(part->label[i], idx_pattern(i, seed, 10));
}

static void test_dataset_loads(void **state)
{
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        char folder[16];
        snprintf(folder, sizeof folder, "set%d", gzip);
        write_set(folder, 3, gzip);
        struct dataset set = load_set("mnist", folder);
        assert_string_equal(set.name, "mnist");
        assert_int_equal(set.channels, 1);
        assert_int_equal(set.height, 28);
        assert_int_equal(set.width, 28);
        assert_int_equal(set.classes, 10);
        assert_int_equal(dataset_sample_size(&set), SAMPLE);
        check_part(&set.train, TRAIN_COUNT, 3);
        check_part(&set.test, TEST_COUNT, 4);
        dataset_free(&set);
        assert_null(set.train.pixel);
        dataset_free(&set); /* twice is allowed */
    }
}

static void check_normalisation(const char *name, float mean, float std)
{
    struct dataset set = load_set(name, fresh_root);
    const uint32_t index[] = {2, 0, 2, 1};
    float out[4 * SAMPLE + 1];
    out[4 * SAMPLE] = 42;
    dataset_batch(&set, &set.train, index, 4, out, dataset_sample_size(&set));
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < SAMPLE; j++) {
            const uint8_t pixel = set.train.pixel[index[i] * SAMPLE + j];
            const float want = ((float)pixel / 255.0F - mean) / std;
            assert_memory_equal(&out[i * SAMPLE + j], &want, sizeof want);
        }
    assert_true(out[4 * SAMPLE] == 42); /* nothing beyond */
    dataset_free(&set);
}

static void test_dataset_normalises(void **state)
{
    (void)state;
    write_set(fresh_root, 0, false);
    check_normalisation("mnist", 0.1307F, 0.3081F);
    check_normalisation("fashion-mnist", 0.2860F, 0.3530F);
}

/* Made by hand, as `bench` does: three channels with a mean and deviation each. */
static void test_dataset_batch_of_colours(void **state)
{
    (void)state;
    uint8_t pixel[2 * 3 * 4];
    uint16_t label[2] = {0, 1};
    for (size_t i = 0; i < sizeof pixel; i++)
        pixel[i] = (uint8_t)(i * 11);
    const struct dataset set = {
        .channels = 3,
        .height = 2,
        .width = 2,
        .mean = {0.1F, 0.2F, 0.3F},
        .std = {0.5F, 0.6F, 0.7F}
    };
    const struct dataset_part part = {.count = 2, .pixel = pixel, .label = label};
    float out[2 * 3 * 4];
    dataset_batch(&set, &part, (uint32_t[]){1, 0}, 2, out, dataset_sample_size(&set));
    for (size_t i = 0; i < 24; i++) {
        const size_t c = i / 4 % 3, from = (i + 12) % 24;
        const float want = ((float)pixel[from] / 255.0F - set.mean[c]) / set.std[c];
        assert_memory_equal(&out[i], &want, sizeof want);
    }
}

/* ---- sets whose files do not fit together ---- */

static void test_dataset_missing_file(void **state)
{
    (void)state;
    static const char *const file[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                       "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    for (int i = 0; i < 4; i++) {
        write_set("set", 0, false);
        char path[64];
        snprintf(path, sizeof path, "set/%s", file[i]);
        assert_int_equal(remove(path), 0);
        FAILS_TO_LOAD("mnist", "set", path, "missing", ".gz");
    }
}

static void test_dataset_label_count(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_idx("set/t10k-labels-idx1-ubyte", 1, (uint32_t[]){TEST_COUNT + 1}, 0, 10, false);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-labels-idx1-ubyte", "3 labels for 2 images");
    write_idx("set/train-labels-idx1-ubyte", 1, (uint32_t[]){TRAIN_COUNT - 1}, 0, 10, false);
    FAILS_TO_LOAD("mnist", "set", "set/train-labels-idx1-ubyte", "2 labels for 3 images");
}

static void test_dataset_label_range(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_idx("set/train-labels-idx1-ubyte", 1, (uint32_t[]){TRAIN_COUNT}, 3, 11, false);
    FAILS_TO_LOAD("mnist", "set", "set/train-labels-idx1-ubyte", "label 10 of sample 1", "0 to 9");
}

static void test_dataset_image_size(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_idx("set/t10k-images-idx3-ubyte", 3, (uint32_t[]){TEST_COUNT, 27, 28}, 0, 256, false);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-images-idx3-ubyte", "27 x 28", "28 x 28");
}

static void test_dataset_empty(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_part("set", "t10k", 0, 0, false);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-images-idx3-ubyte", "no images", "at least 1");
}

static void test_dataset_swapped_files(void **state)
{
    (void)state;
    write_set("set", 0, false);
    assert_int_equal(rename("set/train-images-idx3-ubyte", "set/train-labels-idx1-ubyte"), 0);
    write_idx("set/train-images-idx3-ubyte", 1, (uint32_t[]){TRAIN_COUNT}, 0, 10, false);
    FAILS_TO_LOAD("mnist", "set", "set/train-images-idx3-ubyte", "1 axes", "mislabelled");
}

static void test_dataset_damaged_file(void **state)
{
    (void)state;
    write_set("set", 0, true);
    struct bytes b = read_plain("set/t10k-labels-idx1-ubyte.gz");
    b.at[b.n - 5] ^= 1;
    write_plain("set/t10k-labels-idx1-ubyte.gz", b.at, b.n);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-labels-idx1-ubyte.gz",
                  "damaged gzip file: incorrect data check");
}

/* ---- the real Fashion-MNIST, from /usr/share/datasets or the user's RESLICE_DATA ---- */

static void test_real_fashion_mnist(void **state)
{
    (void)state;
    if (users_reslice_data)
        setenv("RESLICE_DATA", users_reslice_data, 1);
    struct dataset set = load_set("fashion-mnist", NULL);
    assert_int_equal(set.train.count, 60000);
    assert_int_equal(set.test.count, 10000);
    const uint16_t train[] = {9, 0, 0, 3, 0, 2, 7, 2, 5, 5};
    const uint16_t test[] = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7};
    assert_memory_equal(set.train.label, train, sizeof train);
    assert_memory_equal(set.test.label, test, sizeof test);
    check_balance(&set.train);
    check_balance(&set.test);
    double sum = 0;
    for (size_t i = 0; i < set.train.count * SAMPLE; i++)
        sum += set.train.pixel[i];
    const double mean = sum / 255 / (double)(set.train.count * SAMPLE);
    assert_true(mean > 0.28595 && mean < 0.28605); /* the published 0.2860 */
    dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dataset_names),        TEST(test_dataset_loads),
        TEST(test_dataset_normalises),   TEST(test_dataset_batch_of_colours),
        TEST(test_dataset_missing_file), TEST(test_dataset_label_count),
        TEST(test_dataset_label_range),  TEST(test_dataset_image_size),
        TEST(test_dataset_empty),        TEST(test_dataset_swapped_files),
        TEST(test_dataset_damaged_file), TEST(test_real_fashion_mnist),
    };
    return cmocka_run_group_tests_name("data", tests, keep_users_data, forget_users_data);
}
