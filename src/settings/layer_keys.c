#include "settings/layer_keys.h"

/* clang-format off */
#define AT(field) offsetof(struct layer_spec, field)
static const struct layer_key
    key_name = {"name", KEY_NAME, AT(name), 0, 0, 0, false},
    key_outputs = {"outputs", KEY_INTEGER, AT(outputs), 1, 32768, NEEDED, false},
    key_kernel = {"kernel", KEY_KERNEL, AT(window), 1, LAYERS_WINDOW, NEEDED, false},
    key_size = {"size", KEY_INTEGER, AT(window), 1, LAYERS_WINDOW, NEEDED, false},
    key_stride = {"stride", KEY_INTEGER, AT(step), 1, LAYERS_WINDOW, 1, false},
    key_pool_stride = {"stride", KEY_INTEGER, AT(step), 1, LAYERS_WINDOW, SAME_AS_SIZE, false},
    key_padding = {"padding", KEY_SIDES, AT(around), 0, LAYERS_WINDOW - 1, 0, false},
    key_groups = {"groups", KEY_INTEGER, AT(groups), 1, 32768, 1, true},
    key_epsilon = {"epsilon", KEY_EPSILON, AT(epsilon), 0, 0, 0, true},
    key_around = {"padding", KEY_SIDES, AT(around), 0, LAYERS_WINDOW - 1, 0, true},
    key_ceil = {"ceil", KEY_BOOLEAN, AT(ceil), 0, 0, false, true},
    key_count_padding = {"count_padding", KEY_BOOLEAN, AT(count_padding), 0, 0, true, true},
    key_channels = {"channels", KEY_INTEGER, AT(channels), 1, 32768, NEEDED, false},
    key_height = {"height", KEY_INTEGER, AT(height), 1, 1024, NEEDED, false},
    key_width = {"width", KEY_INTEGER, AT(width), 1, 1024, NEEDED, false},
    key_bias = {"bias", KEY_BOOLEAN, AT(bias), 0, 0, true, false},
    key_quantise = {"quantise", KEY_BOOLEAN, AT(quantise), 0, 0, true, false},
    key_always = {"always", KEY_BOOLEAN, AT(always), 0, 0, false, false};

const struct layer_kind_keys layer_kinds[LAYER_KINDS] = {
    [LAYER_CONV] = {"conv", "conv", {&key_name, &key_outputs, &key_kernel, &key_stride, &key_padding, &key_groups, &key_bias, &key_quantise}},
    [LAYER_LINEAR] = {"linear", "fc", {&key_name, &key_outputs, &key_quantise}},
    [LAYER_BATCH_NORM] = {"batch-norm", "bn", {&key_name, &key_epsilon, &key_quantise}},
    [LAYER_RELU] = {"relu", NULL, {NULL}},
    [LAYER_RELU6] = {"relu6", NULL, {NULL}},
    [LAYER_QUANTISE] = {"quantise", NULL, {&key_name}},
    [LAYER_MAX_POOL] = {"max-pool", NULL, {&key_size, &key_pool_stride, &key_around, &key_ceil}},
    [LAYER_AVERAGE_POOL] = {"average-pool", "pool", {&key_name, &key_size, &key_pool_stride, &key_around, &key_ceil, &key_count_padding, &key_quantise}},
    [LAYER_GLOBAL_AVERAGE_POOL] = {"global-average-pool", "pool", {&key_name, &key_quantise}},
    [LAYER_DROPOUT] = {"dropout", NULL, {&key_always}},
    [LAYER_FLATTEN] = {"flatten", NULL, {NULL}},
    [LAYER_RESHAPE] = {"reshape", NULL, {&key_channels, &key_height, &key_width}},
    [LAYER_RESIDUAL] = {"residual", "block", {&key_name, &key_quantise}},
};
/* clang-format on */

int *layer_integer(struct layer_spec *spec, const struct layer_key *key)
{
    return (int *)((char *)spec + key->offset);
}

bool *layer_boolean(struct layer_spec *spec, const struct layer_key *key)
{
    return (bool *)((char *)spec + key->offset);
}

struct layer_sides *layer_sides_of(struct layer_spec *spec, const struct layer_key *key)
{
    return (struct layer_sides *)((char *)spec + key->offset);
}
