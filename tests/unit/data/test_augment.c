/* Augmentation of training samples against a naive twin, on images of random pixels. */
#define _XOPEN_SOURCE 700
#include "unit/support/fresh_folder.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/augment.h"
#include "data/dataset.h"

enum { SIDE = 32, SAMPLE = 3 * SIDE * SIDE }; /* the largest here */

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
    set.train = (struct dataset_part){
        .count = count, .pixel = MEM_NEW(uint8_t, bytes), .label = MEM_NEW(uint16_t, count)};
    for (size_t i = 0; i < bytes; i++) {
        uint32_t word[4];
        rng_words(key, i, word);
        set.train.pixel[i] = (uint8_t)word[0];
    }
    return set;
}

/* ---- the twin ---- */

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

/* ---- where samples lie ---- */

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

/* ---- batches ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_augment_against_naive_twin),   TEST(test_augment_odd_shapes),
        TEST(test_augment_statistics),           TEST(test_augment_keys),
        TEST(test_augment_draws_are_frozen),     TEST(test_augment_is_pure),
        TEST(test_augment_off_is_dataset_batch),
    };
    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
