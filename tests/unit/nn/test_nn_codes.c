/* nn/kernels, passes over activations that are codes: those of every instruction set of this machine
 * against plain loops in double, exact where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/mem.h"
#include "base/simd.h"
#include "unit/nn/span_case.h"
#include "unit/support/float_bits.h"
#include "unit/support/random_numbers.h"

static void check_code_moments(const struct nn_kernels *kernels, struct span_case *c)
{
    const size_t channels = c->span.channels;
    int64_t own[2 * 64], expected[2 * 64];
    for (size_t i = 0; i < 2 * channels; i++) /* it adds to what is there */
        own[i] = expected[i] = (int64_t)i * 0x100000000 - 7;
    for (size_t i = 0; i < c->size; i++)
        if (inside(c, i)) {
            expected[i % channels] += c->code[i];
            expected[channels + i % channels] += c->code[i] * c->code[i];
        }
    int16_t range[2 * 64], expected_range[2 * 64];
    for (size_t k = 0; k < 2 * channels; k++)
        range[k] = expected_range[k] = (int16_t)(k % 3 ? 0 : k < channels ? -300 : 300);
    for (size_t i = 0; i < c->size; i++) {
        int16_t *low = &expected_range[i % channels], *high = low + channels;
        *low = inside(c, i) && c->code[i] < *low ? c->code[i] : *low;
        *high = inside(c, i) && c->code[i] > *high ? c->code[i] : *high;
    }
    kernels->code_moments(own, range, c->code + c->first, c->span);
    assert_memory_equal(own, expected, 2 * channels * sizeof *own);
    assert_memory_equal(range, expected_range, 2 * channels * sizeof *range);
}

static void test_code_moments(void **state)
{
    (void)state;
    for_all_spans(check_code_moments);
}

/* The largest image of extreme codes that the header promises: 2^15 pixels. */
static void test_code_moments_extremes(void **state)
{
    (void)state;
    enum { PIXELS = 1 << 15 };
    int16_t *code = MEM_NEW(int16_t, PIXELS * NN_LANES);
    for (size_t i = 0; i < PIXELS * NN_LANES; i++)
        code[i] = i % 2 ? 255 : -255;
    const struct image_span span = {1, PIXELS, NN_LANES, PIXELS * NN_LANES};
    for (int level = 0; level <= (int)simd_level(); level++) {
        int64_t sum[2 * NN_LANES] = {0};
        if (!nn_kernels_of(level))
            continue;
        int16_t range[2 * NN_LANES] = {0};
        nn_kernels_of(level)->code_moments(sum, range, code, span);
        for (int k = 0; k < NN_LANES; k++) {
            assert_true(sum[k] == (k % 2 ? 255 : -255) * (int64_t)PIXELS);
            assert_true(sum[NN_LANES + k] == 255 * 255 * (int64_t)PIXELS);
        }
    }
    mem_free(code);
}

/* ---- batch norm ---- */

/* Numbers of few bits: products with codes and their sums are exact in float, ties are frequent. */
static void make_coarse(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)lrint(64.0 * random_real()) * 0x1p-6F;
}

static void check_affine_max(const struct nn_kernels *kernels, struct span_case *c)
{
    const size_t channels = c->span.channels;
    float *scale = c->per_channel[0], *shift = c->per_channel[1];
    int16_t range[2 * 64];
    make_coarse(scale, channels);
    make_coarse(shift, channels);
    float max = 0.0F;
    for (size_t k = 0; k < 2 * channels; k++)
        range[k] = random_code();
    range[channels - 1] = (int16_t)(c->span.rows % 2 ? -255 : 0); /* the last lane counts */
    for (size_t k = 0; k < channels; k++) {
        max = fmaxf(max, fabsf(scale[k] * range[k] + shift[k]));
        max = fmaxf(max, fabsf(scale[k] * range[channels + k] + shift[k]));
    }
    assert_int_equal(kernels->affine_max(range, scale, shift, channels), bits_of(max));
}

static void test_affine_max(void **state)
{
    (void)state;
    for_all_spans(check_affine_max);
}

static const struct quantise_spec specs[] = {
    {0x1p-1F, 0x1p1F,  255.0F, 0},
    {0x1p-1F, 0x1p1F,  255.0F, 1},
    {0x1p0F,  0x1p0F,  255.0F, 0},
    {0x1p4F,  0x1p-4F, 7.0F,   1},
};

enum { SPECS = sizeof specs / sizeof *specs };

/* Ties to even, cut off at the largest code. */
static long quantised(double x, struct quantise_spec spec)
{
    const double scaled = nearbyint(x / (double)spec.step);
    const double low = spec.relu ? 0.0 : -(double)spec.max_code;
    return lrint(fmax(low, fmin((double)spec.max_code, scaled)));
}

