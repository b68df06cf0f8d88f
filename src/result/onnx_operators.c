/* One function an operator of ONNX: its layers, or why there are none. Those with weights or windows are
 * in onnx_weighted.c. */
#include <math.h>
#include <string.h>

#include "base/names.h"
#include "result/onnx_build.h"

/* ---- activations ---- */

static bool is_activation(enum layer_kind kind)
{
    return kind == LAYER_RELU || kind == LAYER_RELU6;
}

/* A ReLU belongs to the quantiser in front; what only chooses among values may come after it. */
static bool append_activation(struct onnx_build *b, int n, enum layer_kind kind)
{
    struct layer_list *list = b->network->list;
    int at = list->count, before = onnx_layer_before(b, at);
    while (before >= 0 && (list->layer[before].kind == LAYER_MAX_POOL ||
                           list->layer[before].kind == LAYER_FLATTEN ||
                           list->layer[before].kind == LAYER_DROPOUT ||
                           list->layer[before].kind == LAYER_RESHAPE)) {
        at = before;
        before = onnx_layer_before(b, at);
    }
    if (before >= 0 && list->layer[before].kind == kind)
        return true;
    if (before < 0 || is_activation(list->layer[before].kind))
        return ONNX_REFUSE(b, n,
                           "must stand behind a layer, its fork or another activation comes first");
    if (!onnx_append(b, n, kind))
        return false;
    const struct layer_spec spec = list->layer[list->count - 1];
    const struct onnx_layer layer = b->network->layer[list->count - 1];
    for (int i = list->count - 1; i > at; i--) {
        list->layer[i] = list->layer[i - 1];
        b->network->layer[i] = b->network->layer[i - 1];
    }
    list->layer[at] = spec;
    b->network->layer[at] = layer;
    return true;
}

static bool append_relu(struct onnx_build *b, int n)
{
    return append_activation(b, n, LAYER_RELU);
}

/* A bound of Clip: an input from version 11 on, an attribute before. */
static bool take_bound(struct onnx_build *b, int n, size_t i, const char *name, double *bound)
{
    const struct onnx_tensor *tensor = onnx_graph_tensor(&b->graph, n, i);
    if (tensor && tensor->count == 1)
        *bound = onnx_tensor_real(tensor, 0);
    else if (onnx_graph_has(&b->graph, n, i))
        return ONNX_REFUSE(b, n, "its %s must be a number of the file", name);
    else
        *bound = onnx_node_real(onnx_node_of(b, n), name, *bound);
    return true;
}

static bool append_clip(struct onnx_build *b, int n)
{
    double low = -INFINITY, high = INFINITY;
    if (!take_bound(b, n, 1, "min", &low) || !take_bound(b, n, 2, "max", &high))
        return false;
    if (fabs(low) > 0.0 || (fabs(high - 6.0) > 0.0 && high < 3e38))
        return ONNX_REFUSE(b, n, "clips to %g .. %g; supported: 0 .. 6 and 0 .. infinity", low,
                           high);
    return append_activation(b, n, high < 7.0 ? LAYER_RELU6 : LAYER_RELU);
}

static bool append_flatten_layer(struct onnx_build *b, int n)
{
    if (b->is_flat)
        return true;
    b->is_flat = true;
    return onnx_append(b, n, LAYER_FLATTEN) != NULL;
}

static bool append_global_pool(struct onnx_build *b, int n)
{
    if (b->is_flat)
        return ONNX_REFUSE(b, n, "works on an image, but flat values come");
    return onnx_append(b, n, LAYER_GLOBAL_AVERAGE_POOL) != NULL;
}

/* Integers that are an attribute, or from some version on an input; 0 where there are none. */
static size_t take_integers(const struct onnx_build *b, int n, size_t i, const char *name,
                            int64_t *value, size_t most)
{
    const struct onnx_attribute *attribute = onnx_node_attribute(onnx_node_of(b, n), name);
    const struct onnx_tensor *tensor = onnx_graph_tensor(&b->graph, n, i);
    const size_t count = attribute ? attribute->integers : tensor ? tensor->count : 0;
    for (size_t k = 0; k < count && k < most; k++)
        value[k] = attribute ? attribute->integer_list[k] : onnx_tensor_integer(tensor, k);
    return count;
}

