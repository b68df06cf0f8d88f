/* Linear layers against the twin. */
#include "unit/nn/op_compare.h"

static void test_linear(void **state)
{
    (void)state;
    static const int outputs[] = {1, 10, 16, 33};
    for (int i = 0; i < 4; i++)
        run_shapes((struct net_case){
            .name = "linear", .build = build_linear, .shape = {.channels = outputs[i]}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
