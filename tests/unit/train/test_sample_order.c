/* Orders of samples: permutations; those of blocks go through the file in few places at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "data/dataset_part.h"
#include "train/sample_order.h"

enum { LARGE = 20005 };

static void check_permutation(const uint32_t *order, size_t n)
{
    uint8_t *seen = MEM_NEW(uint8_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n && !seen[order[i]]);
        seen[order[i]] = 1;
    }
    mem_free(seen);
}

static void test_permutations(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 15, 16, 17, 33, 1023, 1024, 1025, LARGE};
    uint32_t *order = MEM_NEW(uint32_t, LARGE);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (uint32_t epoch = 1; epoch < 4; epoch++) {
            sample_order_all(order, counts[c], 7, epoch);
            check_permutation(order, counts[c]);
            sample_order_blocks(order, counts[c], 7, epoch);
            check_permutation(order, counts[c]);
        }
    mem_free(order);
    assert_int_equal(mem_live_blocks(), 0);
}

static size_t blocks_of_window(const uint32_t *order, size_t first)
{
    uint8_t seen[LARGE / DATASET_BLOCK + 1] = {0};
    size_t count = 0;
    for (size_t i = first; i < first + SAMPLE_ORDER_WINDOW; i++) {
        count += !seen[order[i] / DATASET_BLOCK];
        seen[order[i] / DATASET_BLOCK] = 1;
    }
    return count;
}

static void test_windows(void **state)
{
    (void)state;
    uint32_t *order = MEM_NEW(uint32_t, LARGE);
    size_t neighbours = 0;
    sample_order_blocks(order, LARGE, 7, 1);
    /* one block of the file has fewer samples than others, so a window may cut two */
    for (size_t first = 0; first + SAMPLE_ORDER_WINDOW <= LARGE; first += SAMPLE_ORDER_WINDOW)
        assert_true(blocks_of_window(order, first) <= SAMPLE_ORDER_WINDOW / DATASET_BLOCK + 1);
    for (size_t i = 1; i < LARGE; i++)
        neighbours += order[i] == order[i - 1] + 1;
    assert_true(neighbours < LARGE / 500); /* by chance: one in a window */
    assert_true(order[0] / DATASET_BLOCK != 0 || order[SAMPLE_ORDER_WINDOW] > LARGE / 100);
    sample_order_all(order, LARGE, 7, 1);
    assert_true(blocks_of_window(order, 0) > 500);
    mem_free(order);
}

static void test_keys(void **state)
{
    (void)state;
    uint32_t a[100], b[100];
    sample_order_blocks(a, 100, 7, 1);
    sample_order_blocks(b, 100, 7, 1);
    assert_memory_equal(a, b, sizeof a);
    sample_order_blocks(b, 100, 7, 2);
    assert_memory_not_equal(a, b, sizeof a);
    sample_order_blocks(b, 100, 8, 1);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_permutations),
                                       cmocka_unit_test(test_windows), cmocka_unit_test(test_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
