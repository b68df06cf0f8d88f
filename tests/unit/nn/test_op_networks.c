/* Whole networks, built-in ones and lists of layers, against the twin. */
#include "unit/nn/op_compare.h"

#include "base/error.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "settings/build_network.h"
#include "unit/settings/layer_lists.h"
#include "unit/support/random_numbers.h"

/* ---- lists of layers ---- */

#define BRANCH "conv: {outputs: 6, kernel: 3, padding: 1}"

/* What the built-in networks do not have: nested residuals, shortcuts of every kind, layers without
 * quantisers, several pools, images made of flat values. No bias stands before a batch norm, which
 * would make its gradient 0 but for rounding. */
static const char *const lists[] = {
    "[residual: {layers: [batch-norm, relu, conv: {outputs: 3, kernel: 3, padding: 1}]}, relu, "
    "flatten, linear: {outputs: 10}]",
    "[" BRANCH ", relu, residual: {layers: [" BRANCH ", residual: {layers: [" BRANCH
    ", relu, " BRANCH "], shortcut: [batch-norm]}, relu, batch-norm], "
    "shortcut: [conv: {outputs: 4, kernel: 2, padding: 1}, max-pool: {size: 2, stride: 1}, "
    "conv: {outputs: 6, kernel: 1}]}, flatten, linear: {outputs: 10}]",
    "[conv: {outputs: 5, kernel: 2, stride: 2, quantise: false, bias: false}, max-pool: {size: 2}, "
    "residual: {layers: [quantise: {name: q1}, conv: {outputs: 5, kernel: 1, bias: false}], "
    "shortcut: [batch-norm], quantise: false}, average-pool: {size: 4}, relu, flatten, "
    "linear: {outputs: 10, quantise: false}]",
    "[flatten, linear: {outputs: 48}, relu, reshape: {channels: 3, height: 4, width: 4}, "
    "residual: {layers: [conv: {outputs: 4, kernel: 3, stride: 2, padding: 1, bias: false}, "
    "batch-norm, relu, flatten], shortcut: [flatten, linear: {outputs: 16, quantise: false}]}, "
    "relu, residual: {layers: [linear: {outputs: 16}]}, linear: {outputs: 10}]",
    "[conv: {outputs: 4, kernel: 4}, relu, max-pool: {size: 3, stride: 2, padding: 1, ceil: true}, "
    "average-pool: {size: 2, stride: 3, padding: [0, 1]}, max-pool: {size: 3, stride: 2, "
    "padding: same}, conv: {outputs: 8, kernel: 2, stride: 1}, average-pool: {size: 2, stride: 1, "
    "padding: [1, 0, 0, 1], count_padding: false}, flatten, linear: {outputs: 10}]",
    "[conv: {outputs: 6, kernel: 3, stride: 2, padding: same, bias: false}, batch-norm, relu6, "
    "residual: {layers: [conv: {outputs: 12, kernel: 1, bias: false}, batch-norm: {epsilon: 0.01}, "
    "relu6, conv: {outputs: 12, kernel: 3, padding: 1, groups: 12, bias: false}, batch-norm, "
    "relu6, conv: {outputs: 6, kernel: 1, bias: false}, batch-norm]}, conv: {outputs: 4, kernel: "
    "[5, 2], stride: 3, padding: [2, 0, 1, 1], groups: 2}, relu6, flatten, linear: {outputs: 10}]",
    "[average-pool: {size: 4, quantise: false}, quantise, conv: {outputs: 10, kernel: 8}, "
    "global-average-pool, flatten]",
    "[conv: {outputs: 3, kernel: 3, stride: 3}, relu, residual: {layers: [conv: {outputs: 8, "
    "kernel: 3, stride: 2, padding: 1, bias: false}, batch-norm], shortcut: pad}, relu, residual: "
    "{layers: [conv: {outputs: 9, kernel: 5, stride: 5, padding: 2, bias: false}, max-pool: {size: 1}], "
    "shortcut: pad, quantise: false}, batch-norm, residual: {layers: [batch-norm], shortcut: pad}, "
    "relu, flatten, residual: {layers: [linear: {outputs: 10}], shortcut: pad}]",
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (int quantise = 0; quantise < 2; quantise++) {
            struct experiment experiment;
            struct dataset set;
            struct network net;
            struct error err;
            if (!read_list("cifar10", lists[i], &experiment, &err))
                fail_msg("%s", err.text);
            dataset_describe(&set, "cifar10");
            seed_random(lists[i]);
            build_network(&net, &experiment.runs[0].settings, &set, CAPACITY);
            random_parameters(&net.params);
            run_network(lists[i], &net, quantise);
            network_destroy(&net);
            experiment_free(&experiment);
            assert_int_equal(mem_live_blocks(), 0);
        }
}

/* ---- built-in networks ---- */

static void run_model(struct model_spec spec)
{
    for (int quantise = 0; quantise <= 1; quantise++) {
        struct network net;
        model_case_create(&net, spec);
        run_network(spec.model, &net, quantise);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_resnet(void **state)
{
    (void)state;
    run_model((struct model_spec){
        .model = "resnet", .blocks = 1, .filters = 8, .channels = 3, .height = 9, .width = 9});
    for (int pad = 0; pad <= 1; pad++)
        run_model((struct model_spec){.model = "resnet",
                                      .blocks = 2,
                                      .filters = 3,
                                      .pad_shortcut = pad,
                                      .channels = 1,
                                      .height = 7,
                                      .width = 7});
}

static void test_lenet5(void **state)
{
    (void)state;
    run_model((struct model_spec){.model = "lenet5", .channels = 1, .height = 20, .width = 20});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_resnet),
        cmocka_unit_test(test_lenet5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
