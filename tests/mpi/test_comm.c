/* base/comm on several ranks: what every rank must hold after each collective call. */
#define _POSIX_C_SOURCE 200809L
#include "mpi_test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/comm.h"
#include "base/comm_sums.h"
#include "base/mem.h"

static const size_t LENGTHS[] = {0, 1, 7, 1000, 300001}; /* the last goes in two pieces */

enum { LENGTH_COUNT = sizeof LENGTHS / sizeof *LENGTHS };

/* ---- sums ---- */

static int64_t term(int rank, size_t i)
{
    const int64_t big = (int64_t)1 << 59; /* no float could sum these exactly */
    return (i % 2 ? big : -big) / comm_size() + (int64_t)i * (rank + 1) + 1;
}

static void test_sums(void **state)
{
    (void)state;
    for (int l = 0; l < LENGTH_COUNT; l++) {
        int64_t *x = MEM_NEW(int64_t, LENGTHS[l]);
        for (size_t i = 0; i < LENGTHS[l]; i++)
            x[i] = term(comm_rank(), i);
        comm_sum_i64(x, LENGTHS[l]);
        for (size_t i = 0; i < LENGTHS[l]; i++) {
            int64_t expected = 0;
            for (int r = 0; r < comm_size(); r++)
                expected += term(r, i);
            if (x[i] != expected)
                fail_msg("element %zu of %zu", i, LENGTHS[l]);
        }
        mem_free(x);
    }
}

/* Through shared memory the same, step after step: a fast rank must not write over what a slow one still
 * reads. */
