/* CIFAR files, and the augmentation of training samples against a naive twin. */
#define _XOPEN_SOURCE 700
#include "unit/fresh_folder.h"

#include <string.h>

#include "base/rng.h"
#include "data/augment.h"
#include "data/cifar.h"
#include "data/dataset.h"

static char *users_reslice_data; /* what RESLICE_DATA was when we were called */

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

/* Parents are made as needed. */
static FILE *create(const char *path)
{
    char part[1024];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(part, 0777);
        *p = '/';
    }
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

static struct dataset load(const char *name, const char *directory)
{
    struct dataset set;
    struct error err;
    if (!dataset_load(&set, name, directory, &err))
        fail_msg("%s", err.text);
    return set;
}

/* One line that has every word of the list, which ends with NULL. */
static void check_message(const struct error *err, const char *const *word)
{
    for (; *word; word++)
        if (!strstr(err->text, *word))
            fail_msg("'%s' is not in: %s", *word, err->text);
    assert_null(strchr(err->text, '\n'));
}

#define FAILS_TO_LOAD(name, directory, ...)                                                        \
    do {                                                                                           \
        struct dataset set;                                                                        \
        struct error err;                                                                          \
        assert_false(dataset_load(&set, name, directory, &err));                                   \
        check_message(&err, (const char *const[]){__VA_ARGS__, NULL});                             \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

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
    struct dataset set = load(name, directory);
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
        struct dataset set = load(s ? "cifar100" : "cifar10", "set");
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
    struct dataset set = load("cifar100", "set");
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
    check_message(&err, (const char *const[]){"set/plain/data_batch_1.bin", "directory", NULL});
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
    check_message(&err, (const char *const[]){"data_batch_1.bin", "name too long", NULL});
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
    assert_memory_equal(part.label, "\1\2\3", 3);
    assert_memory_equal(part.pixel, "ABCDEF", 6);
    mem_free(part.label);
    mem_free(part.pixel);
}

/* ---- augmentation: sets made here, with random pixels ---- */

static struct dataset make_images(int channels, int height, int width, size_t count)
{
    struct dataset set = {
        .channels = channels,
        .height = height,
        .width = width,
        .classes = 10,
        .mean = {0.485F, 0.456F, 0.406F},
        .std = {0.229F, 0.224F, 0.225F}
    };
    const size_t bytes = count * dataset_sample_size(&set);
    const struct rng_key key = {1, RNG_TEST, 0};
    set.train = (struct dataset_part){count, MEM_NEW(uint8_t, bytes), MEM_NEW(uint8_t, count)};
    for (size_t i = 0; i < bytes; i++)
        set.train.pixel[i] = (uint8_t)rng_u64(key, i);
    return set;
}

struct place {
    bool flip;
    int top, left; /* of the crop in the padded image: 0..2 * crop */
};

/* The definition, step by step: flip, pad, crop, normalise. */
static void naive(const struct dataset *set, uint32_t index, int crop, struct place place,
                  float *out)
{
    static uint8_t flipped[3][SIDE][SIDE], padded[3][2 * SIDE][2 * SIDE];
    const uint8_t *pixel = set->train.pixel + index * dataset_sample_size(set);
    const int h = set->height, w = set->width;
    memset(padded, 0, sizeof padded);
    for (int c = 0; c < set->channels; c++) {
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                flipped[c][y][place.flip ? w - 1 - x : x] = pixel[(c * h + y) * w + x];
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                padded[c][crop + y][crop + x] = flipped[c][y][x];
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                const float p = padded[c][place.top + y][place.left + x];
                out[(c * h + y) * w + x] = (p / 255.0F - set->mean[c]) / set->std[c];
            }
    }
}

/* The first placement that gives `out`; fails if there is none. `unique`: and no other. */
static struct place find_place(const struct dataset *set, uint32_t index, int crop,
                               const float *out, bool unique)
{
    static float want[SAMPLE];
    struct place found = {0};
    int matches = 0;
    for (int flip = 0; flip < 2; flip++)
        for (int top = 0; top <= 2 * crop; top++)
            for (int left = 0; left <= 2 * crop; left++) {
                if (matches && !unique)
                    return found;
                const struct place place = {flip, top, left};
                naive(set, index, crop, place, want);
                if (memcmp(want, out, dataset_sample_size(set) * sizeof *out) != 0)
                    continue;
                found = place;
                matches++;
            }
    assert_true(unique ? matches == 1 : matches > 0);
    return found;
}

static void augment_one(const struct dataset *set, uint32_t index, float *out,
                        struct augmentation augmentation)
{
    augment_batch(set, &set->train, &index, 1, out, dataset_sample_size(set), &augmentation);
}

