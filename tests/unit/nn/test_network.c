/* Which tensors of a network have gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "nn/layers.h"

static void add_layer(struct layer_list *list, struct layer_spec spec)
{
    snprintf(spec.name, sizeof spec.name, "layer%d", list->count);
    list->layer[list->count++] = spec;
}

/* Residuals of nothing but a pooling of single pixels, in front of a linear layer and behind it. */
static void add_residuals(struct layer_list *list, int count)
{
    for (int i = 0; i < count; i++) {
        add_layer(list, (struct layer_spec){.kind = LAYER_RESIDUAL, .branch = 1, .quantise = true});
        add_layer(list, (struct layer_spec){.kind = LAYER_MAX_POOL, .window = 1, .step = 1});
    }
}

/* Every path to the input doubles at a residual: 2^80 of them. */
static void test_many_paths(void **state)
{
    enum { RESIDUALS = 40, SIDE = 4 };
    (void)state;
    const size_t before = mem_live_blocks();
    struct layer_list *list = MEM_NEW(struct layer_list, 1);
    add_residuals(list, RESIDUALS);
    add_layer(list,
              (struct layer_spec){
                  .kind = LAYER_CONV, .outputs = 10, .window = SIDE, .step = 1, .quantise = true});
    add_residuals(list, RESIDUALS);
    add_layer(list, (struct layer_spec){.kind = LAYER_FLATTEN});

    struct network net;
    struct error err;
    int at;
    struct tensor *logits =
        layers_build(&net, list, (struct layers_data){1, SIDE, SIDE, 10}, &at, &err);
    if (!logits)
        fail_msg("layer %d: %s", at, err.text);
    network_finish(&net, logits, 2);
    bool is_behind = false; /* the list is a chain of operations: behind the convolution, or not */
    for (int i = 0; i < net.op_count; i++) {
        is_behind = is_behind || net.op[i].weight >= 0;
        assert_true(!net.op[i].out->gradient == !is_behind);
    }
    assert_true(is_behind);
    assert_null(net.input->gradient);
    network_destroy(&net);
    mem_free(list);
    assert_int_equal(mem_live_blocks(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
