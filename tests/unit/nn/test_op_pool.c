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

/* ---- padding, rounding up ---- */

/* Kernel and step, padding by sides, rounding up, what a mean divides by. */
static const struct pool_shape padded[] = {
    {3, 2, {1, 1, 1, 1}, false, true },
    {3, 2, {1, 1, 1, 1}, true,  true },
    {3, 2, {1, 1, 1, 1}, true,  false},
    {3, 2, {0, 0, 1, 1}, false, false},
    {2, 2, {0, 0, 0, 0}, true,  true },
    {3, 3, {2, 0, 1, 2}, true,  true },
    {2, 1, {1, 0, 0, 1}, false, false},
    {4, 3, {0, 3, 2, 0}, true,  true },
    {3, 1, {1, 2, 1, 0}, false, true },
    {2, 3, {1, 1, 1, 1}, true,  false}, /* the last windows would start in the padding */
};

/* shape.channels is the number of the pool, with has_bias it is a maximum. */
static struct tensor *build_padded(struct network *net, struct tensor *x, struct conv_shape shape)
{
    return network_add_pool(net, x, shape.has_bias, padded[shape.channels]);
}

static void test_padded(void **state)
{
    (void)state;
    for (int i = 0; i < (int)(sizeof padded / sizeof *padded); i++)
        for (int is_max = 0; is_max <= 1; is_max++) {
            const struct op_sides by = padded[i].around;
            const int vertical = by.top + by.bottom, horizontal = by.left + by.right;
            const struct conv_shape shape = {i, padded[i].kernel, padded[i].step,
                                             (vertical < horizontal ? vertical : horizontal) / 2,
                                             is_max};
            run_shapes(
                (struct net_case){.name = "padded pool", .build = build_padded, .shape = shape});
        }
}

/* What PyTorch leaves of an axis: its formula's examples, from torch.nn.MaxPool2d. */
static void test_sizes(void **state)
{
    (void)state;
    static const int cases[][6] = {
  /* length, kernel, step, padding, ceil, pixels */
        {11,  2, 2, 0, 0, 5 },
        {11,  2, 2, 0, 1, 6 },
        {112, 3, 2, 1, 0, 56},
        {112, 3, 2, 1, 1, 57},
        {28,  3, 2, 0, 0, 13},
        {28,  3, 2, 0, 1, 14},
        {3,   2, 3, 1, 0, 2 },
        {4,   2, 3, 1, 1, 2 }, /* a third window would start behind the image */
        {1,   1, 3, 0, 1, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int *c = cases[i];
        const struct pool_shape shape = {.kernel = c[1], .step = c[2], .ceil = c[4]};
        assert_int_equal(network_pooled(c[0], c[3], c[3], shape), c[5]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_padded),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
