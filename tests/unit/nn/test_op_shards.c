/* Shards of a batch: any number of them gives the same sums, and one may have no samples. */
#include "unit/nn/op_compare.h"

#include <math.h>

#include "base/mem.h"
#include "unit/nn/op_graphs.h"

/* Without linear layers every sum is exact across samples, so shards do not matter; but for the
 * weight gradients of convolutions, whose float sums reach over several samples of a shard. */
static void run_shards(bool quantise, size_t shards, struct network *net)
{
    static const struct net_case c = {
        .name = "residual", .build = build_residual, .channels = 17, .height = 5, .width = 7};
    static const size_t begins[] = {0, 4, 0, 2, 4, 0, 1, 2, 3, 4};
    struct pass pass = make_pass(4, quantise);
    pass.shards = shards;
    pass.begin = begins + (shards == 1 ? 0 : shards == 2 ? 2 : 5);
    net_case_create(net, &c);
    for (size_t i = 0; i < net->params.size; i++) /* the same in every call */
        net->params.value[i] =
            net->params.mask[i] ? (float)((double)(i * 37 % 101) / 101.0 - 0.4) : 1.0F;
    for (size_t i = 0; i < 4 * net->input->stride; i++)
        net->input->value[i] = i % net->input->stride < net->input->size
                                   ? (float)((double)(i * 53 % 211) / 211.0 - 0.5)
                                   : 0.0F;
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    for (size_t i = 0; i < 4 * net->logits->stride; i++)
        net->logits->gradient[i] = 0x1p-10F * net->logits->value[i];
    assert_true(network_backward(net, &pass));
}

/* To float rounding of the largest. */
static void assert_sums_near(const struct parameters *a, const struct parameters *b)
{
    double largest = 0.0;
    for (size_t i = 0; i < a->size; i++)
        largest = fmax(largest, fabs((double)a->sum[i]));
    assert_true(largest > 0.0);
    for (size_t i = 0; i < a->size; i++)
        assert_true(fabs((double)a->sum[i] - (double)b->sum[i]) <= 1e-6 * largest);
}

/* All but those of convolutions' weights. */
static void assert_other_sums_equal(const struct parameters *a, const struct parameters *b)
{
    for (int t = 0; t < a->count; t++)
        if (a->tensor[t].axes < 4)
            assert_memory_equal(a->sum + a->tensor[t].offset, b->sum + a->tensor[t].offset,
                                a->tensor[t].count * sizeof *a->sum);
}

static void test_shards(void **state)
{
    (void)state;
    for (int quantise = 0; quantise <= 1; quantise++)
        for (size_t shards = 2; shards <= 4; shards += 2) {
            struct network one, more;
            run_shards(quantise, 1, &one);
            run_shards(quantise, shards, &more);
            assert_memory_equal(one.logits->value, more.logits->value,
                                4 * one.logits->stride * sizeof(float));
            assert_other_sums_equal(&one.params, &more.params);
            assert_sums_near(&one.params, &more.params);
            assert_memory_equal(one.params.value, more.params.value,
                                one.params.size * sizeof(float));
            network_destroy(&one);
            network_destroy(&more);
        }
    assert_int_equal(mem_live_blocks(), 0);
}

/* A rank without samples, after a step with some: the sums are 0. */
static void test_no_samples(void **state)
{
    (void)state;
    const size_t begin[] = {0, 0, 0};
    struct net_case c = op_graphs[op_graph_count - 1];
    c.channels = 3;
    c.height = c.width = 5;
    for (int quantise = 0; quantise <= 1; quantise++) {
        struct network net;
        struct pass pass = make_pass(1, quantise);
        pass.samples = 0;
        pass.global_samples = 4;
        pass.shards = 2;
        pass.begin = begin;
        net_case_create(&net, &c);
        compare_step("some samples", &net, SAMPLES, quantise);
        assert_true(network_prepare(&net, &pass));
        assert_true(network_forward(&net, &pass));
        assert_true(network_backward(&net, &pass));
        for (int t = 0; t < net.params.count; t++)
            for (size_t i = 0; !net.params.tensor[t].is_state && i < net.params.tensor[t].count;
                 i++)
                assert_true(net.params.sum[net.params.tensor[t].offset + i] == 0);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_no_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