static void check_affine_codes(const struct nn_kernels *kernels, struct span_case *c)
{
    const size_t channels = c->span.channels;
    float *scale = c->per_channel[0], *shift = c->per_channel[1];
    int16_t *own = MEM_NEW(int16_t, c->size);
    make_coarse(scale, channels);
    make_coarse(shift, channels);
    for (int s = 0; s < 2 * SPECS; s++) { /* with values and without */
        const struct quantise_spec spec = specs[s % SPECS];
        memset(own, 0x11, c->size * sizeof *own);
        memcpy(c->own, c->start, c->size * sizeof *c->own);
        kernels->affine_codes(own + c->first, s < SPECS ? c->own + c->first : NULL,
                              c->code + c->first, scale, shift, c->span, spec);
        for (size_t i = 0; i < c->size; i++) {
            const size_t k = i % channels;
            const long code = quantised((double)scale[k] * c->code[i] + (double)shift[k], spec);
            assert_int_equal(own[i], inside(c, i) ? code : 0x1111);
            assert_true(c->own[i] ==
                        (inside(c, i) && s < SPECS ? (float)code * spec.step : c->start[i]));
        }
    }
    mem_free(own);
}

static void test_affine_codes(void **state)
{
    (void)state;
    for_all_spans(check_affine_codes);
}

/* A mask with zeros and both signs. */
static int16_t *make_mask(size_t n)
{
    int16_t *mask = MEM_NEW(int16_t, n);
    for (size_t i = 0; i < n; i++)
        mask[i] = (int16_t)(i % 3 ? random_code() : (int)(i / 3 % 3) - 1);
    return mask;
}

static double masked(const struct span_case *c, const int16_t *mask, size_t i)
{
    return mask && mask[i] <= 0 ? 0.0 : (double)c->dy[i];
}

static void compare_code_gradient_moments(const struct nn_kernels *kernels, struct span_case *c,
                                          const int16_t *mask)
{
    const size_t channels = c->span.channels;
    const float *scale = c->per_channel[0], *shift = c->per_channel[1];
    float *part = c->per_channel[2]; /* random: it is overwritten */
    double sum[2 * 64] = {0}, size[2 * 64] = {0};
    kernels->code_gradient_moments(part, c->dy + c->first, mask ? mask + c->first : NULL,
                                   c->code + c->first, scale, shift, c->span);
    for (size_t i = 0; i < c->size; i++)
        if (inside(c, i)) {
            const size_t k = i % channels;
            const double dy = masked(c, mask, i), x = (double)scale[k] * c->code[i];
            sum[k] += dy;
            size[k] += fabs(dy);
            sum[channels + k] += dy * (x + (double)shift[k]);
            size[channels + k] += fabs(dy) * (fabs(x) + fabs((double)shift[k]));
        }
    for (size_t k = 0; k < 2 * channels; k++)
        assert_true(fabs((double)part[k] - sum[k]) <= 2e-6 * size[k]);
}

static void check_code_gradient_moments(const struct nn_kernels *kernels, struct span_case *c)
{
    int16_t *mask = make_mask(c->size);
    compare_code_gradient_moments(kernels, c, mask);
    compare_code_gradient_moments(kernels, c, NULL);
    mem_free(mask);
}

static void test_code_gradient_moments(void **state)
{
    (void)state;
    for_all_spans(check_code_gradient_moments);
}

/* In place, dx is dy, which the case then has as its start. */
static void compare_code_affine_gradient(const struct nn_kernels *kernels, struct span_case *c,
                                         const int16_t *mask, int accumulate, int in_place)
{
    const float *const abc[3] = {c->per_channel[0], c->per_channel[1], c->per_channel[2]};
    const float *start = in_place ? c->dy : c->start;
    memcpy(c->own, start, c->size * sizeof *c->own);
    kernels->code_affine_gradient(c->own + c->first, (in_place ? c->own : c->dy) + c->first,
                                  mask ? mask + c->first : NULL, c->code + c->first, abc, c->span,
                                  accumulate);
    for (size_t i = 0; i < c->size; i++) {
        const size_t k = i % c->span.channels;
        const double a = (double)abc[0][k] * masked(c, mask, i);
        const double b = (double)abc[1][k] * c->code[i], constant = (double)abc[2][k];
        const double old = accumulate ? (double)start[i] : 0.0;
        if (inside(c, i))
            assert_true(fabs((double)c->own[i] - (old + a + b + constant)) <=
                        5e-7 * (fabs(old) + fabs(a) + fabs(b) + fabs(constant)));
        else
            assert_true(c->own[i] == start[i]);
    }
}

static void check_code_affine_gradient(const struct nn_kernels *kernels, struct span_case *c)
{
    int16_t *mask = make_mask(c->size);
    for (int accumulate = 0; accumulate <= 1; accumulate++) {
        compare_code_affine_gradient(kernels, c, mask, accumulate, 0);
        compare_code_affine_gradient(kernels, c, NULL, accumulate, 0);
    }
    compare_code_affine_gradient(kernels, c, mask, 0, 1);
    mem_free(mask);
}

static void test_code_affine_gradient(void **state)
{
    (void)state;
    for_all_spans(check_code_affine_gradient);
}

/* ---- residual sums and ReLU ---- */

enum { MOST = 9 * NN_LANES };

