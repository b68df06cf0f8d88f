/* hw: exponents, bit slices of codes and their counts against divisions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "hw/bit_slice.h"
#include "hw/fixed_point.h"
#include "unit/support/random_numbers.h"
#include "unit/support/slice_formats.h"

static void test_digits_give_the_code_back(void **state)
{
    (void)state;
    for (int bits = 1; bits <= 8; bits++)
        for (int width = 1; width <= bits; width++) {
            const struct bit_slice_format format = {bits, width};
            const int top = fixed_point_max_code(bits);
            if (bits % width != 0)
                continue;
            for (int code = -top; code <= top; code++) {
                int sum = 0;
                for (int k = 0; k < bit_slice_count(format); k++) {
                    const int digit = bit_slice_digit(format, code, k);
                    assert_in_range(digit, 0, bit_slice_levels(format) - 1);
                    sum += digit << (width * k);
                }
                assert_int_equal(sum, abs(code));
            }
        }
}

static void check_slice_counts(struct bit_slice_format format)
{
    enum { N = 1000 };
    const int top = fixed_point_max_code(format.bits), levels = bit_slice_levels(format);
    int16_t code[N];
    uint64_t histogram[BIT_SLICE_MAX * BIT_SLICE_MAX_DIGITS] = {0}, nonzero[BIT_SLICE_MAX] = {0};
    uint64_t expected[BIT_SLICE_MAX * BIT_SLICE_MAX_DIGITS] = {0}, l1 = 0;
    for (int i = 0; i < N; i++) {
        code[i] = (int16_t)random_between(-top, top);
        for (int k = 0; k < bit_slice_count(format); k++) {
            const int digit = divided_digit(format, code[i], k);
            expected[k * levels + digit]++;
            l1 += (uint64_t)digit;
        }
    }
    bit_slice_histogram(format, code, 600, histogram); /* in two parts: it adds */
    bit_slice_histogram(format, code + 600, N - 600, histogram);
    assert_memory_equal(histogram, expected, sizeof histogram);
    bit_slice_count_nonzero(format, code, N, nonzero);
    for (int k = 0; k < bit_slice_count(format); k++)
        assert_int_equal(nonzero[k], N - expected[k * levels]);
    assert_int_equal(bit_slice_l1(format, code, N), l1);
}

static void test_slice_counts(void **state)
{
    (void)state;
    for_all_slice_formats(check_slice_counts);
}

static void test_exponents(void **state)
{
    (void)state;
    static const struct {
        float max;
        int exponent;
    } known[] = {
        {1.0F,       0  },
        {1.0000001F, 1  },
        {0.5F,       -1 },
        {0.50001F,   0  },
        {3.0F,       2  },
        {4.0F,       2  },
        {0.0F,       -16},
        {1e-7F,      -16},
        {1e-5F,      -16},
        {1e30F,      100},
        {255.F,      8  },
        {256.F,      8  },
        {256.001F,   9  },
        {0.1F,       -3 }
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(fixed_point_exponent(known[i].max), known[i].exponent);
    assert_true(fixed_point_step(3, 8) == 0.03125F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits_give_the_code_back),
        cmocka_unit_test(test_slice_counts),
        cmocka_unit_test(test_exponents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
