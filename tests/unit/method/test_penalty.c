/* method: values and gradients of the penalties against their formulas, for every code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hw/fixed_point.h"
#include "method/penalty.h"
#include "unit/support/slice_formats.h"

enum { CODES = 511, OTHERS = 40 };

/* Two quantised tensors, of all codes that the bits allow and of a few, and one of floats. */
struct problem {
    struct penalty_tensor tensor[3];
    struct penalty_input in;
    int16_t code[2][CODES];
    float value[2][CODES], others[OTHERS], gradient[3][CODES];
    double quantised, scalars; /* numbers of parameters */
};

static const float BEFORE = 0.375F; /* gradients are added to what is there */

static void create(struct problem *p, struct bit_slice_format format, double alpha)
{
    const int top = fixed_point_max_code(format.bits), count[2] = {2 * top + 1, 3};
    memset(p, 0, sizeof *p);
    for (int t = 0; t < 2; t++) {
        const float step = fixed_point_step(-2 - 3 * t, format.bits);
        for (int i = 0; i < count[t]; i++) {
            p->code[t][i] = (int16_t)(t == 0 ? i - top : i - 1);
            p->value[t][i] = ((float)p->code[t][i] + 0.25F) * step;
        }
        p->tensor[t] = (struct penalty_tensor){.count = (size_t)count[t],
                                               .value = p->value[t],
                                               .code = p->code[t],
                                               .step = step,
                                               .is_quantised = true,
                                               .gradient = p->gradient[t]};
    }
    for (int i = 0; i < OTHERS; i++)
        p->others[i] = (float)(i - 20) / 4.0F;
    p->tensor[2] =
        (struct penalty_tensor){.count = OTHERS, .value = p->others, .gradient = p->gradient[2]};
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < CODES; i++)
            p->gradient[t][i] = BEFORE;
    p->in =
        (struct penalty_input){.tensor = p->tensor, .count = 3, .format = format, .alpha = alpha};
    p->quantised = count[0] + count[1];
    p->scalars = p->quantised + OTHERS;
}

static void assert_close(double own, double expected)
{
    if (fabs(own - expected) > 2e-6 * fmax(1.0, fabs(expected)))
        fail_msg("%.9g instead of %.9g", own, expected);
}

static void test_l1(void **state)
{
    (void)state;
    struct problem p;
    const double alpha = 3.0;
    create(&p, (struct bit_slice_format){8, 2}, alpha);
    double sum = 0.0;
    for (int t = 0; t < 3; t++)
        for (size_t i = 0; i < p.tensor[t].count; i++)
            sum += fabs((double)p.tensor[t].value[i]);
    assert_close(penalty_l1.value(p.in), alpha * sum / p.scalars);
    penalty_l1.add_gradient(p.in);
    for (int t = 0; t < 3; t++)
        for (size_t i = 0; i < CODES; i++) {
            const double w = i < p.tensor[t].count ? (double)p.tensor[t].value[i] : 0.0;
            const double slope = alpha / p.scalars * ((w > 0.0) - (w < 0.0));
            assert_close((double)p.gradient[t][i], (double)BEFORE + slope);
        }
}

/* Digits by division, sign and all from the definition in method/penalty.h. */
static void check_bit_slice(struct bit_slice_format format)
{
    struct problem p;
    const double alpha = 0.7;
    const int slices = format.bits / format.width;
    create(&p, format, alpha);
    const double unit = alpha / (slices * p.quantised);
    double sum = 0.0;
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < p.tensor[t].count; i++)
            for (int k = 0; k < slices; k++)
                sum += divided_digit(format, p.code[t][i], k);
    assert_close(penalty_bit_slice_l1.value(p.in), unit * sum);

    penalty_bit_slice_l1.add_gradient(p.in);
    for (int t = 0; t < 3; t++)
        for (size_t i = 0; i < CODES; i++) {
            double slope = 0.0;
            const int code = t < 2 && i < p.tensor[t].count ? p.code[t][i] : 0;
            for (int k = 0; k < slices; k++)
                slope += divided_digit(format, code, k) > 0 ? pow(2.0, -format.width * k) : 0.0;
            const double factor = code ? unit / (double)p.tensor[t].step : 0.0;
            assert_close((double)p.gradient[t][i],
                         (double)BEFORE + factor * slope * (code < 0 ? -1.0 : 1.0));
        }
}

static void test_bit_slice_l1(void **state)
{
    (void)state;
    for_all_slice_formats(check_bit_slice);
}

