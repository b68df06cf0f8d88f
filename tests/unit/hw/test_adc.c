/* hw: bits that converters need, and what they clip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "hw/adc.h"
#include "unit/support/random_numbers.h"

static void test_bits_for(void **state)
{
    (void)state;
    static const struct {
        uint64_t max;
        int bits;
    } known[] = {
        {0,        0 },
        {1,        1 },
        {2,        2 },
        {3,        2 },
        {4,        3 },
        {7,        3 },
        {8,        4 },
        {255,      8 },
        {256,      9 },
        {384,      9 },
        {511,      9 },
        {512,      10},
        {1U << 20, 21}
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(adc_bits_for(known[i].max), known[i].bits);
}

static void test_quantiles(void **state)
{
    (void)state;
    uint64_t histogram[386] = {[0] = 90, [5] = 9, [100] = 1};
    assert_int_equal(adc_observed_max(histogram, 386), 100);
    static const struct {
        double p;
        size_t current;
    } known[] = {
        {0.001,    0  },
        {0.9,      0  },
        {0.900001, 5  },
        {0.99,     5  },
        {0.990001, 100},
        {1.0,      100}
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(adc_quantile(histogram, 386, known[i].p), known[i].current);
    memset(histogram, 0, sizeof histogram);
    assert_int_equal(adc_observed_max(histogram, 386), 0);
    assert_true(adc_clip_rate(histogram, 386, 3) == 0.0);
    histogram[385] = UINT64_C(1) << 40; /* as many as in a large test set */
    assert_int_equal(adc_quantile(histogram, 386, 0.999), 385);
    assert_int_equal(adc_observed_max(histogram, 386), 385);
}

static void test_clip_rates_are_tails(void **state)
{
    (void)state;
    enum { BINS = 385 };
    uint64_t histogram[BINS], total = 0;
    for (int i = 0; i < BINS; i++)
        total += histogram[i] = (uint64_t)random_between(0, 999);
    for (int bits = 0; bits <= 10; bits++) {
        uint64_t tail = 0;
        for (int i = 0; i < BINS; i++)
            tail += i > (1 << bits) - 1 ? histogram[i] : 0;
        assert_true(adc_clip_rate(histogram, BINS, bits) == (double)tail / (double)total);
    }
}

/* Every definition against a count of what its bits hold. */
static void test_definitions(void **state)
{
    (void)state;
    enum { BINS = 386 };
    for (int round = 0; round < 200; round++) {
        uint64_t histogram[BINS] = {0};
        for (int i = 0; i < 20; i++)
            histogram[random_between(0, random_between(1, BINS - 1))] +=
                (uint64_t)random_between(0, i < 15 ? 2 : 100000);
        uint64_t all = 0;
        for (size_t i = 0; i < BINS; i++)
            all += histogram[i];
        for (int d = ADC_OBSERVED; d < ADC_DEFINITIONS; d++) {
            int bits = 0;
            for (uint64_t held = 0; bits < 10; bits++, held = 0) {
                for (size_t i = 0; i < BINS && i < (size_t)1 << bits; i++)
                    held += histogram[i];
                if ((double)held >= adc_definitions[d].share * (double)all)
                    break;
            }
            assert_int_equal(adc_bits_by((enum adc_definition)d, 1000, histogram, BINS), bits);
        }
        assert_int_equal(adc_bits_by(ADC_STATIC, 1000, histogram, BINS), 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_for),
        cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_clip_rates_are_tails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