/* Every sample is some flip and crop of itself, and of nothing else. */
static void test_augment_against_naive_twin(void **state)
{
    (void)state;
    enum { N = 100 };
    struct dataset set = make_images(3, SIDE, SIDE, N);
    static float out[SAMPLE];
    for (uint32_t i = 0; i < N; i++) {
        augment_one(&set, i, out, (struct augmentation){true, 4, 7, 3});
        find_place(&set, i, 4, out, i < 5);
        augment_one(&set, i, out, (struct augmentation){false, 2, 7, 3});
        assert_false(find_place(&set, i, 2, out, false).flip);
        augment_one(&set, i, out, (struct augmentation){true, 0, 7, 3});
        find_place(&set, i, 0, out, true);
    }
    dataset_free(&set);
}

/* Odd and tiny images, one channel, and padding as wide as the image and wider. */
static void test_augment_odd_shapes(void **state)
{
    (void)state;
    static const int shape[][3] = {
        {3, 5,  3 },
        {1, 3,  8 },
        {2, 1,  1 },
        {1, 28, 28},
        {3, 1,  9 }
    };
    static float out[SAMPLE];
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++)
        for (int crop = 1; crop <= 16; crop += 5) {
            struct dataset set = make_images(shape[s][0], shape[s][1], shape[s][2], 30);
            for (uint32_t i = 0; i < 30; i++) {
                augment_one(&set, i, out, (struct augmentation){true, crop, 5, 0});
                find_place(&set, i, crop, out, false);
            }
            dataset_free(&set);
        }
}

static void test_augment_statistics(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct dataset set = make_images(3, 8, 8, N);
    int flips = 0, count[2][9][9] = {{{0}}}, top[9] = {0}, left[9] = {0};
    float out[3 * 8 * 8];
    for (uint32_t i = 0; i < N; i++) {
        augment_one(&set, i, out, (struct augmentation){true, 4, 1, 1});
        const struct place place = find_place(&set, i, 4, out, false);
        flips += place.flip;
        top[place.top]++;
        left[place.left]++;
        count[place.flip][place.top][place.left]++;
    }
    /* five standard deviations */
    assert_in_range(flips, N / 2 - 177, N / 2 + 177);
    for (int t = 0; t < 9; t++) {
        assert_in_range(top[t], N / 9 - 112, N / 9 + 112);
        assert_in_range(left[t], N / 9 - 112, N / 9 + 112);
        for (int l = 0; l < 9; l++) /* 31 each are expected */
            for (int flip = 0; flip < 2; flip++)
                assert_in_range(count[flip][t][l], 5, 59);
    }
    dataset_free(&set);
}

/* Another epoch or seed is another draw; flip and crop do not depend on each other. */
static void test_augment_keys(void **state)
{
    (void)state;
    enum { N = 400 };
    struct dataset set = make_images(3, 8, 8, N);
    float out[3 * 8 * 8];
    int by_epoch = 0, by_seed = 0;
    for (uint32_t i = 0; i < N; i++) {
        struct place place[5];
        static const struct augmentation a[5] = {
            {true,  4, 1,               1},
            {true,  4, 1,               2},
            {true,  4, 1 + (1LL << 32), 1},
            {true,  0, 1,               1},
            {false, 4, 1,               1}
        };
        for (int k = 0; k < 5; k++) {
            augment_one(&set, i, out, a[k]);
            place[k] = find_place(&set, i, a[k].crop, out, false);
        }
        by_epoch += memcmp(&place[0].top, &place[1].top, 2 * sizeof(int)) == 0;
        by_seed += memcmp(&place[0].top, &place[2].top, 2 * sizeof(int)) == 0;
        assert_int_equal(place[3].flip, place[0].flip);
        assert_int_equal(place[4].top, place[0].top);
        assert_int_equal(place[4].left, place[0].left);
    }
    assert_in_range(by_epoch, 0, 20); /* 5 are expected */
    assert_in_range(by_seed, 0, 20);
    dataset_free(&set);
}

/* Published results rest on these draws: they must not change. From a Philox in Python. */
static void test_augment_draws_are_frozen(void **state)
{
    (void)state;
    static const struct place want[] = {
        {0, 5, 5},
        {1, 0, 0},
        {1, 0, 7},
        {0, 6, 0},
        {1, 1, 2},
        {1, 1, 2},
        {0, 7, 5},
        {1, 6, 2}
    };
    struct dataset set = make_images(3, 8, 8, 1000);
    float out[3 * 8 * 8];
    for (uint32_t i = 0; i < sizeof want / sizeof *want; i++) {
        augment_one(&set, 111 * i, out, (struct augmentation){true, 4, 1, 1});
        const struct place place = find_place(&set, 111 * i, 4, out, true);
        assert_int_equal(place.flip, want[i].flip);
        assert_int_equal(place.top, want[i].top);
        assert_int_equal(place.left, want[i].left);
    }
    dataset_free(&set);
}

