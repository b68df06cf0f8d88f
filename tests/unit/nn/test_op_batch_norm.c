/* Batch normalisation of values worked out by hand, and what it must refuse. */
#include "unit/nn/op_case.h"

#include <math.h>

#include "base/mem.h"

/* Straight on the input: nobody needs the gradient of that. */
static void create_norm(struct network *net, int channels)
{
    network_create(net, channels, 1, 1);
    network_finish(net, network_add_batch_norm(net, "bn", net->input), SAMPLES);
    parameters_initialise(&net->params, 1);
}

static double parameter_at(const struct network *net, int tensor)
{
    return (double)net->params.value[net->params.tensor[tensor].offset];
}

static void step_norm(struct network *net, size_t samples)
{
    const struct pass pass = make_pass(samples, false);
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    for (size_t i = 0; i < samples; i++)
        net->logits->gradient[i * net->logits->stride] = 1.0F;
    assert_true(network_backward(net, &pass));
}

/* The values 1, 2, 3, 4: mean 2.5, variance 1.25, unbiased 5/3. */
static void test_norm_by_hand(void **state)
{
    (void)state;
    struct network net;
    create_norm(&net, 1);
    for (int step = 1; step <= 2; step++) {
        for (size_t i = 0; i < 4; i++)
            net.input->value[i * net.input->stride] = (float)(i + 1);
        step_norm(&net, 4);
        for (size_t i = 0; i < 4; i++)
            assert_true(fabs((double)net.logits->value[i * net.logits->stride] -
                             ((double)i - 1.5) / sqrt(1.25001)) < 1e-6);
        const double kept = step == 1 ? 0.9 : 0.81;
        assert_true(fabs(parameter_at(&net, 2) - (1.0 - kept) * 2.5) < 1e-6);
        assert_true(fabs(parameter_at(&net, 3) - (kept + (1.0 - kept) * 5.0 / 3.0)) < 1e-6);
        assert_true(net.params.sum[net.params.tensor[1].offset] == (int64_t)4 << 40);
    }
    struct pass pass = make_pass(1, false); /* evaluation: (1 - 0.475) / sqrt(0.81 + 0.19 5/3) */
    pass.is_training = false;
    assert_true(network_forward(&net, &pass));
    assert_true(fabs((double)net.logits->value[0] - 0.525 / sqrt(0.81 + 0.19 * 5.0 / 3.0 + 1e-5)) <
                1e-6);
    assert_true(fabs(parameter_at(&net, 2) - 0.475) < 1e-6); /* stays */
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* One value has no variance, and nothing to divide by. */
static void test_norm_of_one_value(void **state)
{
    (void)state;
    struct network net;
    create_norm(&net, 1);
    net.params.value[net.params.tensor[1].offset] = 0.25F;
    net.input->value[0] = 3.0F;
    step_norm(&net, 1);
    assert_true(fabs((double)net.logits->value[0] - 0.25) < 1e-3); /* xhat = 0 */
    assert_true(fabs(parameter_at(&net, 2) - 0.3) < 1e-6);
    assert_true(fabs(parameter_at(&net, 3) - 0.9) < 1e-6);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* On all ranks the sums of a value that is not finite are refused. */
static void test_norm_refuses(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F, 0x1p13F};
    const struct pass pass = make_pass(2, false);
    struct network net;
    create_norm(&net, 17);
    for (int i = 0; i < 5; i++)
        for (size_t c = 0; c < 17; c += 8) {
            random_input(&net, 2);
            assert_true(network_prepare(&net, &pass));
            assert_true(network_forward(&net, &pass));
            net.input->value[net.input->stride + c] = bad[i];
            assert_false(network_forward(&net, &pass));
        }
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_norm_by_hand),
        cmocka_unit_test(test_norm_of_one_value),
        cmocka_unit_test(test_norm_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
