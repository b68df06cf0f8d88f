/* Pooling, by maximum and mean, against the twin: windows that overlap, meet and leave gaps. */
#include "unit/nn/op_compare.h"

static void test_pools(void **state)
{
    (void)state;
    for (int kernel = 1; kernel <= 3; kernel++)
        for (int step = 1; step <= 3; step++) {
            const struct conv_shape shape = {0, kernel, step, 0, false};
            run_shapes((struct net_case){.name = "max", .build = build_max_pool, .shape = shape});
            run_shapes((struct net_case){.name = "mean", .build = build_mean_pool, .shape = shape});
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
