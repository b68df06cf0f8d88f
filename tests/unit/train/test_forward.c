/* run: gradients under constraints: none to latent weights beyond the clip, a gain for tied ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "settings/option_value.h"
#include "train/constrain.h"

enum { N = 6 };

/* Two matrices; the list gives the second one a threshold, or a block with a gain of 3. */
static void shape(const char *by, bool is_ternary, float gradient[2][N])
{
    static const float w[N] = {1.0F, -1.0F, 0.999F, -2.0F, 0.0F, -0.25F};
    struct settings settings;
    struct parameters params;
    option_values_default(&settings);
    static const double threshold[] = {0.0, 0.5}, block[] = {0.0, 2.0};
    if (is_ternary)
        settings.ternary.threshold = (struct real_list){threshold, 2};
    else
        settings.circulant.block = (struct real_list){block, 2};
    settings.circulant.gain = 3.0;
    strcpy(settings.impose.by, by);
    parameters_create(&params);
    for (int t = 0; t < 2; t++)
        parameters_add(&params, t == 0 ? "a.weight" : "b.weight", 2, (size_t[]){2, 3},
                       PARAMETER_QUANTISED, INIT_CONSTANT, 0.0);
    parameters_allocate(&params);
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < N; i++) {
            params.value[params.tensor[t].offset + (size_t)i] = w[i];
            params.gradient[params.tensor[t].offset + (size_t)i] = 0.5F;
        }
    struct constrain *constrain = constrain_create(&settings, &params);
    assert_non_null(constrain);
    constrain_shape_gradient(constrain);
    for (int t = 0; t < 2; t++)
        memcpy(gradient[t], params.gradient + params.tensor[t].offset, N * sizeof(float));
    constrain_destroy(constrain);
    parameters_destroy(&params);
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_clip(void **state)
{
    (void)state;
    static const float all[N] = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
    static const float clipped[N] = {0.0F, 0.0F, 0.5F, 0.0F, 0.5F, 0.5F};
    float gradient[2][N];
    shape("forward", true, gradient);
    assert_memory_equal(gradient[0], all, sizeof all);
    assert_memory_equal(gradient[1], clipped, sizeof clipped);
    shape("hard", true, gradient); /* projected weights train as they are */
    assert_memory_equal(gradient[1], all, sizeof all);
    shape("hard", false, gradient);
    assert_memory_equal(gradient[0], all, sizeof all);
    for (int i = 0; i < N; i++)
        assert_true(gradient[1][i] == 1.5F);
    shape("admm", false, gradient); /* the weights are not tied */
    assert_memory_equal(gradient[1], all, sizeof all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_clip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