static bool append_reduce_mean(struct onnx_build *b, int n)
{
    int64_t axis[2] = {0, 0};
    const size_t axes = take_integers(b, n, 1, "axes", axis, 2);
    for (int i = 0; i < 2; i++)
        axis[i] += axis[i] < 0 ? 4 : 0;
    if (axes != 2 || axis[0] + axis[1] != 5 || axis[0] * axis[1] != 6)
        return ONNX_REFUSE(b, n, "axes; supported: 2 and 3, the mean of an image");
    return append_global_pool(b, n) && (onnx_node_integer(onnx_node_of(b, n), "keepdims", 1) != 0 ||
                                        append_flatten_layer(b, n));
}

/* ---- shapes ---- */

static bool append_flatten(struct onnx_build *b, int n)
{
    const int64_t axis = onnx_node_integer(onnx_node_of(b, n), "axis", 1);
    if (axis != 1 && !(b->is_flat && axis == -1) && !(!b->is_flat && axis == -3))
        return ONNX_REFUSE(b, n, "axis is %lld; supported: 1", (long long)axis);
    return append_flatten_layer(b, n);
}

/* A shape that the graph works out itself is [samples, the rest], or what comes from such code. */
static bool append_reshape(struct onnx_build *b, int n)
{
    int64_t side[4] = {0};
    const struct onnx_tensor *shape = onnx_graph_tensor(&b->graph, n, 1);
    const size_t sides = take_integers(b, n, 1, "shape", side, 4);
    if (sides == 0 && !shape && onnx_node_of(b, n)->inputs == 2 &&
        b->graph.source[n][1].index >= 0) {
        const int from = b->graph.source[n][1].index;
        const struct onnx_tensor *rest = onnx_graph_tensor(&b->graph, from, 1);
        const bool is_flat = strcmp(onnx_node_of(b, from)->kind, "Concat") == 0 &&
                             onnx_node_of(b, from)->inputs == 2 && rest && rest->count == 1;
        return is_flat
                   ? append_flatten_layer(b, n)
                   : ONNX_REFUSE(b, n, "a shape that is worked out; supported: [samples, values]");
    }
    const bool is_pixel = sides == 4 && !b->is_flat && side[1] == 1 && side[2] == 1;
    if ((sides == 2 || is_pixel) && side[0] < 2) /* one pixel, channels last: all values in order */
        return append_flatten_layer(b, n);
    if (sides != 4 || !b->is_flat || side[0] > 1)
        return ONNX_REFUSE(b, n,
                           "its shape; supported: [samples, values], and images of flat values");
    for (int i = 1; i < 4; i++)
        if (side[i] < 1 || side[i] > 1024)
            return ONNX_REFUSE(b, n, "an image of sides %lld; supported: 1 to 1024",
                               (long long)side[i]);
    struct layer_spec *spec = onnx_append(b, n, LAYER_RESHAPE);
    if (!spec)
        return false;
    spec->channels = (int)side[1];
    spec->height = (int)side[2];
    spec->width = (int)side[3];
    b->is_flat = false;
    return true;
}

/* Of the two axes of one pixel. */
static bool append_squeeze(struct onnx_build *b, int n)
{
    int64_t axis[2] = {0};
    const size_t axes = take_integers(b, n, 1, "axes", axis, 2);
    for (int i = 0; i < 2; i++)
        axis[i] += axis[i] < 0 ? 4 : 0;
    if (b->is_flat || axes != 2 || axis[0] + axis[1] != 5 || axis[0] * axis[1] != 6)
        return ONNX_REFUSE(b, n, "axes; supported: 2 and 3 of an image");
    return append_flatten_layer(b, n);
}

/* Pixels with channels last, as they come in: ours are always the other way. */
static bool append_transpose(struct onnx_build *b, int n)
{
    const struct onnx_attribute *order = onnx_node_attribute(onnx_node_of(b, n), "perm");
    static const int64_t channels_first[4] = {0, 3, 1, 2};
    const bool fits = order && order->integers == 4 && b->graph.data[0][n] == 0 &&
                      memcmp(order->integer_list, channels_first, sizeof channels_first) == 0;
    return fits ||
           ONNX_REFUSE(b, n, "supported: of the network's input, channels first: 0, 3, 1, 2");
}

