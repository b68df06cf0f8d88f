/* method: budgets of non-zero digits against all choices of codes, on small cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "method/constraint.h"
#include "method/slice_codes.h"
#include "method/slice_price.h"

static const struct bit_slice_format formats[] = {
    {8, 2},
    {8, 1},
    {8, 4},
    {8, 8},
    {6, 2},
    {4, 1},
    {3, 1},
    {1, 1}
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* Units of a code, from its digits as text would have them: by division. */
static uint32_t units_of(struct bit_slice_format format, const uint32_t *unit, int code)
{
    uint32_t sum = 0;
    for (int k = 0; code > 0; k++, code /= 1 << format.width)
        sum += code % (1 << format.width) ? unit[k] : 0;
    return sum;
}

static double uniform(uint32_t round, uint64_t index)
{
    return rng_uniform((struct rng_key){23, RNG_TEST, round}, index);
}

/* ---- codes ---- */

/* At every price the code is the best of all codes, and the units fall with the price; magnitudes on a
 * grid of eighths tie often, some are larger than every code. */
static void test_priced(void **state)
{
    (void)state;
    static struct slice_codes codes;
    for (uint32_t round = 0; round < 40; round++) {
        const struct bit_slice_format format = formats[round % FORMATS];
        uint32_t unit[BIT_SLICE_MAX], before[64], units[SLICE_CODES_MAX];
        for (uint64_t k = 0; k < BIT_SLICE_MAX; k++)
            unit[k] = round < FORMATS ? 1024 : (uint32_t)(uniform(round, k) * 3000.0);
        slice_codes_units(units, format, unit);
        memset(before, 0xff, sizeof before);
        for (double price = 0.0; price<1e6; price = price> 0.0 ? 3.0 * price : 1e-5) {
            slice_codes_priced(&codes, format.bits, units, price);
            for (uint64_t i = 0; i < 64; i++) {
                const float x = rintf((float)uniform(round, 100 + i) * 8.8f * (1 << format.bits)) /
                                (i % 2 ? 8.0f : 64.0f);
                const int found = slice_codes_find(&codes, x);
                double best = INFINITY;
                for (int v = 0; v < 1 << format.bits; v++)
                    best = fmin(best, (x - v) * (x - v) + price * units_of(format, unit, v));
                const double cost =
                    ((double)x - codes.code[found]) * ((double)x - codes.code[found]) +
                    price * codes.units[found];
                assert_int_equal(codes.units[found], units_of(format, unit, codes.code[found]));
                assert_true(cost <= best * (1.0 + 1e-12) + 1e-12);
                assert_true(codes.units[found] <= before[i]);
                before[i] = codes.units[found];
            }
        }
    }
}

/* A cell has the interval of its first and its last magnitude, where that is one. */
static void test_cells(void **state)
{
    (void)state;
    static struct slice_codes codes;
    static struct slice_cells cells;
    for (uint32_t round = 0; round < 40; round++) {
        const struct bit_slice_format format = formats[round % FORMATS];
        uint32_t unit[BIT_SLICE_MAX], units[SLICE_CODES_MAX];
        int split = 0;
        for (uint64_t k = 0; k < BIT_SLICE_MAX; k++)
            unit[k] = (uint32_t)(uniform(round, k) * 3000.0);
        slice_codes_units(units, format, unit);
        slice_codes_priced(&codes, format.bits, units, pow(10.0, uniform(round, 50) * 8.0 - 4.0));
        slice_codes_cells(&cells, &codes);
        for (int c = 0; c < SLICE_CELLS; c++) {
            const float first = (float)c / 16.0f, next = (float)(c + 1) / 16.0f;
            const float last = c + 1 < SLICE_CELLS ? nextafterf(next, 0.0f) : 1e30f;
            assert_int_equal(slice_cell_of(first), c);
            assert_int_equal(slice_cell_of(last), c);
            const int at = slice_codes_find(&codes, first);
            const bool is_one = at == slice_codes_find(&codes, last);
            assert_int_equal(cells.interval[c], is_one ? at : -1);
            split += !is_one;
        }
        assert_true(split < codes.count);
    }
    assert_int_equal(slice_cell_of(NAN), SLICE_CELLS - 1);
}

