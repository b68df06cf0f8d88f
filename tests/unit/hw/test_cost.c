/* hw/adc_cost and hw/isaac against the figures that their sources print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "hw/adc_cost.h"
#include "hw/isaac.h"

static const struct adc_model *model(const char *name)
{
    const struct adc_model *found = adc_model_find(name);
    assert_non_null(found);
    assert_string_equal(found->name, name);
    return found;
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.6g is not %.6g +- %.2g", value, expected, tolerance);
}

/* cost(8) / cost(1), cost(8) / cost(3), cost(8) / cost(4), and four 8-bit conversions against three
 * of 3 bits and one of 1 bit. */
static void check_ratios(double (*of)(int), double one, double three, double four, double mix)
{
    assert_near(of(8) / of(1), one, 0.006 * one);
    assert_near(of(8) / of(3), three, 0.02 * three);
    assert_near(of(8) / of(4), four, 0.03 * four);
    assert_near(4 * of(8) / (3 * of(3) + of(1)), mix, 0.02 * mix);
}

static void test_ratios(void **state)
{
    (void)state;
    check_ratios(model("saberi-power")->energy, 28.44, 14.22, 8.9, 16.25);
    check_ratios(model("cdac-energy")->energy, 339.3, 38.8, 17.5, 49.7);
    check_ratios(model("isaac")->energy, 8.5, 2.83, 2.1, 3.4);
    check_ratios(model("isaac")->area, 13.95, 4.58, 3.3, 5.5);
    check_ratios(model("neurosim-sar")->energy, 8.2, 3.3, 2.4, 3.9);
    check_ratios(model("neurosim-sar")->area, 3.84, 2.12, 1.73, 2.42);
    check_ratios(model("neurosim-mlsa")->energy, 255, 36.4, 17, 46.4);
    check_ratios(model("zigzag-imc")->energy, 8.65, 2.88, 2.16, 3.46);
    check_ratios(model("zigzag-imc")->area, 70.6, 20.9, 11.4, 25.4);
    check_ratios(model("zigzag-imc")->time, 8, 2.667, 2, 3.2);
    check_ratios(model("puma")->energy, 64, 7.1, 4, 9.1);
    check_ratios(model("puma")->area, 1, 1, 1, 1);
    check_ratios(model("newton")->energy, 8, 2.667, 2, 3.2);
    check_ratios(model("saberi-power")->time, 8, 2.667, 2, 3.2);
}

/* Absolute figures at 8 bits. */
static void test_eight_bits(void **state)
{
    (void)state;
    assert_near(model("cdac-energy")->energy(8), 339.3, 0.1);   /* C V^2 */
    assert_near(model("cdac-energy")->energy(10), 1363.3, 0.1); /* as printed for 10 bits */
    assert_near(model("isaac")->energy(8), 1.667, 0.001);
    assert_near(model("isaac")->area(8), 1200, 0.1);
    assert_near(model("neurosim-sar")->energy(8), 0.14, 0.005);
    assert_near(model("neurosim-mlsa")->energy(8), 1.01, 0.005);
    assert_near(model("zigzag-imc")->energy(8), 0.87, 0.005);
    assert_near(model("newton")->energy(9), 2.583, 1e-9);
    assert_near(model("puma")->time(8) * 128, 100, 1e-9); /* ns for 128 columns */
}

/* The paper's published factors follow from its model. */
static void test_the_papers_factors(void **state)
{
    (void)state;
    const struct adc_model *saberi = model("saberi-power");
    assert_near(saberi->energy(8) / saberi->energy(1), adc_paper[0].at_1_bit, 0.005);
    assert_near(saberi->energy(8) / saberi->energy(3), adc_paper[0].at_3_bits, 0.005);
    assert_near(saberi->time(8) / saberi->time(1), adc_paper[1].at_1_bit, 1e-12);
    assert_near(saberi->time(8) / saberi->time(3), adc_paper[1].at_3_bits, 0.001);
}

/* More bits never cost less; every function has its formula and unit. */
static void test_models_are_complete(void **state)
{
    (void)state;
    size_t count;
    const struct adc_model *const *all = adc_models(&count);
    assert_int_equal(count, 8);
    for (size_t m = 0; m < count; m++) {
        assert_non_null(all[m]->source);
        assert_non_null(all[m]->validity);
        assert_true(!all[m]->energy == !all[m]->energy_formula);
        assert_true(!all[m]->time == !all[m]->time_formula);
        assert_true(!all[m]->area == !all[m]->area_formula);
        for (int bits = 2; bits <= 10; bits++) {
            assert_true(all[m]->energy(bits) > all[m]->energy(bits - 1));
            assert_true(all[m]->time(bits) >= all[m]->time(bits - 1));
            assert_true(!all[m]->area || all[m]->area(bits) >= all[m]->area(bits - 1));
        }
    }
    assert_null(adc_model_find("no such model"));
}

static void test_isaac_adds_up(void **state)
{
    (void)state;
    const struct isaac_cost one = {1, 1}, share = isaac_adc_share(one);
    assert_near(isaac_ima(one).power_mw, 24.08, 0.005);
    assert_near(isaac_ima(one).area_mm2, 0.01312, 0.00001);
    assert_near(isaac_tile(one).power_mw, 330, 0.5);
    assert_near(isaac_tile(one).area_mm2, 0.372, 0.001);
    assert_near(isaac_chip(one).power_mw, 65800, 100);
    assert_near(isaac_chip(one).area_mm2, 85.4, 0.1);
    assert_near(100 * share.power_mw, 58.2, 0.05);
    assert_near(100 * share.area_mm2, 31, 0.1);
    /* three slices of 3 bits, one of 1 bit: 2.2x by the paper's formula, 1.7x by ISAAC's scaling */
    const struct isaac_cost paper = {1 / 16.25, 1}, isaac = {1 / 3.4, 1};
    assert_near(isaac_tile(one).power_mw / isaac_tile(paper).power_mw, 2.2, 0.05);
    assert_near(isaac_tile(one).power_mw / isaac_tile(isaac).power_mw, 1.7, 0.05);
}

static void test_isaac_times(void **state)
{
    (void)state;
    assert_near(isaac_conversion_ns(8), 0.78125, 1e-9);
    for (int bits = 1; bits <= 8; bits++) /* the read sets the pace: no faster end to end */
        assert_near(isaac_stage_ns(bits, 128), 100, 1e-9);
    assert_near(isaac_stage_ns(9, 128), 112.5, 1e-9);
    assert_near(isaac_stage_ns(4, 512), 200, 1e-9);
    assert_int_equal(isaac_adcs_needed(8, 10), 10);
    assert_int_equal(isaac_adcs_needed(1, 8), 1); /* one 1-bit converter serves 8 arrays */
    assert_int_equal(isaac_adcs_needed(1, 9), 2);
    assert_int_equal(isaac_adcs_needed(3, 8), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratios),
        cmocka_unit_test(test_eight_bits),
        cmocka_unit_test(test_the_papers_factors),
        cmocka_unit_test(test_models_are_complete),
        cmocka_unit_test(test_isaac_adds_up),
        cmocka_unit_test(test_isaac_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