static bool append_pad(struct onnx_build *b, int n)
{
    int64_t side[8] = {0};
    const struct onnx_attribute *mode = onnx_node_attribute(onnx_node_of(b, n), "mode");
    const struct onnx_tensor *value = onnx_graph_tensor(&b->graph, n, 2);
    const size_t sides = take_integers(b, n, 1, "pads", side, 8);
    const double filler = value && value->count == 1
                              ? onnx_tensor_real(value, 0)
                              : onnx_node_real(onnx_node_of(b, n), "value", 0);
    bool fits = sides == 8 && side[0] == 0 && side[1] == 0 && side[4] == 0 && side[5] == 0 &&
                fabs(filler) <= 0.0 && (!mode || onnx_attribute_is(mode, "constant")) &&
                b->padded < 0 && !onnx_graph_has(&b->graph, n, 3);
    for (int i = 0; i < 8; i++)
        fits = fits && side[i] >= 0 && side[i] < LAYERS_WINDOW;
    if (!fits)
        return ONNX_REFUSE(b, n, "supported: zeros around an image, at most %d", LAYERS_WINDOW - 1);
    b->pad = (struct op_sides){(int)side[2], (int)side[3], (int)side[6], (int)side[7]};
    b->padded = n;
    return true;
}

/* ---- what is nothing at inference ---- */

static bool append_nothing(struct onnx_build *b, int n)
{
    (void)b, (void)n;
    return true;
}

static bool append_dropout(struct onnx_build *b, int n)
{
    double share = 0.5;
    if (!take_bound(b, n, 1, "ratio", &share))
        return false;
    if (fabs(share - 0.5) <= 0.0)
        return onnx_append(b, n, LAYER_DROPOUT) != NULL;
    b->network->drops_dropout = b->network->drops_dropout || share > 0.0;
    return true;
}

/* The last node: logits are what comes in. */
static bool append_softmax(struct onnx_build *b, int n)
{
    b->network->has_softmax = true;
    return b->graph.output == n + 1 || ONNX_REFUSE(b, n, "supported: as the last node");
}

static const struct {
    const char *kind;
    bool (*append)(struct onnx_build *b, int n);
} operators[] = {
    {"Add",                onnx_append_bias        },
    {"AveragePool",        onnx_append_average_pool},
    {"BatchNormalization", onnx_append_norm        },
    {"Clip",               append_clip             },
    {"Conv",               onnx_append_conv        },
    {"Dropout",            append_dropout          },
    {"Flatten",            append_flatten          },
    {"Gemm",               onnx_append_gemm        },
    {"GlobalAveragePool",  append_global_pool      },
    {"Identity",           append_nothing          },
    {"LogSoftmax",         append_softmax          },
    {"MatMul",             onnx_append_matmul      },
    {"MaxPool",            onnx_append_max_pool    },
    {"Pad",                append_pad              },
    {"ReduceMean",         append_reduce_mean      },
    {"Relu",               append_relu             },
    {"Reshape",            append_reshape          },
    {"Softmax",            append_softmax          },
    {"Squeeze",            append_squeeze          },
    {"Sum",                onnx_append_bias        },
    {"Transpose",          append_transpose        },
};

enum { OPERATORS = sizeof operators / sizeof *operators };

bool onnx_append_node(struct onnx_build *b, int n)
{
    const struct onnx_node *node = onnx_node_of(b, n);
    const bool is_standard = !*node->domain || strcmp(node->domain, "ai.onnx") == 0;
    for (int i = 0; i < OPERATORS && is_standard; i++) {
        if (strcmp(operators[i].kind, node->kind) != 0)
            continue;
        if (b->padded >= 0 && strcmp(node->kind, "Conv") != 0)
            return ONNX_REFUSE(b, b->padded, "supported: directly in front of a Conv");
        return operators[i].append(b, n);
    }
    char known[400] = "";
    for (int i = 0; i < OPERATORS; i++)
        names_append(known, sizeof known, operators[i].kind);
    return ONNX_REFUSE(b, n, "this operator is not supported; supported: %s, Constant", known);
}
