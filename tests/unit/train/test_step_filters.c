/* train: which weights a penalty without radial part takes for filters whose scale batch norm takes
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/models.h"
#include "train/step.h"

static size_t filter_of(const struct step *step, const char *name)
{
    for (size_t v = 0; v < step->views; v++)
        if (strcmp(step->net->params.tensor[step->viewed[v]].name, name) == 0)
            return step->view[v].filter;
    fail_msg("no tensor %s", name);
    return 0;
}

static void open_step(struct network *net, struct step *step, bool batch_norm, bool skips_radial)
{
    const struct model_spec spec = {.model = batch_norm ? "resnet" : "lenet5",
                                    .blocks = 1,
                                    .filters = 4,
                                    .channels = batch_norm ? 3 : 1,
                                    .height = batch_norm ? 32 : 28,
                                    .width = batch_norm ? 32 : 28,
                                    .classes = 10,
                                    .capacity = 4};
    const struct step_settings settings = {
        .penalty = "bit-slice-l1",
        .alpha = 1.0,
        .skips_radial = skips_radial,
        .format = {8, 2},
        .quantise = true,
        .batch = 4,
        .shards = 1
    };
    model_build(net, &spec);
    step_create(step, net, settings);
}

static void test_filters(void **state)
{
    (void)state;
    struct network net;
    struct step step;
    open_step(&net, &step, true, true);
    assert_int_equal(filter_of(&step, "conv1.weight"), 3 * 9);
    assert_int_equal(filter_of(&step, "layer1.0.conv2.weight"), 4 * 9);
    assert_int_equal(filter_of(&step, "layer3.0.conv1.weight"), 8 * 9);
    assert_int_equal(filter_of(&step, "fc.weight"), 0);
    assert_int_equal(filter_of(&step, "fc.bias"), 0);
    assert_int_equal(filter_of(&step, "bn1.weight"), 0);
    step_destroy(&step);
    network_destroy(&net);
    open_step(&net, &step, true, false); /* not asked for */
    assert_int_equal(filter_of(&step, "conv1.weight"), 0);
    step_destroy(&step);
    network_destroy(&net);
    open_step(&net, &step, false, true); /* no batch norm */
    assert_int_equal(filter_of(&step, "conv1.weight"), 0);
    step_destroy(&step);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_filters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
