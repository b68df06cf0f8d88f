/* The twin itself, against finite differences. */
#include "unit/nn/op_graphs.h"

#include "base/mem.h"
#include "unit/nn/twin_slopes.h"
#include "unit/support/random_numbers.h"

static void test_twin(void **state)
{
    (void)state;
    static const struct net_case alone[] = {
        {.name = "linear",    .build = build_linear,    .shape = {.channels = 4}   },
        {.name = "conv",      .build = build_conv,      .shape = {4, 3, 2, 1, true}},
        {.name = "conv",      .build = build_conv,      .shape = {4, 2, 1, 2, true}},
        {.name = "conv norm", .build = build_conv_norm, .shape = {4, 3, 1, 1, true}},
    };
    for (size_t i = 0; i < op_graph_count + 4; i++) {
        struct network net;
        struct net_case c = i < op_graph_count ? op_graphs[i] : alone[i - op_graph_count];
        c.channels = 3;
        c.height = 7;
        c.width = 5;
        seed_random(c.name);
        net_case_create(&net, &c);
        check_twin(c.name, &net, SAMPLES);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

/* A few samples: each slope takes two passes of the network. */
static void test_whole_network(void **state)
{
    (void)state;
    struct network net;
    model_case_create(
        &net,
        (struct model_spec){
            .model = "resnet", .blocks = 1, .filters = 8, .channels = 3, .height = 9, .width = 9});
    check_twin("resnet", &net, 3);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_whole_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