static void test_limited(void **state)
{
    (void)state;
    static const uint32_t one[BIT_SLICE_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    const struct constraint_class *class = constraint_of_path("slice-digits.digits");
    for (int f = 0; f < FORMATS; f++)
        for (int digits = 1; digits < bit_slice_count(formats[f]); digits++) {
            struct constraint_layer layer = {.out = 10,
                                             .in = 10,
                                             .taps = 1,
                                             .amount = digits,
                                             .format = formats[f],
                                             .step = 0.125f};
            float w[100], fixed[100];
            assert_false(class->is_idle(&layer));
            for (uint64_t i = 0; i < 100; i++)
                fixed[i] = w[i] =
                    (float)(2.4 * uniform(90, i) - 1.2) * 0.125f * (float)(1 << formats[f].bits);
            class->project(&layer, fixed, 10, NULL);
            for (int i = 0; i < 100; i++) {
                double best = INFINITY;
                for (int v = 0; v < 1 << formats[f].bits; v++)
                    if (units_of(formats[f], one, v) <= (uint32_t)digits)
                        best = fmin(best, fabs(fabs((double)w[i]) - 0.125 * v));
                assert_true(fabs((double)fixed[i] - w[i]) <= best + 1e-9);
                assert_true(units_of(formats[f], one, (int)(fabsf(fixed[i]) * 8.0f)) <=
                            (uint32_t)digits);
            }
            layer.amount = bit_slice_count(formats[f]);
            assert_true(class->is_idle(&layer));
        }
}

/* ---- budgets ---- */

enum { MANY = 40 };

struct fixture {
    struct constraint_layer layer;
    uint32_t unit[BIT_SLICE_MAX];
    float w[MANY], fixed[MANY];
    int n;
};

static int64_t count_units(const struct fixture *f)
{
    int64_t sum = 0;
    for (int i = 0; i < f->n; i++) {
        const float code = fabsf(f->fixed[i]) / f->layer.step;
        assert_true(code == rintf(code) && code < (float)(1 << f->layer.format.bits));
        sum += units_of(f->layer.format, f->unit, (int)code);
    }
    return sum;
}

static double squared(const float *a, const float *b, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum;
}

static void project(struct fixture *f)
{
    const struct constraint_class *class = constraint_of_path("slice-sparsity.keep");
    char *scratch = mem_alloc(class->scratch_size(&f->layer, f->layer.out), 1, "scratch");
    memcpy(f->fixed, f->w, sizeof f->w);
    class->project(&f->layer, f->fixed, f->layer.out, scratch);
    mem_free(scratch);
}

static struct fixture draw(uint32_t round, struct bit_slice_format format, int n, double scale)
{
    struct fixture f = {
        .layer = {.out = 1, .in = (size_t)n, .taps = 1, .format = format, .step = 0.25f},
          .n = n
    };
    for (uint64_t k = 0; k < BIT_SLICE_MAX; k++) {
        f.layer.price[k] = 1.0;
        f.unit[k] = 1024;
    }
    for (int i = 0; i < n; i++)
        f.w[i] = (float)((2.0 * uniform(round, 1000 + (uint64_t)i) - 1.0) * scale * 0.25 *
                         (1 << format.bits));
    return f;
}

/* Smallest squared distance, in codes, to n codes that have at most `units` together: all are tried. */
static double best_within(const struct fixture *f, int i, int64_t units)
{
    if (i == f->n)
        return 0.0;
    double best = INFINITY;
    for (int v = 0; v < 1 << f->layer.format.bits; v++) {
        const int64_t taken = units_of(f->layer.format, f->unit, v);
        const double d = fabs((double)f->w[i]) / f->layer.step - v;
        if (taken <= units && d * d < best)
            best = fmin(best, d * d + best_within(f, i + 1, units - taken));
    }
    return best;
}

/* The result is the nearest of all choices with no more units than it has itself, and keeps the
 * budget; what it leaves unused is less than any weight could still take. */
static void test_budget(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        const struct bit_slice_format format = formats[4 + round % 3];
        struct fixture f = draw(round, format, 1 + (int)(round / 3 % 4), 1.1);
        f.layer.amount = uniform(round, 1);
        for (int k = 0; k < bit_slice_count(format) && round % 2; k++) {
            f.unit[k] = (uint32_t)(256 + 2048 * uniform(round, 10 + (uint64_t)k));
            f.layer.price[k] = f.unit[k] / 1024.0;
        }
        int64_t all = 0;
        for (int k = 0; k < bit_slice_count(format); k++)
            all += f.unit[k];
        project(&f);
        const int64_t units = count_units(&f);
        assert_true((double)units <= f.layer.amount * f.n * (double)all + 0.5);
        const double found = squared(f.fixed, f.w, f.n) / (0.25 * 0.25);
        const double best = best_within(&f, 0, units);
        assert_true(found <= best * (1.0 + 1e-6) + 1e-9);
    }
}

