/* The scaling estimate against values worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "cli/scaling.h"

static void assert_close(double x, double expected)
{
    if (!(fabs(x - expected) <= 1e-12 * expected))
        fail_msg("%.17g instead of %.17g", x, expected);
}

static void test_reduce(void **state)
{
    (void)state;
    const struct scaling_link link = {2e-6, 1e9};
    assert_true(scaling_reduce_s(1, 1e6, link) == 0.0);
    assert_close(scaling_reduce_s(2, 4, link), 2.004e-6);            /* L + 4 ns */
    assert_close(scaling_reduce_s(2, 8e6, link), 8.002e-3);          /* one exchange of all */
    assert_close(scaling_reduce_s(8, 4, link), 6.012e-6);            /* 3 (L + 4 ns) */
    assert_close(scaling_reduce_s(8, 8e6, link), 14.012e-3);         /* 6 L + 2 * 7/8 * 8 ms */
    assert_close(scaling_reduce_s(5, 4, link), 6.012e-6);            /* three rounds as for 8 */
    assert_close(scaling_reduce_s(5, 1e6, link), 1.612e-3);          /* 6 L + 2 * 4/5 * 1 ms */
    assert_close(scaling_reduce_s(1024, 1e6, link), 2.038046875e-3); /* 20 L + 2 * 1023/1024 ms */
    assert_close(scaling_reduce_s(65536, 0, link), 32e-6);
    /* where both algorithms meet: 3 L = (3 - 7/4) n/B, so n = 4800 bytes on 8 ranks */
    assert_close(scaling_reduce_s(8, 4800, link), 3 * (2e-6 + 4.8e-6));
    assert_close(scaling_reduce_s(8, 4799, link), 3 * (2e-6 + 4.799e-6));
    assert_close(scaling_reduce_s(8, 4801, link), 12e-6 + 1.75 * 4.801e-6);
}

/* Two steps with 6 maxima of 4 bytes and 2 gradients of 8 MB. */
static void test_step(void **state)
{
    (void)state;
    const struct scaling_input input = {
        .link = {2e-6,       1e9                           },
        .traffic = {.sizes = 2, .size = {{4, 6}, {8000000, 2}}},
        .traffic_steps = 2,
    };
    assert_true(scaling_comm_s(&input, 1) == 0.0);
    assert_close(scaling_comm_s(&input, 8), 3 * 6.012e-6 + 14.012e-3);
}

static void check_ranks(int last, int count, const int *expected)
{
    int ranks[SCALING_POINTS];
    assert_int_equal(scaling_ranks(last, ranks), count);
    for (int i = 0; i < count; i++)
        assert_int_equal(ranks[i], expected[i]);
}

static void test_ranks(void **state)
{
    (void)state;
    check_ranks(1, 1, (const int[]){1});
    check_ranks(2, 2, (const int[]){1, 2});
    check_ranks(12, 5, (const int[]){1, 2, 4, 8, 12});
    check_ranks(16, 5, (const int[]){1, 2, 4, 8, 16});
    int ranks[SCALING_POINTS];
    assert_int_equal(scaling_ranks(65536, ranks), 17);
    assert_int_equal(scaling_ranks(65535, ranks), 17);
    assert_int_equal(ranks[16], 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reduce),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
