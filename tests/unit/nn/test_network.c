/* Which tensors of a network have gradients; networks that change between codes and floats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/layers.h"
#include "nn/models.h"

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
    add_layer(list, (struct layer_spec){.kind = LAYER_CONV,
                                        .outputs = 10,
                                        .window = SIDE,
                                        .width_of_window = SIDE,
                                        .step = 1,
                                        .groups = 1,
                                        .quantise = true});
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

enum { SAMPLES = 2, CLASSES = 10 };

/* logits [SAMPLES, CLASSES] of a new LeNet-5 on the same images, prepared for `first`, then for the
 * quantisation that the pass has. */
static void run_lenet(float *logits, bool first, bool quantise)
{
    const struct model_spec spec = {.model = "lenet5",
                                    .channels = 1,
                                    .height = 28,
                                    .width = 28,
                                    .classes = CLASSES,
                                    .capacity = SAMPLES};
    struct network net;
    model_build(&net, &spec);
    parameters_initialise(&net.params, 1);
    const struct pass prepared = {.quantise = first, .bits = 8};
    const struct pass pass = {
        .samples = SAMPLES,
        .shards = 1,
        .begin = (size_t[]){0, SAMPLES},
        .quantise = quantise,
        .bits = 8
    };
    for (size_t i = 0; i < SAMPLES * net.input->stride; i++)
        net.input->value[i] = (float)(i % 11) / 11 - 0.4F;
    assert_true(network_prepare(&net, &prepared));
    assert_true(network_prepare(&net, &pass));
    assert_true(network_forward(&net, &pass));
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(logits + i * CLASSES, net.logits->value + i * net.logits->stride,
               CLASSES * sizeof *logits);
    network_destroy(&net);
}

/* What was prepared before leaves nothing behind. */
static void test_change_of_kind(void **state)
{
    float fresh[SAMPLES * CLASSES], changed[SAMPLES * CLASSES];
    (void)state;
    for (int quantise = 0; quantise < 2; quantise++) {
        run_lenet(fresh, quantise, quantise);
        run_lenet(changed, !quantise, quantise);
        for (int i = 0; i < SAMPLES * CLASSES; i++)
            assert_true(isfinite(fresh[i]));
        assert_memory_equal(fresh, changed, sizeof fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_paths),
                                       cmocka_unit_test(test_change_of_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