/* More budget is never further away nor fewer digits; a point of the set stays; signs too. */
static void test_monotone(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 60; round++) {
        struct fixture f = draw(round, formats[round % FORMATS], MANY, 0.9);
        double distance = INFINITY;
        int64_t units = -1;
        for (int step = 1; step <= 20; step++) {
            f.layer.amount = step / 20.0;
            project(&f);
            const int64_t now = count_units(&f);
            const double d = squared(f.fixed, f.w, f.n);
            assert_true(now >= units && d <= distance * (1.0 + 1e-9));
            units = now;
            distance = d;
            struct fixture again = f;
            memcpy(again.w, f.fixed, sizeof f.fixed);
            project(&again);
            assert_memory_equal(again.fixed, f.fixed, sizeof f.fixed);
            for (int i = 0; i < f.n; i++)
                assert_true(f.fixed[i] == 0.0f ? !signbit(f.fixed[i]) : f.fixed[i] * f.w[i] > 0.0f);
        }
        for (int i = 0; i < f.n;
             i++) { /* all digits: plain rounding, to the largest code at most */
            const float largest = 0.25f * (float)((1 << f.layer.format.bits) - 1);
            assert_true(fabsf(fabsf(f.fixed[i]) - fminf(fabsf(f.w[i]), largest)) <= 0.125f);
        }
    }
}

/* Of equal weights the first ones keep their digits, exactly as many as the budget has. */
static void test_ties(void **state)
{
    (void)state;
    struct fixture f = draw(0, formats[0], 10, 1.0);
    for (int i = 0; i < 10; i++)
        f.w[i] = (i % 3 ? -1.0f : 1.0f) * 0.25f * 64.0f;
    for (int keep = 1; keep <= 10; keep++) {
        f.layer.amount = keep / 40.0;
        project(&f);
        for (int i = 0; i < 10; i++)
            assert_true(f.fixed[i] == (i < keep ? f.w[i] : 0.0f));
    }
    for (int i = 0; i < 10; i++) /* up: 63 has three digits, 64 has one */
        f.w[i] = 0.25f * 63.0f;
    f.layer.amount = 10 / 40.0;
    project(&f);
    for (int i = 0; i < 10; i++)
        assert_true(f.fixed[i] == 16.0f);
}

/* ---- a budget of all layers ---- */

enum { LARGE = 20000 };

static float w[2 * LARGE], fixed[2 * LARGE];

