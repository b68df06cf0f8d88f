/* base: random numbers against the published generator, counted memory, shares, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/comm.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/simd.h"

/* ---- random numbers ---- */

/* Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds). The counter is (index low,
 * index high, epoch, purpose), the key is the seed. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0},                                     {0, 0},     {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0U, ~0U, ~0U, ~0U},                             {~0U, ~0U}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}                                                              },
    };
    for (int i = 0; i < 3; i++) {
        const uint32_t *c = known[i].counter, *k = known[i].key;
        const struct rng_key key = {(uint64_t)k[1] << 32 | k[0], c[3], c[2]};
        uint32_t words[4];
        rng_words(key, (uint64_t)c[1] << 32 | c[0], words);
        assert_memory_equal(words, known[i].answer, sizeof words);
    }
}

static void test_uniform(void **state)
{
    (void)state;
    enum { N = 100000, BINS = 10 };
    const struct rng_key key = {1, RNG_TEST, 0};
    int count[BINS] = {0};
    double sum = 0.0;
    for (uint64_t i = 0; i < N; i++) {
        const double u = rng_uniform(key, i);
        assert_true(u >= 0.0 && u < 1.0);
        assert_true(u == rng_uniform(key, i));
        count[(int)(u * BINS)]++;
        sum += u;
    }
    assert_true(fabs(sum / N - 0.5) < 0.005);
    for (int b = 0; b < BINS; b++)
        assert_in_range(count[b], N / BINS - 500, N / BINS + 500); /* 5 standard deviations */
}

static void test_normal(void **state)
{
    (void)state;
    enum { N = 200000 };
    const struct rng_key key = {2, RNG_TEST, 3};
    double sum[4] = {0.0};
    int beyond = 0;
    for (uint64_t i = 0; i < N; i++) {
        const double x = rng_normal(key, i);
        assert_true(isfinite(x));
        beyond += fabs(x) > 1.959964;
        for (int power = 0; power < 4; power++)
            sum[power] += pow(x, power + 1);
    }
    assert_true(fabs(sum[0] / N) < 0.01);
    assert_true(fabs(sum[1] / N - 1.0) < 0.02);
    assert_true(fabs(sum[2] / N) < 0.05);
    assert_true(fabs(sum[3] / N - 3.0) < 0.15);
    assert_true(fabs((double)beyond / N - 0.05) < 0.003);
}

static void assert_differ(struct rng_key a, uint64_t i, struct rng_key b, uint64_t j)
{
    uint32_t x[4], y[4];
    rng_words(a, i, x);
    rng_words(b, j, y);
    assert_memory_not_equal(x, y, sizeof x);
}

/* Each part of the key and the index matters. */
static void test_streams_differ(void **state)
{
    (void)state;
    const struct rng_key keys[] = {
        {1,          RNG_TEST, 0},
        {2,          RNG_TEST, 0},
        {1,          RNG_INIT, 0},
        {1,          RNG_TEST, 1},
        {1ULL << 32, RNG_TEST, 0}
    };
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < a; b++)
            for (uint64_t i = 0; i < 10; i++)
                assert_differ(keys[a], i, keys[b], i);
    assert_differ(keys[0], 1, keys[0], 1ULL << 32);
}

static void check_permutation(struct rng_key key, size_t n)
{
    uint32_t *order = MEM_NEW(uint32_t, n), *again = MEM_NEW(uint32_t, n);
    uint8_t *seen = MEM_NEW(uint8_t, n);
    memset(order, 0x55, n * sizeof *order); /* what was there must not matter */
    rng_permutation(key, order, n);
    rng_permutation(key, again, n);
    assert_memory_equal(order, again, n * sizeof *order);
    for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n && !seen[order[i]]);
        seen[order[i]] = 1;
    }
    mem_free(order);
    mem_free(again);
    mem_free(seen);
}