/* Order and size of the batch, repeats and the stride change nothing. */
static void test_augment_is_pure(void **state)
{
    (void)state;
    enum { N = 64, SIZE = 3 * 9 * 7, STRIDE = SIZE + 5 };
    struct dataset set = make_images(3, 9, 7, N);
    const struct augmentation a = {true, 4, 3, 2};
    static float straight[N][SIZE], other[2 * N][STRIDE];
    uint32_t index[2 * N];
    for (uint32_t i = 0; i < N; i++)
        augment_one(&set, i, straight[i], a);
    for (uint32_t i = 0; i < 2 * N; i++) {
        index[i] = (i * 29 + 11) % N;
        for (int j = SIZE; j < STRIDE; j++)
            other[i][j] = 42;
    }
    augment_batch(&set, &set.train, index, 2 * N, other[0], STRIDE, &a);
    for (int i = 0; i < 2 * N; i++) {
        assert_memory_equal(other[i], straight[index[i]], sizeof straight[0]);
        for (int j = SIZE; j < STRIDE; j++)
            assert_true(other[i][j] == 42);
    }
    augment_batch(&set, &set.train, index, 0, NULL, STRIDE, &a);
    dataset_free(&set);
}

/* Off, the bytes are those of dataset_batch; on, they are for every sample that stays in place. */
static void test_augment_off_is_dataset_batch(void **state)
{
    (void)state;
    enum { N = 200, SIZE = 3 * 16 * 16 };
    struct dataset set = make_images(3, 16, 16, N);
    float *plain = MEM_NEW(float, N *SIZE), *out = MEM_NEW(float, N *SIZE);
    uint32_t index[N];
    for (uint32_t i = 0; i < N; i++)
        index[i] = N - 1 - i;
    dataset_batch(&set, &set.train, index, N, plain, SIZE);
    augment_batch(&set, &set.train, index, N, out, SIZE, &(struct augmentation){false, 0, 1, 1});
    assert_memory_equal(out, plain, N * SIZE * sizeof *out);
    augment_batch(&set, &set.train, index, N, out, SIZE, &(struct augmentation){true, 0, 1, 1});
    int same = 0;
    for (size_t i = 0; i < N; i++)
        same += memcmp(out + i * SIZE, plain + i * SIZE, SIZE * sizeof *out) == 0;
    assert_in_range(same, N / 2 - 35, N / 2 + 35);
    mem_free(plain);
    mem_free(out);
    dataset_free(&set);
}

/* ---- the real CIFAR-10, when the user's RESLICE_DATA has it ---- */

static void check_balance(const struct dataset_part *part, size_t count)
{
    size_t found[10] = {0};
    assert_int_equal(part->count, count);
    for (size_t i = 0; i < part->count; i++)
        found[part->label[i]]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(found[c], count / 10);
}

static void test_real_cifar10(void **state)
{
    (void)state;
    char path[PATH_MAX] = "";
    if (users_reslice_data)
        snprintf(path, sizeof path, "%s/cifar-10-batches-bin", users_reslice_data);
    if (access(path, F_OK) != 0)
        skip();
    struct dataset set = load("cifar10", users_reslice_data);
    check_balance(&set.train, 50000);
    check_balance(&set.test, 10000);
    dataset_free(&set);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_folder_setup, fresh_folder_teardown)

int main(void)
{
    const char *env = getenv("RESLICE_DATA");
    users_reslice_data = env ? realpath(env, NULL) : NULL; /* tests change the folder */
    const struct CMUnitTest tests[] = {
        TEST(test_loads_cifar10),
        TEST(test_loads_cifar100),
        TEST(test_known_by_name),
        TEST(test_search),
        TEST(test_normalises_each_colour),
        TEST(test_missing_file),
        TEST(test_truncated_file),
        TEST(test_empty_file),
        TEST(test_label_out_of_range),
        TEST(test_not_a_file),
        TEST(test_very_long_path),
        TEST(test_reads_any_record),
        TEST(test_augment_against_naive_twin),
        TEST(test_augment_odd_shapes),
        TEST(test_augment_statistics),
        TEST(test_augment_keys),
        TEST(test_augment_draws_are_frozen),
        TEST(test_augment_is_pure),
        TEST(test_augment_off_is_dataset_batch),
        TEST(test_real_cifar10),
    };
    const int failed = cmocka_run_group_tests_name("cifar", tests, NULL, NULL);
    free(users_reslice_data);
    return failed;
}
