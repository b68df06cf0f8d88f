/* hw/kernels: those of every instruction set of this machine against plain loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/simd.h"
#include "hw/fixed_point.h"
#include "hw/kernels.h"

/* Calls check for every instruction set that was built and that this machine has. */
static void for_each_level(void (*check)(const struct hw_kernels *))
{
    int levels = 0;
    for (int level = 0; level <= (int)simd_level(); level++)
        if (hw_kernels_of(level)) {
            check(hw_kernels_of(level));
            levels++;
        }
    assert_true(levels >= 1);
    assert_ptr_equal(hw_kernels(), hw_kernels_of((int)simd_level()));
}

static void check_max_bits(const struct hw_kernels *kernels)
{
    enum { N = 70 };
    float x[N] = {0};
    assert_int_equal(kernels->max_bits(x, 0), 0);
    for (int n = 1; n <= N; n++)
        for (int at = 0; at < n; at++) { /* the largest at every place */
            x[at] = at % 2 ? -7.25F : 7.25F;
            assert_true(fixed_point_from_bits(kernels->max_bits(x, (size_t)n)) == 7.25F);
            x[at] = NAN;
            assert_false(fixed_point_bits_finite(kernels->max_bits(x, (size_t)n)));
            x[at] = -INFINITY;
            assert_false(fixed_point_bits_finite(kernels->max_bits(x, (size_t)n)));
            x[at] = (float)at / 1000.0F;
        }
}

static void test_max_bits(void **state)
{
    (void)state;
    for_each_level(check_max_bits);
}

/* Every half of a step from place `first` on: halves go to the even neighbour, the ends saturate. */
static void quantise_from(const struct hw_kernels *kernels, size_t first, int relu)
{
    enum { N = 1100 };
    float x[N], value[N];
    int16_t code[N];
    const struct quantise_spec spec = {0.25F, 4.0F, 255.0F, relu};
    size_t saturated = 0;
    for (int i = 0; i < N; i++)
        x[i] = ((float)i - 550.0F) * 0.125F;
    const size_t own = kernels->quantise(code + first, value + first, x + first, N - first, spec);
    for (size_t i = first; i < N; i++) {
        const float scaled = rintf(x[i] / 0.25F);
        const float clipped = fminf(fmaxf(scaled, -255.0F), 255.0F);
        const float expected = relu && clipped < 0.0F ? 0.0F : clipped;
        saturated += scaled > 255.0F || (!relu && scaled < -255.0F);
        assert_int_equal(code[i], (int)expected);
        assert_true(value[i] == expected * 0.25F);
    }
    if (!relu) /* what ReLU cuts off does not matter */
        assert_int_equal(own, saturated);
    assert_int_equal(kernels->quantise(code + first, NULL, x + first, N - first, spec), own);
}

static void check_quantise(const struct hw_kernels *kernels)
{
    for (size_t first = 0; first < 1100; first += 37)
        for (int relu = 0; relu < 2; relu++)
            quantise_from(kernels, first, relu);
}

static void test_quantise(void **state)
{
    (void)state;
    for_each_level(check_quantise);
}

static void check_slice_gradient(const struct hw_kernels *kernels)
{
    enum { N = 511 };
    int16_t code[N];
    float gradient[N];
    for (int width = 1; width <= 8; width *= 2)
        for (int first = 0; first < 20; first++) {
            const int slices = 8 / width;
            float scale[8];
            for (int k = 0; k < slices; k++)
                scale[k] = 0.75F / (float)(1 << (width * k));
            for (int i = 0; i < N; i++) {
                code[i] = (int16_t)(i - 255);
                gradient[i] = 2.0F;
            }
            kernels->add_slice_gradient(gradient + first, code + first, (size_t)(N - first), scale,
                                        slices, width);
            for (int i = 0; i < N; i++) {
                float sum = 0.0F; /* exact: few bits */
                for (int k = 0; i >= first && k < slices; k++)
                    sum += abs(code[i]) >> (width * k) & ((1 << width) - 1) ? scale[k] : 0.0F;
                assert_true(gradient[i] == 2.0F + (code[i] < 0 ? -sum : sum));
            }
        }
}

static void test_slice_gradient(void **state)
{
    (void)state;
    for_each_level(check_slice_gradient);
}

static uint64_t random_word(void)
{
    static uint64_t next;
    return rng_u64((struct rng_key){13, RNG_TEST, 0}, next++);
}

static void check_column_currents(const struct hw_kernels *kernels)
{
    enum { MAX = 4 * 5 * 40 };
    for (int cell_bits = 1; cell_bits <= 4; cell_bits++)
        for (int words = 1; words <= 5; words++)
            for (size_t columns = 8; columns <= 40; columns += 8) {
                uint64_t plane[MAX], input[5];
                int32_t sum[40];
                for (int i = 0; i < MAX; i++)
                    plane[i] = random_word();
                for (int w = 0; w < words; w++)
                    input[w] = random_word();
                kernels->column_currents(
                    sum, input, (struct crossbar_planes){plane, cell_bits, words, columns});
                for (size_t j = 0; j < columns; j++) {
                    int expected = 0;
                    for (int p = 0; p < cell_bits; p++)
                        for (int w = 0; w < words; w++)
                            expected += __builtin_popcountll(
                                            input[w] & plane[(size_t)(p * words + w) * columns + j])
                                        << p;
                    assert_int_equal(sum[j], expected);
                }
            }
}

static void test_column_currents(void **state)
{
    (void)state;
    for_each_level(check_column_currents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_max_bits),
        cmocka_unit_test(test_quantise),
        cmocka_unit_test(test_slice_gradient),
        cmocka_unit_test(test_column_currents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