/* The gradient is that of the digits with the higher ones held fast: code 4 has only digit 1. */
static void test_known_gradient(void **state)
{
    (void)state;
    const int16_t code[] = {0, 1, 4, 5, -16, 64, -85};
    const double slope[] = {0, 1, 0.25, 1.25, -0.0625, 0.015625, -1.328125};
    float gradient[7] = {0}, value[7] = {0};
    struct penalty_tensor tensor = {.count = 7,
                                    .value = value,
                                    .code = code,
                                    .step = 0.5F,
                                    .is_quantised = true,
                                    .gradient = gradient};
    const struct penalty_input in = {
        .tensor = &tensor,
        .count = 1,
        .format = {8, 2},
        .alpha = 14.0
    }; /* 14 / (4 * 7 * 0.5) = 1 */
    penalty_bit_slice_l1.add_gradient(in);
    for (int i = 0; i < 7; i++)
        assert_close((double)gradient[i], slope[i]);
}

/* Part after part, of a tensor's middle and with tensors left out: the gradients of the whole. */
static void test_parts(void **state)
{
    (void)state;
    enum { PART = 23 };
    static const char *const names[] = {"l1", "bit-slice-l1"};
    for (size_t c = 0; c < sizeof names / sizeof *names; c++) {
        static struct problem whole, parts;
        create(&whole, (struct bit_slice_format){8, 2}, 2.5);
        create(&parts, (struct bit_slice_format){8, 2}, 2.5);
        penalty_find(names[c])->add_gradient(whole.in);
        for (int t = 0; t < 3; t++)
            for (size_t first = 0; first < parts.tensor[t].count; first += PART) {
                struct penalty_tensor tensor = parts.tensor[t];
                struct penalty_input in = parts.in;
                tensor.count = tensor.count - first < PART ? tensor.count - first : PART;
                tensor.value += first;
                tensor.code = tensor.code ? tensor.code + first : NULL;
                tensor.gradient += first;
                in.tensor = &tensor;
                in.count = 1;
                in.whole = &parts.in;
                penalty_find(names[c])->add_gradient(in);
            }
        assert_memory_equal(whole.gradient, parts.gradient, sizeof whole.gradient);
        assert_true(whole.gradient[0][0] != BEFORE);
    }
}

/* In steps the gradient is the paper's, times the step of each tensor. */
static void test_in_steps(void **state)
{
    (void)state;
    static struct problem paper, own;
    create(&paper, (struct bit_slice_format){8, 2}, 2.5);
    create(&own, (struct bit_slice_format){8, 2}, 2.5);
    own.in.form.in_steps = true;
    penalty_bit_slice_l1.add_gradient(paper.in);
    penalty_bit_slice_l1.add_gradient(own.in);
    double value = 0.0;
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < own.tensor[t].count; i++)
            assert_close((double)own.gradient[t][i] - (double)BEFORE,
                         ((double)paper.gradient[t][i] - (double)BEFORE) *
                             (double)own.tensor[t].step);
        struct penalty_input alone = paper.in;
        alone.tensor = &paper.tensor[t];
        alone.count = 1;
        alone.whole = &paper.in;
        value += penalty_bit_slice_l1.value(alone) * (double)own.tensor[t].step;
    }
    assert_close(penalty_bit_slice_l1.value(own.in), value);
}

/* Digits that are not 0, by division. */
static int digits_of(struct bit_slice_format format, int code)
{
    int digits = 0;
    for (int k = 0; k < format.bits / format.width; k++)
        digits += divided_digit(format, code, k) > 0;
    return digits;
}

/* |w / step - v|, v the nearest of all codes with fewer digits; 0 for code 0. */
static double nearest_distance(struct bit_slice_format format, double x, int code)
{
    double best = INFINITY;
    for (int v = 0; v <= fixed_point_max_code(format.bits); v++)
        if (digits_of(format, v) < digits_of(format, code))
            best = fmin(best, fabs(fabs(x) - v));
    return code == 0 ? 0.0 : best;
}

/* The value against all codes, the gradient against differences of that. */
static void check_nearest(struct bit_slice_format format)
{
    for (int in_steps = 0; in_steps < 2; in_steps++) {
        static struct problem p;
        const double alpha = 0.7, tiny = 1e-3;
        double sum = 0.0;
        create(&p, format, alpha);
        p.in.form = (struct penalty_form){.in_steps = in_steps, .to_nearest = true};
        penalty_bit_slice_l1.add_gradient(p.in);
        for (int t = 0; t < 2; t++) {
            const double step = (double)p.tensor[t].step;
            const double unit = alpha / p.quantised * (in_steps ? step : 1.0);
            for (size_t i = 0; i < p.tensor[t].count; i++) {
                const double x = (double)p.value[t][i] / step;
                const double here = nearest_distance(format, x, p.code[t][i]);
                sum += unit * here;
                if (p.code[t][i] == 0)
                    continue;
                const double up = nearest_distance(format, x + tiny, p.code[t][i]);
                assert_close((double)p.gradient[t][i] - (double)BEFORE,
                             unit * (up - here) / tiny / step);
            }
        }
        if (fabs(penalty_bit_slice_l1.value(p.in) - sum) > 1e-5 * (1.0 + sum))
            fail_msg("value %g instead of %g", penalty_bit_slice_l1.value(p.in), sum);
    }
}

