/* One tensor read more than once, against the twin. */
#include "unit/nn/op_compare.h"
#include "unit/nn/op_graphs.h"

static void test_graphs(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_graph_count; i++) {
        struct net_case c = op_graphs[i];
        run_shapes(c);
        c.channels = 17;
        c.height = 9;
        c.width = 6;
        run_case(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