/* The two halves of w as layers that share a budget, the second in units of `scale`; fills `units`. */
static void project_halves(bool is_relative, float scale, int64_t units[2])
{
    const struct constraint_class *class = constraint_of_path("slice-sparsity.keep");
    static const uint32_t one[BIT_SLICE_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    struct constraint_layer layer[2];
    for (int l = 0; l < 2; l++) {
        layer[l] = (struct constraint_layer){
            .out = 1,
            .in = LARGE,
            .taps = 1,
            .amount = 0.1,
            .format = {8,  2},
            .price = { 1, 1, 1, 1},
            .step = l == 0 ? 0.5f : 0.5f * scale,
            .is_shared = true,
            .is_relative = is_relative
        };
        for (int i = 0; i < LARGE; i++)
            fixed[l * LARGE + i] = w[l * LARGE + i] * (l == 0 ? 1.0f : scale);
    }
    char *scratch = mem_alloc(class->share_scratch(layer, 2), 1, "scratch");
    class->share(layer, 2, fixed, scratch);
    mem_free(scratch);
    for (int l = 0; l < 2; l++) {
        class->project(&layer[l], fixed + l * LARGE, 1, NULL);
        units[l] = 0;
        for (int i = 0; i < LARGE; i++)
            units[l] +=
                units_of(layer[l].format, one, (int)(fabsf(fixed[l * LARGE + i]) / layer[l].step));
    }
}

/* Two layers that share a budget are one layer. */
static void test_network(void **state)
{
    (void)state;
    int64_t units[2];
    struct fixture f = draw(0, formats[0], 0, 1.0);
    const struct constraint_class *class = constraint_of_path("slice-sparsity.keep");
    for (uint64_t i = 0; i < (uint64_t)2 * LARGE; i++)
        w[i] = (float)rng_normal((struct rng_key){29, RNG_TEST, 0}, i) * (i < LARGE ? 20.0f : 5.0f);
    project_halves(false, 1.0f, units);
    assert_int_equal(units[0] + units[1], 16000);
    assert_true(units[0] > 2 * units[1]);
    f.layer.in = (size_t)2 * LARGE;
    f.layer.amount = 0.1;
    f.layer.step = 0.5f;
    char *scratch = mem_alloc(class->scratch_size(&f.layer, 1), 1, "scratch");
    class->project(&f.layer, w, 1, scratch);
    mem_free(scratch);
    assert_memory_equal(w, fixed, sizeof w);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Many weights go through the cells, and each has the code of its own search, also where the rest of a
 * budget goes to the first that tie: magnitudes on a grid of eighths. */
static void test_many(void **state)
{
    (void)state;
    int rests = 0;
    for (uint32_t round = 0; round < 24; round++) {
        const struct bit_slice_format format = formats[round % FORMATS];
        struct slice_part part = {.w = w, .count = LARGE, .step = 0.25f, .deviation = 1.0};
        struct slice_codes low, high;
        uint32_t unit[BIT_SLICE_MAX], units[SLICE_CODES_MAX];
        int64_t sum = 0;
        for (uint64_t k = 0; k < BIT_SLICE_MAX; k++)
            unit[k] = 1 + (uint32_t)(uniform(round, k) * 9.0);
        for (uint64_t i = 0; i < LARGE; i++)
            w[i] =
                rintf((float)(uniform(round, 100 + i) * 18.0 - 9.0) * (1 << format.bits)) / 32.0f;
        slice_codes_units(units, format, unit);
        for (int i = 0; i < LARGE; i++)
            sum += units[(int)fmin(rint(4.0 * fabs((double)w[i])), (1 << format.bits) - 1)];
        const int64_t budget = (int64_t)((double)sum * (0.05 + 0.9 * uniform(round, 60)));
        char *scratch = mem_alloc(slice_price_scratch(1, LARGE), 1, "scratch");
        slice_price_find(&part, 1, format, unit, budget, scratch);
        mem_free(scratch);
        slice_codes_priced(&low, format.bits, units, part.found.low);
        slice_codes_priced(&high, format.bits, units, part.found.high);
        rests += part.found.extra > 0;
        memcpy(fixed, w, sizeof w);
        slice_price_project(fixed, LARGE, 0.25f, format, unit, &part.found);
        int64_t rest = part.found.extra, left = 0;
        for (int i = 0; i < LARGE; i++) {
            const float x = fabsf(w[i]) * 4.0f;
            int at = high.code[slice_codes_find(&high, x)];
            const int more = low.code[slice_codes_find(&low, x)];
            if (units[more] > units[at] && units[more] - units[at] <= rest) {
                rest -= units[more] - units[at];
                at = more;
            }
            assert_true(fixed[i] == copysignf(0.25f * (float)at, w[i]));
            left += units[at];
        }
        assert_true(left <= budget);
        assert_int_equal(rest, 0);
    }
    assert_true(rests > 5);
}

/* Deviations over the mean square: the scale of a layer does not matter. Otherwise it does. */
static void test_relative(void **state)
{
    (void)state;
    int64_t units[2];
    for (uint64_t i = 0; i < (uint64_t)LARGE; i++)
        w[i] = w[LARGE + i] = (float)rng_normal((struct rng_key){31, RNG_TEST, 0}, i) * 20.0f;
    project_halves(true, 1.0f / 32.0f, units);
    assert_int_equal(units[0] + units[1], 16000);
    assert_in_range(units[0], 7990, 8010); /* but for ties at the end */
    project_halves(false, 1.0f / 32.0f, units);
    assert_true(units[0] > 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priced),   cmocka_unit_test(test_cells),
        cmocka_unit_test(test_many),     cmocka_unit_test(test_limited),
        cmocka_unit_test(test_budget),   cmocka_unit_test(test_monotone),
        cmocka_unit_test(test_ties),     cmocka_unit_test(test_network),
        cmocka_unit_test(test_relative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