static void compare_shared_sums(int ranks_a_node)
{
    static const size_t lengths[] = {1, 7, 9, 1000, 300001};
    for (int l = 0; l < 5; l++) {
        struct comm_sums *sums = comm_sums_create(lengths[l], ranks_a_node);
        const int ranks = ranks_a_node > 0 ? ranks_a_node : comm_size();
        assert_int_equal(sums == NULL, ranks == 1 || comm_size() % ranks > 0);
        for (int step = 0; step < 20 && sums; step++) {
            int64_t *x = comm_sums_array(sums);
            for (size_t i = 0; i < lengths[l]; i++)
                x[i] = term((comm_rank() + step) % comm_size(), i + (size_t)step);
            comm_sums_add_up(sums);
            for (size_t i = 0; i < lengths[l]; i++) {
                int64_t expected = 0;
                for (int r = 0; r < comm_size(); r++)
                    expected += term(r, i + (size_t)step);
                if (x[i] != expected)
                    fail_msg("element %zu of %zu, step %d", i, lengths[l], step);
            }
        }
        comm_sums_destroy(sums);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_shared_sums(void **state)
{
    (void)state;
    compare_shared_sums(0);
}

/* As on nodes of one and of two ranks: also with too few ranks for that. */
static void test_sums_of_nodes(void **state)
{
    (void)state;
    compare_shared_sums(1);
    if (comm_size() > 1)
        compare_shared_sums(2);
}

/* One rank without room for its array: all go without. */
static void test_no_shared_memory(void **state)
{
    (void)state;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    if (comm_rank() == comm_size() - 1)
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_null(comm_sums_create(1000, 0));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- maxima ---- */

static int32_t bits_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & INT32_MAX;
}

/* One rank after another has the special value, the others large numbers. */
static void test_maxima(void **state)
{
    (void)state;
    const float special[] = {NAN, INFINITY, 3.0e38F, 1.0e-42F};
    const float other[] = {INFINITY, 3.0e38F, 1.0F, 0.0F};
    for (int s = 0; s < 4; s++)
        for (int owner = 0; owner < comm_size(); owner++) {
            int32_t x[3] = {bits_of(comm_rank() == owner ? special[s] : other[s]), comm_rank(),
                            -comm_rank() - 1};
            comm_max_i32(x, 3);
            assert_int_equal(x[0], bits_of(special[s]));
            assert_int_equal(x[1], comm_size() - 1);
            assert_int_equal(x[2], -1);
        }
}

/* Several lengths, one after the other: sums in front, maxima behind them. */
static void test_sums_and_maxima(void **state)
{
    (void)state;
    enum { MAX = 3000 };
    static int64_t x[2 * MAX];
    for (size_t sums = 0; sums <= MAX; sums = 3 * sums + 1)
        for (size_t maxima = 0; maxima <= MAX; maxima = 7 * maxima + 2) {
            for (size_t i = 0; i < sums; i++)
                x[i] = term(comm_rank(), i);
            for (size_t i = 0; i < maxima; i++)
                x[sums + i] = -1000 + (int64_t)((i + (size_t)comm_rank()) % (size_t)comm_size());
            comm_sum_and_max_i64(x, sums, maxima);
            for (size_t i = 0; i < sums; i++) {
                int64_t expected = 0;
                for (int r = 0; r < comm_size(); r++)
                    expected += term(r, i);
                assert_true(x[i] == expected);
            }
            for (size_t i = 0; i < maxima; i++)
                assert_true(x[sums + i] == -1000 + comm_size() - 1);
        }
}

static void test_maxima_in_pieces(void **state)
{
    (void)state;
    enum { N = 1200001 };
    int32_t *x = MEM_NEW(int32_t, N);
    for (size_t i = 0; i < N; i++)
        x[i] = (int32_t)(i * (size_t)(1 + (comm_rank() + (int)i) % comm_size()));
    comm_max_i32(x, N);
    for (size_t i = 0; i < N; i++)
        if (x[i] != (int32_t)(i * (size_t)comm_size()))
            fail_msg("element %zu", i);
    mem_free(x);
}

static void test_all_true(void **state)
{
    (void)state;
    assert_true(comm_all_true(true));
    for (int owner = 0; owner < comm_size(); owner++)
        assert_false(comm_all_true(comm_rank() != owner));
    assert_false(comm_all_true(false));
}

/* ---- copies ---- */

static uint8_t byte_at(int rank, size_t i)
{
    return (uint8_t)(i * 31 + (size_t)rank * 7 + i / 251);
}

static void test_broadcast(void **state)
{
    (void)state;
    for (int l = 0; l < LENGTH_COUNT; l++) {
        uint8_t *x = MEM_NEW(uint8_t, LENGTHS[l] + 1);
        for (size_t i = 0; i < LENGTHS[l]; i++)
            x[i] = byte_at(comm_rank(), i);
        x[LENGTHS[l]] = 77;
        comm_broadcast(x, LENGTHS[l]);
        for (size_t i = 0; i < LENGTHS[l]; i++)
            if (x[i] != byte_at(0, i))
                fail_msg("byte %zu of %zu", i, LENGTHS[l]);
        assert_int_equal(x[LENGTHS[l]], 77);
        mem_free(x);
    }
}

static void test_gather_u64(void **state)
{
    (void)state;
    const uint64_t mine[2] = {(uint64_t)comm_rank() << 60 | 5, UINT64_MAX - (uint64_t)comm_rank()};
    uint64_t *all = MEM_NEW(uint64_t, 2 * comm_size());
    comm_gather_u64(mine, 2, all);
    for (uint64_t r = 0; r < (uint64_t)comm_size(); r++) {
        assert_true(all[2 * r] == (r << 60 | 5));
        assert_true(all[2 * r + 1] == UINT64_MAX - r);
    }
    mem_free(all);
}

static void test_gather_text(void **state)
{
    (void)state;
    enum { WIDTH = 24 };
    char mine[WIDTH] = "", *all = MEM_NEW(char, WIDTH *comm_size());
    snprintf(mine, sizeof mine, "node-%d", comm_rank());
    comm_gather_text(mine, sizeof mine, all);
    for (int r = 0; r < comm_size(); r++) {
        char expected[WIDTH];
        snprintf(expected, sizeof expected, "node-%d", r);
        assert_string_equal(all + WIDTH * r, expected);
    }
    mem_free(all);
}

/* ---- who has what ---- */

static void test_own_share(void **state)
{
    (void)state;
    assert_in_range(comm_rank(), 0, comm_size() - 1);
    for (size_t n = 0; n < 20; n++) {
        const struct share mine = comm_share(n);
        const struct share same = comm_share_of(n, comm_rank(), comm_size());
        assert_memory_equal(&mine, &same, sizeof mine);
        int64_t counts[1] = {(int64_t)mine.count};
        comm_sum_i64(counts, 1);
        assert_int_equal(counts[0], n);
    }
}

static void test_counters(void **state)
{
    (void)state;
    const size_t count = comm_sync_count(), bytes = comm_sync_bytes();
    const double time_s = comm_sync_time_s();
    int64_t x[10] = {0};
    comm_sum_i64(x, 10);
    const size_t parallel = comm_size() > 1;
    assert_int_equal(comm_sync_count() - count, parallel);
    assert_int_equal(comm_sync_bytes() - bytes, parallel * sizeof x);
    assert_true(comm_sync_time_s() >= time_s);
}

static size_t calls_of(size_t bytes)
{
    const struct comm_traffic traffic = comm_traffic();
    for (int i = 0; i < traffic.sizes; i++)
        if (traffic.size[i].bytes == bytes)
            return traffic.size[i].calls;
    return 0;
}

/* The same on any number of ranks. */
static void test_traffic(void **state)
{
    (void)state;
    enum { LONG = (5 << 20) / 8 }; /* 5 MiB: two pieces of 2 MiB and one of 1 MiB */
    int64_t *x = MEM_NEW(int64_t, LONG);
    const size_t sum = calls_of(24), truth = calls_of(4), piece = calls_of(2 << 20);
    comm_sum_i64(x, 3);
    comm_sum_and_max_i64(x, 2, 1);
    comm_all_true(true);
    comm_sum_i64(x, LONG);
    assert_int_equal(calls_of(24), sum + 2);
    assert_int_equal(calls_of(4), truth + 1);
    assert_int_equal(calls_of(2 << 20), piece + 2);
    assert_int_equal(calls_of(1 << 20), 1);
    /* more sizes than there is room for: the last one takes them all */
    size_t before = 0, after = 0;
    struct comm_traffic traffic = comm_traffic();
    for (int i = 0; i < traffic.sizes; i++)
        before += traffic.size[i].calls;
    for (size_t n = 100; n < 200; n++)
        comm_sum_i64(x, n);
    traffic = comm_traffic();
    assert_int_equal(traffic.sizes, COMM_SIZES);
    for (int i = 0; i < traffic.sizes; i++)
        after += traffic.size[i].calls;
    assert_int_equal(after, before + 100);
    mem_free(x);
}

static void test_version(void **state)
{
    (void)state;
    char text[64];
    comm_library_version(text, sizeof text);
    assert_true(strlen(text) > 4);
    assert_null(strchr(text, '\n'));
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic), /* first: it counts sizes from none */
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_shared_sums),
        cmocka_unit_test(test_sums_of_nodes),
        cmocka_unit_test(test_no_shared_memory),
        cmocka_unit_test(test_maxima),
        cmocka_unit_test(test_sums_and_maxima),
        cmocka_unit_test(test_maxima_in_pieces),
        cmocka_unit_test(test_all_true),
        cmocka_unit_test(test_broadcast),
        cmocka_unit_test(test_gather_u64),
        cmocka_unit_test(test_gather_text),
        cmocka_unit_test(test_own_share),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_version),
    };
    return mpi_test_stop(cmocka_run_group_tests(tests, NULL, NULL));
}