static void test_nearest(void **state)
{
    (void)state;
    for_all_slice_formats(check_nearest);
    /* by hand: 63 has three digits, its neighbour 64 one: up; 4.25 of code 4 to 0: down */
    const int16_t code[] = {63, -63, 4, 0};
    const float value[] = {63.0F, -63.0F, 4.25F, 0.25F};
    float gradient[4] = {0};
    struct penalty_tensor tensor = {.count = 4,
                                    .value = value,
                                    .code = code,
                                    .step = 1.0F,
                                    .is_quantised = true,
                                    .gradient = gradient};
    penalty_bit_slice_l1.add_gradient((struct penalty_input){
        .tensor = &tensor,
        .count = 1,
        .format = {8, 2},
        .alpha = 4.0,
        .form = {.to_nearest = true}
    });
    assert_true(gradient[0] == -1.0F && gradient[1] == 1.0F && gradient[2] == 1.0F &&
                gradient[3] == 0.0F);
}

/* Of filters the part along them is left out: what is added is at right angles to each, and
 * together with a multiple of the filter it is the gradient without that. Filters longer than a
 * piece, and one of zeros. */
static void test_radial(void **state)
{
    (void)state;
    enum { FILTER = 300, FILTERS = 3 };
    static float value[FILTERS * FILTER], full[FILTERS * FILTER], part[FILTERS * FILTER];
    static int16_t code[FILTERS * FILTER];
    for (int i = 0; i < 2 * FILTER; i++) {
        code[i] = (int16_t)(i * 7 % 511 - 255);
        value[i] = (float)code[i] * 0.5F;
    }
    for (int nearest = 0; nearest < 2; nearest++) {
        struct penalty_tensor tensor = {.count = FILTERS * FILTER,
                                        .value = value,
                                        .code = code,
                                        .step = 0.5F,
                                        .is_quantised = true,
                                        .gradient = memset(full, 0, sizeof full)};
        struct penalty_input in = {
            .tensor = &tensor,
            .count = 1,
            .format = {8, 2},
            .alpha = 900.0,
            .form = {.to_nearest = nearest}
        };
        assert_false(penalty_has_filters(in));
        penalty_bit_slice_l1.add_gradient(in);
        tensor.gradient = memset(part, 0, sizeof part);
        tensor.filter = FILTER;
        assert_true(penalty_has_filters(in));
        penalty_bit_slice_l1.add_gradient(in);
        for (int f = 0; f < FILTERS; f++) {
            double along = 0.0, rest = 0.0, norm = 0.0;
            for (int i = f * FILTER; i < (f + 1) * FILTER; i++) {
                along += (double)full[i] * (double)value[i];
                rest += (double)part[i] * (double)value[i];
                norm += (double)value[i] * (double)value[i];
            }
            assert_true(fabs(rest) <= 1e-5 * fabs(along));
            for (int i = f * FILTER; i < (f + 1) * FILTER; i++)
                assert_close((double)part[i], (double)full[i] - (norm > 0.0 ? along / norm : 0.0) *
                                                                    (double)value[i]);
        }
    }
}

static void test_find(void **state)
{
    (void)state;
    assert_ptr_equal(penalty_find("l1"), &penalty_l1);
    assert_ptr_equal(penalty_find("bit-slice-l1"), &penalty_bit_slice_l1);
    assert_null(penalty_find("none"));
    assert_null(penalty_find("l2"));
}

/* What a penalty says of itself: without codes one that needs them is nothing, and another is not. */
static void test_needs_codes(void **state)
{
    (void)state;
    static const char *const names[] = {"l1", "bit-slice-l1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct penalty_class *class = penalty_find(names[i]);
        const float value[3] = {0.5F, -0.25F, 1.0F};
        const int16_t code[3] = {0};
        float gradient[3] = {0};
        struct penalty_tensor tensor = {.count = 3,
                                        .value = value,
                                        .code = code,
                                        .step = 0.5F,
                                        .is_quantised = true,
                                        .gradient = gradient};
        const struct penalty_input input = {
            .tensor = &tensor, .count = 1, .format = {8, 2},
                    .alpha = 1.0
        };
        class->add_gradient(input);
        assert_int_equal(class->value(input) == 0.0, class->needs_codes);
        assert_int_equal(gradient[0] == 0.0F, class->needs_codes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l1),
        cmocka_unit_test(test_bit_slice_l1),
        cmocka_unit_test(test_known_gradient),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_in_steps),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_radial),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_needs_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
