#include "result/onnx_build.h"

struct layer_spec *onnx_append(struct onnx_build *b, int n, enum layer_kind kind)
{
    struct layer_list *list = b->network->list;
    if (list->count == LAYERS_MAX) {
        ONNX_REFUSE(b, n, "the network has more than %d layers", LAYERS_MAX);
        return NULL;
    }
    const bool is_on_grid = kind == LAYER_RELU || kind == LAYER_RELU6 || kind == LAYER_MAX_POOL ||
                            kind == LAYER_FLATTEN || kind == LAYER_DROPOUT || kind == LAYER_RESHAPE;
    b->network->layer[list->count] = (struct onnx_layer){.node = n, .alpha = 1.0, .beta = 1.0};
    list->layer[list->count] = (struct layer_spec){.kind = kind, .quantise = !is_on_grid};
    return &list->layer[list->count++];
}

int onnx_layer_before(const struct onnx_build *b, int at)
{
    int found = -1;
    for (int i = b->begin; i < at; i = layers_next(b->network->list, i))
        found = i;
    return found;
}
