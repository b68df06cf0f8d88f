/* hw/kernels: those of every instruction set of this machine against plain loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/simd.h"
#include "hw/fixed_point.h"
#include "hw/kernels.h"
#include "unit/support/random_numbers.h"

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
    uint32_t word[4];
    rng_words((struct rng_key){13, RNG_TEST, 0}, next++, word);
    return (uint64_t)word[1] << 32 | word[0];
}

static void check_bit_planes(const struct hw_kernels *kernels)
{
    enum { N = 200, WORDS = 4 };
    int16_t code[N];
    for (int bits = 1; bits <= 8; bits++)
        for (size_t n = 0; n <= N; n += 1 + n / 9)
            for (int negative = 0; negative <= 1; negative++) {
                uint64_t mask[8 * WORDS];
                unsigned present = 0;
                for (size_t r = 0; r < N; r++)
                    code[r] = (int16_t)((int)(random_word() % (1u << (bits + 1))) - (1 << bits));
                for (size_t r = 0; r < N; r++) /* |code| < 2^bits */
                    code[r] = code[r] == -(1 << bits) ? 0 : code[r];
                const unsigned found = kernels->bit_planes(mask, code, n, bits, WORDS, negative);
                for (int b = 0; b < bits; b++)
                    for (size_t r = 0; r < 64 * WORDS; r++) {
                        const int x = r < n ? (negative ? -code[r] : code[r]) : 0;
                        const unsigned expected = x > 0 ? (unsigned)x >> b & 1 : 0;
                        present |= expected << b;
                        assert_int_equal(mask[b * WORDS + (int)(r / 64)] >> r % 64 & 1, expected);
                    }
                assert_int_equal(found, present);
            }
}

static void test_bit_planes(void **state)
{
    (void)state;
    for_each_level(check_bit_planes);
}

/* Odd numbers of inputs and outputs, the largest codes and weights, more inputs than 32 bits hold. */
static void check_multiply(const struct hw_kernels *kernels)
{
    const struct {
        size_t n, outputs, inputs;
    } sizes[] = {
        {1, 1,  1    },
        {3, 5,  7    },
        {9, 16, 144  },
        {4, 33, 27   },
        {2, 3,  16387}
    };
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        const size_t n = sizes[k].n, outputs = sizes[k].outputs, inputs = sizes[k].inputs;
        const size_t stride = inputs + 3, size = hw_product_size(outputs, inputs);
        int16_t *input = MEM_NEW(int16_t, n * stride), *weight = MEM_NEW(int16_t, size);
        int64_t *product = MEM_NEW(int64_t, n * outputs);
        for (size_t i = 0; i < n * stride; i++)
            input[i] = (int16_t)(i % 3 ? 255 : random_between(-255, 255));
        for (size_t j = 0; j < outputs; j++)
            for (size_t r = 0; r < inputs; r++)
                weight[hw_product_at(inputs, j, r)] =
                    (int16_t)(r % 5 ? 1023 : random_between(-1023, 1023));
        kernels->multiply(product, input, n, stride, weight, outputs, inputs);
        for (size_t i = 0; i < n * outputs; i++) {
            int64_t sum = 0;
            for (size_t r = 0; r < inputs; r++)
                sum += (int64_t)input[i / outputs * stride + r] *
                       weight[hw_product_at(inputs, i % outputs, r)];
            assert_true(product[i] == sum);
        }
        mem_free(input);
        mem_free(weight);
        mem_free(product);
    }
}

static void test_multiply(void **state)
{
    (void)state;
    for_each_level(check_multiply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_max_bits),       cmocka_unit_test(test_quantise),
        cmocka_unit_test(test_slice_gradient), cmocka_unit_test(test_bit_planes),
        cmocka_unit_test(test_multiply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
