/* Networks written as lists of layers: the same operations as the built-in ones, and the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "nn/models.h"
#include "settings/build_network.h"
#include "settings/settings_yaml.h"
#include "unit/settings/layer_lists.h"

static struct error err;

static void read_good(const char *data, const char *list, struct experiment *experiment)
{
    if (!read_list(data, list, experiment, &err))
        fail_msg("%s", err.text);
}

/* ---- the built-in networks as lists ---- */

static int index_of(const struct network *net, const struct tensor *tensor)
{
    return tensor ? (int)(tensor - net->tensor) : -1;
}

static void same_op(const struct network *a, const struct network *b, int i)
{
    const struct op *x = &a->op[i], *y = &b->op[i];
    assert_ptr_equal(x->class, y->class);
    assert_string_equal(x->name, y->name);
    assert_int_equal(index_of(a, x->in), index_of(b, y->in));
    assert_int_equal(index_of(a, x->second), index_of(b, y->second));
    assert_int_equal(index_of(a, x->out), index_of(b, y->out));
    assert_int_equal(x->out->channels, y->out->channels);
    assert_int_equal(x->out->height, y->out->height);
    assert_int_equal(x->out->width, y->out->width);
    assert_int_equal(x->out->border, y->out->border);
    assert_int_equal(x->weight, y->weight);
    assert_int_equal(x->bias, y->bias);
    assert_int_equal(x->kernel, y->kernel);
    assert_int_equal(x->step, y->step);
    assert_int_equal(x->padding, y->padding);
    assert_int_equal(x->relu, y->relu);
    assert_int_equal(x->drops_always, y->drops_always);
}

static void same_network(const struct network *a, const struct network *b)
{
    assert_int_equal(a->op_count, b->op_count);
    assert_int_equal(a->tensor_count, b->tensor_count);
    assert_int_equal(a->params.count, b->params.count);
    assert_int_equal(index_of(a, a->logits), index_of(b, b->logits));
    for (int i = 0; i < a->op_count; i++)
        same_op(a, b, i);
    for (int t = 0; t < a->params.count; t++) {
        assert_string_equal(a->params.tensor[t].name, b->params.tensor[t].name);
        assert_int_equal(a->params.tensor[t].offset, b->params.tensor[t].offset);
        assert_int_equal(a->params.tensor[t].init, b->params.tensor[t].init);
        assert_true(a->params.tensor[t].init_scale == b->params.tensor[t].init_scale);
    }
}

static void test_models(void **state)
{
    (void)state;
    static const size_t hidden[] = {100};
    static const struct model_spec mlp = {.model = "mlp", .hidden = hidden, .hidden_count = 1},
                                   lenet5 = {.model = "lenet5"},
                                   vgg11 = {.model = "vgg11", .dropout_always = true},
                                   resnet8 = {.model = "resnet", .blocks = 1, .filters = 8},
                                   padded = {.model = "resnet",
                                             .blocks = 1,
                                             .filters = 8,
                                             .pad_shortcut = true};
    static const struct {
        const char *data, *list;
        const struct model_spec *spec;
    } cases[] = {
        {"mnist",   LIST_MLP,     &mlp    },
        {"mnist",   LIST_LENET5,  &lenet5 },
        {"cifar10", LIST_VGG11,   &vgg11  },
        {"cifar10", LIST_RESNET8, &resnet8},
        {"cifar10", LIST_PADDED8, &padded },
    };
    for (int i = 0; i < 5; i++) {
        struct experiment experiment;
        struct dataset set;
        struct network model, list;
        struct model_spec spec = *cases[i].spec;
        read_good(cases[i].data, cases[i].list, &experiment);
        dataset_describe(&set, cases[i].data);
        spec.channels = set.channels;
        spec.height = set.height;
        spec.width = set.width;
        spec.classes = set.classes;
        spec.capacity = 2;
        model_build(&model, &spec);
        build_network(&list, &experiment.runs[0].settings, &set, 2);
        same_network(&model, &list);
        network_destroy(&model);
        network_destroy(&list);
        experiment_free(&experiment);
        assert_int_equal(mem_live_blocks(), 0);
    }
}

