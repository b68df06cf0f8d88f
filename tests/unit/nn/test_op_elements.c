/* Operations that change each value by itself, and batch norm, against the twin; what dropout
 * keeps. */
#include "unit/nn/op_compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Not straight behind a quantiser, but behind values that are on no grid. */
static struct tensor *build_relu(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_quantiser(net, "relu", network_add_mean_pool(net, x, 1, 1), true);
}

/* Values around 0 and around 6: three times what batch norm makes of them, and once more. */
static struct tensor *build_relu6(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    x = network_add_mean_pool(net, x, 1, 1);
    for (int i = 0; i < 3; i++)
        x = network_add_sum(net, x, x); /* eight times as large */
    return network_add_relu6(net, "relu6", x);
}

/* Behind an operation that could emit, whose values another one reads behind it. */
static struct tensor *build_norm_relu6(struct network *net, struct tensor *x,
                                       struct conv_shape shape)
{
    (void)shape;
    x = network_add_batch_norm_with(net, "bn", x, 0.25);
    return network_add_relu6(net, "relu6", x);
}

static struct tensor *build_flatten(struct network *net, struct tensor *x, struct conv_shape shape)
{
    (void)shape;
    return network_add_flatten(net, x);
}

static void test_elements(void **state)
{
    (void)state;
    run_shapes((struct net_case){.name = "batch norm", .build = build_norm});
    run_shapes((struct net_case){.name = "relu", .build = build_relu});
    run_shapes((struct net_case){.name = "relu6", .build = build_relu6});
    run_shapes((struct net_case){.name = "norm, relu6", .build = build_norm_relu6});
    run_shapes((struct net_case){.name = "flatten", .build = build_flatten});
    run_shapes((struct net_case){.name = "dropout", .build = build_dropout, .float_only = true});
    for (int step = 1; step <= 2; step++)
        run_shapes((struct net_case){
            .name = "conv, norm, relu", .build = build_conv_norm, .shape = {5, 3, step, 1, false}
        });
}

/* ---- dropout ---- */

static void forward_dropout(struct network *net, uint64_t seed, const uint32_t *sample,
                            bool is_training)
{
    struct pass pass = make_pass(2, true);
    pass.dropout.seed = seed;
    pass.sample = sample;
    pass.is_training = true;
    assert_true(network_prepare(net, &pass));
    assert_true(network_forward(net, &pass));
    pass.is_training = is_training;
    assert_true(network_forward(net, &pass));
}

/* Kept codes stay and the exponent rises by one; returns how many were dropped. */
static int check_dropped(const struct op *op)
{
    const struct tensor *in = op->in, *out = op->out;
    int dropped = 0;
    assert_int_equal(out->exponent, in->exponent + 1);
    for (size_t i = 0; i < 2 * in->size; i++) {
        const size_t at = twin_place(in, i);
        const bool kept = out->code[at] != 0;
        assert_true(in->code[at] != 0); /* else it says nothing */
        assert_int_equal(out->code[at], kept ? in->code[at] : 0);
        assert_true(out->value[at] == (kept ? 2.0F * in->value[at] : 0.0F));
        dropped += !kept;
    }
    return dropped;
}

static void test_dropout(void **state)
{
    (void)state;
    enum { N = 1000 };
    const uint32_t order[] = {7, 90000}, turned[] = {90000, 7};
    struct network net;
    network_create(&net, N, 1, 1);
    struct tensor *x = network_add_quantiser(&net, "input", net.input, false);
    network_finish(&net, network_add_dropout(&net, x, false), 2);
    for (size_t i = 0; i < 2 * N; i++)
        net.input->value[i / N * net.input->stride + i % N] = i % 3 ? 1.0F : -0.5F;
    const size_t stride = net.logits->stride;
    int16_t *before = MEM_NEW(int16_t, 2 * stride), *code = net.logits->code;

    forward_dropout(&net, 1, order, true);
    const int dropped = check_dropped(&net.op[1]);
    assert_true(abs(dropped - N) < 4 * 23); /* four deviations of 2 N draws */
    memcpy(before, code, 2 * stride * sizeof *code);
    forward_dropout(&net, 2, order, true);
    check_dropped(&net.op[1]);
    assert_memory_not_equal(code, before, stride * sizeof *code);
    forward_dropout(&net, 1, turned, true); /* a sample's number decides, not its place */
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(code[i] != 0, before[stride + i] != 0);
        assert_int_equal(code[stride + i] != 0, before[i] != 0);
    }
    forward_dropout(&net, 1, order, false); /* evaluation: nothing happens */
    assert_int_equal(net.logits->exponent, x->exponent);
    assert_memory_equal(code, x->code, 2 * stride * sizeof *code);
    assert_memory_equal(net.logits->value, x->value, 2 * stride * sizeof(float));
    mem_free(before);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