struct sum_case {
    int16_t a[MOST], b[MOST];
    float step[2];
};

static void make_sum_case(struct sum_case *c, size_t n)
{
    for (size_t i = 0; i < MOST; i++) { /* those behind the end are the largest */
        c->a[i] = i < n ? random_code() : 1000;
        c->b[i] = i < n ? random_code() : 1000;
    }
    c->step[0] = ldexpf(1.0F, -(int)(n / NN_LANES % 3));
    c->step[1] = ldexpf(1.0F, -(int)(n / NN_LANES % 4));
}

static void check_max_code_sum(const struct nn_kernels *kernels, size_t n)
{
    struct sum_case c;
    make_sum_case(&c, n);
    float max = 0.0F;
    for (size_t i = 0; i < n; i++)
        max = fmaxf(max, fabsf(c.step[0] * c.a[i] + c.step[1] * c.b[i]));
    assert_int_equal(kernels->max_code_sum(c.a, c.b, n, c.step), bits_of(max));
}

static void check_quantise_code_sum(const struct nn_kernels *kernels, size_t n)
{
    struct sum_case c;
    make_sum_case(&c, n);
    for (int s = 0; s < 2 * SPECS; s++) { /* with values and without */
        int16_t code[MOST];
        float value[MOST] = {0};
        memset(code, 0x11, sizeof code);
        kernels->quantise_code_sum(code, s < SPECS ? value : NULL, c.a, c.b, n, c.step,
                                   specs[s % SPECS]);
        for (size_t i = 0; i < MOST; i++) {
            const double sum = (double)c.step[0] * c.a[i] + (double)c.step[1] * c.b[i];
            const long expected = quantised(sum, specs[s % SPECS]);
            assert_int_equal(code[i], i < n ? expected : 0x1111);
            assert_true(value[i] ==
                        (i < n && s < SPECS ? (float)expected * specs[s % SPECS].step : 0.0F));
        }
    }
}

static void check_mask_gradient(const struct nn_kernels *kernels, size_t n)
{
    int16_t *mask = make_mask(MOST);
    float *dy = random_floats(MOST), *start = random_floats(MOST), *dx = random_floats(MOST);
    for (int kind = 0; kind < 3; kind++) { /* set, add, in place */
        const float *before = kind == 2 ? dy : start;
        memcpy(dx, before, MOST * sizeof *dx);
        kernels->mask_gradient(dx, kind == 2 ? dx : dy, mask, n, kind == 1);
        for (size_t i = 0; i < MOST; i++) {
            const float passed = mask[i] > 0 ? dy[i] : 0.0F;
            assert_true(dx[i] == (i >= n ? before[i] : kind == 1 ? start[i] + passed : passed));
        }
    }
    mem_free(mask);
    mem_free(dy);
    mem_free(start);
    mem_free(dx);
}

static void for_all_lengths(void (*check)(const struct nn_kernels *, size_t))
{
    for (int level = 0; level <= (int)simd_level(); level++)
        for (size_t n = 0; nn_kernels_of(level) && n <= MOST; n += NN_LANES)
            check(nn_kernels_of(level), n);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_max_code_sum(void **state)
{
    (void)state;
    for_all_lengths(check_max_code_sum);
}

static void test_quantise_code_sum(void **state)
{
    (void)state;
    for_all_lengths(check_quantise_code_sum);
}

static void test_mask_gradient(void **state)
{
    (void)state;
    for_all_lengths(check_mask_gradient);
}

/* ---- gradient of a maximum ---- */

static void check_spread_maximum(const struct nn_kernels *kernels, size_t n)
{
    float *dy = random_floats(n + NN_LANES), *dx = random_floats(n + NN_LANES);
    float *before = random_floats(n + NN_LANES);
    uint8_t *winner = MEM_NEW(uint8_t, n + NN_LANES);
    memcpy(before, dx, (n + NN_LANES) * sizeof *dx);
    for (size_t i = 0; i < n; i++)
        winner[i] = (uint8_t)(i % 3 == 0 ? 255 : i % 5);
    for (int place = 0; place < 256; place += place < 4 ? 1 : 251) {
        kernels->spread_maximum(dx, dy, winner, (uint8_t)place, n);
        for (size_t i = 0; i < n + NN_LANES; i++)
            assert_true(dx[i] == (i >= n ? before[i] : winner[i] == place ? dy[i] : 0.0F));
    }
    mem_free(dy);
    mem_free(dx);
    mem_free(before);
    mem_free(winner);
}

static void test_spread_maximum(void **state)
{
    (void)state;
    for_all_lengths(check_spread_maximum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_moments),
        cmocka_unit_test(test_code_moments_extremes),
        cmocka_unit_test(test_affine_max),
        cmocka_unit_test(test_affine_codes),
        cmocka_unit_test(test_code_gradient_moments),
        cmocka_unit_test(test_code_affine_gradient),
        cmocka_unit_test(test_max_code_sum),
        cmocka_unit_test(test_quantise_code_sum),
        cmocka_unit_test(test_mask_gradient),
        cmocka_unit_test(test_spread_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