/* The deepest built-in network has room. */
static void test_deepest(void **state)
{
    (void)state;
    const struct model_spec spec = {.model = "resnet",
                                    .blocks = (200 - 2) / 6,
                                    .filters = 1,
                                    .channels = 1,
                                    .height = 4,
                                    .width = 4,
                                    .classes = 2,
                                    .capacity = 1};
    struct network net;
    model_build(&net, &spec);
    assert_true(net.op_count <= NETWORK_OPS && net.params.count <= PARAMETERS_MAX);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- the text ---- */

/* Names that are made, and the resolved text, which reads back to the same list and text. */
static void test_text(void **state)
{
    (void)state;
    static const char list[] =
        "\n    - dropout\n    - conv: {outputs: 4, kernel: 3, padding: 1, quantise: false}\n"
        "    - batch-norm:\n    - relu\n    - residual:\n        shortcut: [conv: {outputs: 6, kernel: 1}]\n"
        "        layers:\n        - conv: {outputs: 4, kernel: 1}\n        - relu\n"
        "        - residual: {shortcut: pad, layers: [conv: {outputs: 6, kernel: 1}]}\n"
        "    - average-pool: {size: 14, quantise: false}\n    - quantise\n"
        "    - global-average-pool\n    - flatten\n    - linear: {outputs: 8}\n"
        "    - reshape: {channels: 2, height: 2, width: 2}\n    - max-pool: {size: 2, stride: 1}\n"
        "    - max-pool: {size: 3, padding: [1, 2], ceil: true}\n"
        "    - average-pool: {size: 2, padding: [1, 1, 0, 0], count_padding: false}\n"
        "    - conv: {outputs: 4, kernel: [3, 1], padding: [1, 0], groups: 2}\n    - relu6\n"
        "    - conv: {outputs: 4, kernel: 2, padding: same, bias: false}\n"
        "    - batch-norm: {epsilon: 0.001}\n"
        "    - max-pool: {size: 4, padding: same}\n    - max-pool: {size: 2, padding: 1}\n"
        "    - flatten\n    - linear: {outputs: 10, quantise: false}";
    static const char printed[] =
        "network:\n"
        "  layers:\n"
        "    - dropout: {always: false}\n"
        "    - conv: {name: conv1, outputs: 4, kernel: 3, stride: 1, padding: 1, bias: true, "
        "quantise: false}\n"
        "    - batch-norm: {name: bn1, quantise: true}\n"
        "    - relu\n"
        "    - residual:\n"
        "        name: block1\n"
        "        quantise: true\n"
        "        layers:\n"
        "          - conv: {name: block1.conv1, outputs: 4, kernel: 1, stride: 1, padding: 0, "
        "bias: true, quantise: true}\n"
        "          - relu\n"
        "          - residual:\n"
        "              name: block1.block1\n"
        "              quantise: true\n"
        "              layers:\n"
        "                - conv: {name: block1.block1.conv1, outputs: 6, kernel: 1, stride: 1, "
        "padding: 0, bias: true, quantise: true}\n"
        "              shortcut: pad\n"
        "        shortcut:\n"
        "          - conv: {name: block1.shortcut.conv1, outputs: 6, kernel: 1, stride: 1, "
        "padding: 0, bias: true, quantise: true}\n"
        "    - average-pool: {name: pool1, size: 14, stride: 14, quantise: false}\n"
        "    - quantise: {name: pool1.out}\n"
        "    - global-average-pool: {name: pool2, quantise: true}\n"
        "    - flatten\n"
        "    - linear: {name: fc1, outputs: 8, quantise: true}\n"
        "    - reshape: {channels: 2, height: 2, width: 2}\n"
        "    - max-pool: {size: 2, stride: 1}\n"
        "    - max-pool: {size: 3, stride: 3, padding: [1, 2, 1, 2], ceil: true}\n"
        "    - average-pool: {name: pool3, size: 2, stride: 2, padding: [1, 1, 0, 0], "
        "count_padding: false, quantise: true}\n"
        "    - conv: {name: conv2, outputs: 4, kernel: [3, 1], stride: 1, padding: [1, 0, 1, 0], "
        "groups: 2, bias: true, quantise: true}\n"
        "    - relu6\n"
        "    - conv: {name: conv3, outputs: 4, kernel: 2, stride: 1, padding: same, bias: false, "
        "quantise: true}\n"
        "    - batch-norm: {name: bn2, epsilon: 0.001, quantise: true}\n"
        "    - max-pool: {size: 4, stride: 4, padding: same}\n"
        "    - max-pool: {size: 2, stride: 2, padding: 1}\n"
        "    - flatten\n"
        "    - linear: {name: fc2, outputs: 10, quantise: false}\n"
        "fixed_point:\n";
    struct experiment first, again;
    read_good("mnist", list, &first);
    char *yaml = settings_to_yaml(&first.runs[0].settings);
    if (!strstr(yaml, printed))
        fail_msg("%s", yaml);
    if (!experiment_from_settings(&again, "t.yaml", yaml, (struct experiment_overrides){0}, &err))
        fail_msg("%s", err.text);
    assert_int_equal(layers_difference(first.runs[0].settings.network.layers,
                                       again.runs[0].settings.network.layers),
                     -1);
    mem_free(yaml);
    experiment_free(&first);
    experiment_free(&again);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Variants, and runs that name a list by an alias, share one copy; settings stay small. */
static void test_one_copy(void **state)
{
    (void)state;
    static const char text[] =
        "experiment: e\ntraining: {select: last}\nruns:\n"
        "- name: a\n  network: {layers: &l [flatten, linear: {outputs: 10}]}\n"
        "  sparsity: {keep: [0.5]}\n"
        "  matrix: {training.seed: [1, 2]}\n"
        "- {name: b, network: {layers: *l}}\n";
    struct experiment e;
    if (!experiment_parse(&e, "t.yaml", text, strlen(text), (struct experiment_overrides){0}, &err))
        fail_msg("%s", err.text);
    assert_int_equal(e.run_count, 3);
    const struct settings *a = &e.runs[0].settings;
    assert_int_equal(a->network.layers->count, 2);
    for (int i = 1; i < 3; i++)
        assert_ptr_equal(e.runs[i].settings.network.layers, a->network.layers);
    assert_ptr_equal(e.runs[1].settings.sparsity.keep.value, a->sparsity.keep.value);
    assert_true(sizeof *a < 1100);
    experiment_free(&e);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Every field counts, lines do not. */
static void test_difference(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "[flatten, linear: {outputs: 10}]",
        "[flatten, linear: {outputs: 10, name: x}]",
        "[flatten, linear: {outputs: 10, quantise: false}]",
        "[flatten, linear: {outputs: 10}, relu]",
        "[flatten, linear: {outputs: 11}, linear: {outputs: 10}]",
        "[dropout, flatten, linear: {outputs: 10}]",
        "[dropout: {always: true}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 4}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 4, bias: false}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 4, stride: 3}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 4, padding: 3}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 5}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: [4, 5]}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 4, padding: same}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 4, padding: [1, 0]}, flatten, linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 1}, conv: {outputs: 2, kernel: 4, groups: 2}, flatten, "
        "linear: {outputs: 10}]",
        "[conv: {outputs: 2, kernel: 1}, conv: {outputs: 2, kernel: 4}, flatten, "
        "linear: {outputs: 10}]",
        "[batch-norm, flatten, linear: {outputs: 10}]",
        "[batch-norm: {epsilon: 0.001}, flatten, linear: {outputs: 10}]",
        "[batch-norm, relu, flatten, linear: {outputs: 10}]",
        "[batch-norm, relu6, flatten, linear: {outputs: 10}]",
        "[max-pool: {size: 2}, flatten, linear: {outputs: 10}]",
        "[max-pool: {size: 2, stride: 1}, flatten, linear: {outputs: 10}]",
        "[average-pool: {size: 2}, flatten, linear: {outputs: 10}]",
        "[average-pool: {size: 2, ceil: true}, flatten, linear: {outputs: 10}]",
        "[average-pool: {size: 2, padding: same}, flatten, linear: {outputs: 10}]",
        "[average-pool: {size: 2, padding: 1}, flatten, linear: {outputs: 10}]",
        "[average-pool: {size: 2, padding: [1, 0, 0, 1]}, flatten, linear: {outputs: 10}]",
        "[average-pool: {size: 2, count_padding: false}, flatten, linear: {outputs: 10}]",
        "[residual: {layers: [batch-norm]}, flatten, linear: {outputs: 10}]",
        "[residual: {layers: [batch-norm], shortcut: [batch-norm]}, flatten, linear: {outputs: 10}]",
        "[residual: {layers: [batch-norm], shortcut: pad}, flatten, linear: {outputs: 10}]",
    };
    enum { LISTS = sizeof lists / sizeof *lists };
    struct experiment experiment[LISTS];
    for (int i = 0; i < LISTS; i++)
        read_good("mnist", lists[i], &experiment[i]);
    for (int i = 0; i < LISTS; i++)
        for (int j = 0; j < LISTS; j++)
            assert_int_equal(layers_difference(experiment[i].runs[0].settings.network.layers,
                                               experiment[j].runs[0].settings.network.layers) < 0,
                             i == j);
    for (int i = 0; i < LISTS; i++)
        experiment_free(&experiment[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),     cmocka_unit_test(test_deepest),
        cmocka_unit_test(test_text),       cmocka_unit_test(test_one_copy),
        cmocka_unit_test(test_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
