/* Loading of batches that are as large as the set of images that is timed, and larger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/bench_steps.h"

static void load(size_t batch)
{
    struct network net;
    struct step step;
    network_create(&net, 1, 2, 2);
    struct tensor *x = network_add_quantiser(&net, "input", net.input, false);
    network_finish(&net, network_add_linear(&net, "fc", x, 2), batch);
    parameters_initialise(&net.params, 1);
    step_create(
        &step, &net,
        (struct step_settings){
            .penalty = "none", .format = {8, 2},
                 .quantise = true, .batch = batch, .shards = 1
    });
    bench_fill(&step, batch);
    const double load_s =
        bench_load_s(&step, batch, &(struct model_spec){.channels = 1, .height = 2, .width = 2});
    assert_true(load_s > 0.0 && load_s < 10.0);
    for (size_t i = 0; i < batch; i++) /* pixels, with mean 0 and deviation 1/4 */
        for (size_t k = 0; k < 4; k++)
            assert_true(net.input->value[i * net.input->stride + k] >= 0.0F &&
                        net.input->value[i * net.input->stride + k] <= 4.0F);
    step_destroy(&step);
    network_destroy(&net);
}

static void test_large_batches(void **state)
{
    (void)state;
    const size_t before = mem_live_blocks();
    load(16);
    load(16384);
    load(32768);
    load(65536);
    assert_int_equal(mem_live_blocks(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_large_batches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