static void test_permutation(void **state)
{
    (void)state;
    for (size_t n = 0; n < 20; n++)
        check_permutation((struct rng_key){5, RNG_SHUFFLE, 1}, n);
    check_permutation((struct rng_key){5, RNG_SHUFFLE, 1}, 60000);

    int first[4] = {0}; /* every position gets every item about equally often */
    for (uint32_t epoch = 0; epoch < 4000; epoch++) {
        uint32_t order[4];
        rng_permutation((struct rng_key){5, RNG_SHUFFLE, epoch}, order, 4);
        first[order[0]]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(first[i], 850, 1150);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- memory ---- */

/* Blocks around and above the size from which they are mapped: zeroed, aligned, and only what is
 * touched counts. */
static void test_large_memory(void **state)
{
    (void)state;
    enum { HUGE_BYTES = 2 << 20, BLOCKS = 6 };
    static const size_t bytes[BLOCKS] = {HUGE_BYTES - 64, HUGE_BYTES,         HUGE_BYTES + 1,
                                         5000000,         (size_t)4000000000, 3 * HUGE_BYTES};
    char *block[BLOCKS];
    for (int turn = 0; turn < 2; turn++) { /* again, over what was freed */
        for (int i = 0; i < BLOCKS; i++) {
            block[i] = mem_alloc(bytes[i], 1, "test");
            assert_int_equal((uintptr_t)block[i] % MEM_ALIGNMENT, 0);
            for (size_t k = 0; k < bytes[i]; k += i == 4 ? HUGE_BYTES * 50 : 997) {
                assert_int_equal(block[i][k], 0);
                block[i][k] = 1;
            }
            block[i][bytes[i] - 1] = 1;
        }
        assert_int_equal(mem_live_blocks(), BLOCKS);
        for (int i = BLOCKS; i > 0; i--)
            mem_free(block[i * 5 % BLOCKS]); /* in another order */
        assert_int_equal(mem_live_blocks(), 0);
    }
#ifndef __SANITIZE_ADDRESS__
    assert_true(mem_peak_bytes() < 1000000000);
#endif
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(mem_live_blocks(), 0);
    void *block[20];
    for (size_t i = 0; i < 20; i++) {
        block[i] = mem_alloc(i * 7, 3, "test");
        assert_non_null(block[i]);
        assert_int_equal((uintptr_t)block[i] % MEM_ALIGNMENT, 0);
        for (size_t b = 0; b < i * 21; b++)
            assert_int_equal(((char *)block[i])[b], 0);
        memset(block[i], 0xFF, i * 21);
        assert_int_equal(mem_live_blocks(), i + 1);
    }
    char *copy = mem_string("text");
    assert_string_equal(copy, "text");
    assert_int_equal(mem_live_blocks(), 21);
    mem_free(copy);
    mem_free(NULL);
    assert_int_equal(mem_live_blocks(), 20);
    for (int i = 0; i < 20; i++)
        mem_free(block[i]);
    assert_int_equal(mem_live_blocks(), 0);
    assert_true(mem_peak_bytes() > 100000);
}

/* ---- shares ---- */

static void test_shares_cover_everything(void **state)
{
    (void)state;
    for (int size = 1; size <= 17; size++)
        for (size_t n = 0; n < 100; n++) {
            size_t next = 0, least = n, most = 0;
            for (int rank = 0; rank < size; rank++) {
                const struct share share = comm_share_of(n, rank, size);
                assert_int_equal(share.first, next);
                next += share.count;
                least = share.count < least ? share.count : least;
                most = share.count > most ? share.count : most;
            }
            assert_int_equal(next, n);
            assert_true(most - least <= 1);
        }
    const struct share large = comm_share_of((size_t)1 << 50, 2, 3); /* nothing overflows */
    assert_int_equal(large.first + large.count, (size_t)1 << 50);
}

/* Without MPI there is one rank and every call leaves the data alone. */
static void test_one_rank_without_mpi(void **state)
{
    (void)state;
    assert_int_equal(comm_rank(), 0);
    assert_int_equal(comm_size(), 1);
    int64_t sum[2] = {5, -6};
    int32_t max = -7;
    uint64_t mine = 8, all = 0;
    char text[4] = "ab", texts[4] = "";
    comm_sum_i64(sum, 2);
    comm_max_i32(&max, 1);
    comm_broadcast(sum, sizeof sum);
    comm_gather_u64(&mine, 1, &all);
    comm_gather_text(text, sizeof text, texts);
    assert_true(sum[0] == 5 && sum[1] == -6 && max == -7 && all == 8);
    assert_string_equal(texts, "ab");
    assert_true(comm_all_true(true));
    assert_false(comm_all_true(false));
    assert_int_equal(comm_sync_count(), 0);
}

/* ---- messages, instruction sets ---- */

static void test_error_text(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_set(&err, "%s:%d: wrong", "file", 7));
    assert_string_equal(err.text, "file:7: wrong");
    assert_false(error_set(&err, "%2000d", 1)); /* too long: cut, terminated */
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

/* Messages quote what stands in files: one line of UTF-8, whatever that is. */
static void test_error_text_is_printable(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"a\nb\tc\033[2Jd\177",                    "a?b?c?[2Jd?"                           },
        {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"cut \xe2\x82",                           "cut ??"                                },
        {"\x80\xff\xc0\xaf",                       "????"                                  },
        {"line\xc2\x85 control\xc2\x9b",           "line?? control??"                      },
        {"\xed\xa0\x80 \xef\xbf\xbf \xe0\x80\xaf", "??? ??? ???"                           },
        {"\xc2\xa0",                               "\xc2\xa0"                              },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct error err;
        assert_false(error_set(&err, "%s", texts[i][0]));
        assert_string_equal(err.text, texts[i][1]);
    }
}

static void test_instruction_sets(void **state)
{
    (void)state;
    assert_in_range(simd_level(), 0, SIMD_LEVELS - 1);
    assert_string_equal(simd_name(SIMD_PORTABLE), "portable");
    assert_string_equal(simd_name(SIMD_AVX2), "avx2");
    assert_string_equal(simd_name(SIMD_AVX512), "avx512");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_streams_differ),
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_large_memory),
        cmocka_unit_test(test_shares_cover_everything),
        cmocka_unit_test(test_one_rank_without_mpi),
        cmocka_unit_test(test_error_text),
        cmocka_unit_test(test_error_text_is_printable),
        cmocka_unit_test(test_instruction_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
