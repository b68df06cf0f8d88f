/* Operators of ONNX with weights or windows. */
#include <math.h>
#include <string.h>

#include "result/onnx_build.h"

/* A weight of so many axes, as input i. */
static const struct onnx_tensor *weight_of(struct onnx_build *b, int n, size_t i, int axes)
{
    const struct onnx_tensor *tensor = onnx_graph_tensor(&b->graph, n, i);
    if (!tensor)
        ONNX_REFUSE(b, n, "its input %zu must be weights of the file", i + 1);
    else if (tensor->other_type)
        ONNX_REFUSE(b, n, "its input %zu is of %s; supported: float32, float64", i + 1,
                    tensor->other_type);
    else if (tensor->axes != axes)
        ONNX_REFUSE(b, n, "its input %zu has %d axes; supported: %d", i + 1, tensor->axes, axes);
    else
        return tensor;
    return NULL;
}

/* ---- windows ---- */

/* The value all integers of an attribute have; `standard` without it, -1 where they differ. */
static int64_t same_integer(const struct onnx_node *node, const char *name, int64_t standard)
{
    const struct onnx_attribute *attribute = onnx_node_attribute(node, name);
    if (!attribute || attribute->integers == 0)
        return standard;
    for (size_t i = 1; i < attribute->integers; i++)
        if (attribute->integer_list[i] != attribute->integer_list[0])
            return -1;
    return attribute->integer_list[0];
}

/* Padding by pads or auto_pad. */
static bool take_padding(struct onnx_build *b, int n, struct layer_sides *around)
{
    const struct onnx_node *node = onnx_node_of(b, n);
    const struct onnx_attribute *automatic = onnx_node_attribute(node, "auto_pad");
    const struct onnx_attribute *pads = onnx_node_attribute(node, "pads");
    int side[4] = {0};
    around->same = onnx_attribute_is(automatic, "SAME_UPPER");
    if (automatic && !around->same && !onnx_attribute_is(automatic, "NOTSET") &&
        !onnx_attribute_is(automatic, "VALID"))
        return ONNX_REFUSE(b, n, "auto_pad is %.*s; supported: NOTSET, VALID, SAME_UPPER",
                           (int)(automatic->length < 32 ? automatic->length : 32), automatic->text);
    if (automatic && !onnx_attribute_is(automatic, "NOTSET"))
        return true;
    if (pads && pads->integers != 4)
        return ONNX_REFUSE(b, n, "pads has %zu numbers; supported: 4, of images", pads->integers);
    for (int i = 0; pads && i < 4; i++) {
        if (pads->integer_list[i] < 0 || pads->integer_list[i] >= LAYERS_WINDOW)
            return ONNX_REFUSE(b, n, "a side is padded by %lld pixels; supported: 0 to %d",
                               (long long)pads->integer_list[i], LAYERS_WINDOW - 1);
        side[i] = (int)pads->integer_list[i];
    }
    around->by = (struct op_sides){side[0], side[1], side[2], side[3]};
    return true;
}

/* Stride, padding and dilation of a convolution or pool, and the image it needs. */
static bool take_window(struct onnx_build *b, int n, struct layer_spec *spec)
{
    const struct onnx_node *node = onnx_node_of(b, n);
    const int64_t step = same_integer(node, "strides", 1);
    const int64_t dilation = same_integer(node, "dilations", 1);
    if (b->is_flat)
        return ONNX_REFUSE(b, n, "works on an image, but flat values come");
    if (step < 1 || step > LAYERS_WINDOW)
        return ONNX_REFUSE(b, n, "strides; supported: the same down and across, 1 to %d",
                           LAYERS_WINDOW);
    if (dilation != 1)
        return ONNX_REFUSE(b, n, "dilations; supported: 1");
    spec->step = (int)step;
    return take_padding(b, n, &spec->around);
}

/* Channels or features of a layer. */
static bool take_outputs(struct onnx_build *b, int n, size_t outputs, struct layer_spec *spec)
{
    if (outputs < 1 || outputs > 32768)
        return ONNX_REFUSE(b, n, "has %zu outputs; supported: 1 to 32768", outputs);
    spec->outputs = (int)outputs;
    return true;
}

/* ---- weights ---- */

/* A Pad in front adds to the padding. */
static bool take_pad(struct onnx_build *b, int n, struct op_sides *by)
{
    if (b->padded < 0)
        return true;
    b->padded = -1;
    by->top += b->pad.top;
    by->left += b->pad.left;
    by->bottom += b->pad.bottom;
    by->right += b->pad.right;
    return (by->top < LAYERS_WINDOW && by->left < LAYERS_WINDOW && by->bottom < LAYERS_WINDOW &&
            by->right < LAYERS_WINDOW) ||
           ONNX_REFUSE(b, n, "is padded by more than %d pixels, with the Pad before it",
                       LAYERS_WINDOW - 1);
}

bool onnx_append_conv(struct onnx_build *b, int n)
{
    const struct onnx_tensor *weight = weight_of(b, n, 1, 4);
    struct layer_spec *spec = weight ? onnx_append(b, n, LAYER_CONV) : NULL;
    const int64_t groups = onnx_node_integer(onnx_node_of(b, n), "group", 1);
    if (!spec || !take_window(b, n, spec) || !take_outputs(b, n, weight->dim[0], spec) ||
        !take_pad(b, n, &spec->around.by))
        return false;
    if (weight->dim[2] < 1 || weight->dim[2] > LAYERS_WINDOW || weight->dim[3] < 1 ||
        weight->dim[3] > LAYERS_WINDOW)
        return ONNX_REFUSE(b, n, "a kernel of %zu x %zu; supported: 1 to %d", weight->dim[2],
                           weight->dim[3], LAYERS_WINDOW);
    if (groups < 1 || groups > 32768)
        return ONNX_REFUSE(b, n, "group is %lld; supported: 1 to 32768", (long long)groups);
    spec->window = (int)weight->dim[2];
    spec->width_of_window = (int)weight->dim[3];
    spec->groups = (int)groups;
    spec->bias = onnx_graph_has(&b->graph, n, 2);
    onnx_last(b)->weight = weight;
    onnx_last(b)->bias = spec->bias ? weight_of(b, n, 2, 1) : NULL;
    return !spec->bias || onnx_last(b)->bias;
}

static bool append_linear(struct onnx_build *b, int n, bool is_transposed, double alpha)
{
    const struct onnx_tensor *weight = weight_of(b, n, 1, 2);
    struct layer_spec *spec = weight ? onnx_append(b, n, LAYER_LINEAR) : NULL;
    if (!spec || !take_outputs(b, n, weight->dim[is_transposed ? 1 : 0], spec))
        return false;
    struct onnx_layer *layer = onnx_last(b);
    layer->weight = weight;
    layer->is_transposed = is_transposed;
    layer->alpha = alpha;
    return b->is_flat || ONNX_REFUSE(b, n, "works on flat values, but an image comes");
}

bool onnx_append_gemm(struct onnx_build *b, int n)
{
    const struct onnx_node *node = onnx_node_of(b, n);
    if (onnx_node_integer(node, "transA", 0) != 0)
        return ONNX_REFUSE(b, n, "transA is 1; supported: 0");
    if (!append_linear(b, n, onnx_node_integer(node, "transB", 0) == 0,
                       onnx_node_real(node, "alpha", 1.0)))
        return false;
    struct onnx_layer *layer = onnx_last(b);
    layer->beta = onnx_node_real(node, "beta", 1.0);
    layer->bias = onnx_graph_tensor(&b->graph, n, 2);
    return layer->bias || !onnx_graph_has(&b->graph, n, 2) ||
           ONNX_REFUSE(b, n, "its bias must be a tensor of the file");
}

bool onnx_append_matmul(struct onnx_build *b, int n)
{
    return append_linear(b, n, true, 1.0);
}

/* A constant that is added is the bias of the layer in front. */
bool onnx_append_bias(struct onnx_build *b, int n)
{
    const struct layer_list *list = b->network->list;
    struct layer_spec *spec = &b->network->list->layer[list->count - 1];
    const struct onnx_tensor *first = onnx_graph_tensor(&b->graph, n, 0);
    const struct onnx_tensor *bias = first ? first : onnx_graph_tensor(&b->graph, n, 1);
    const bool is_alone =
        list->count > b->begin && onnx_layer_before(b, list->count) == list->count - 1 &&
        !onnx_last(b)->bias && (spec->kind == LAYER_CONV || spec->kind == LAYER_LINEAR);
    if (!bias || onnx_node_of(b, n)->inputs != 2 || !is_alone)
        return ONNX_REFUSE(
            b, n, "adds a constant; supported: behind a MatMul, Gemm or Conv without bias");
    const int axis = spec->kind == LAYER_CONV ? bias->axes - 3 : bias->axes - 1;
    if (bias->count != (size_t)spec->outputs || axis < 0 ||
        bias->dim[axis] != (size_t)spec->outputs)
        return ONNX_REFUSE(b, n, "adds a constant that is not one number for each of %d outputs",
                           spec->outputs);
    onnx_last(b)->bias = bias;
    spec->bias = spec->kind == LAYER_CONV;
    return true;
}

bool onnx_append_norm(struct onnx_build *b, int n)
{
    const struct onnx_node *node = onnx_node_of(b, n);
    struct layer_spec *spec = onnx_append(b, n, LAYER_BATCH_NORM);
    const struct onnx_tensor *tensor[4];
    if (!spec)
        return false;
    if (onnx_node_integer(node, "training_mode", 0) != 0)
        return ONNX_REFUSE(b, n, "training_mode is 1; export the network for inference");
    for (size_t i = 0; i < 4; i++)
        if (!(tensor[i] = weight_of(b, n, i + 1, 1)))
            return false;
    spec->epsilon = onnx_node_real(node, "epsilon", LAYERS_EPSILON);
    /* as written: the shortest text that is this float */
    if (fabs(spec->epsilon - LAYERS_EPSILON) < 1e-11)
        spec->epsilon = LAYERS_EPSILON;
    if (!(spec->epsilon > 0.0 && spec->epsilon <= 1.0))
        return ONNX_REFUSE(b, n, "epsilon is %g; supported: above 0, at most 1", spec->epsilon);
    struct onnx_layer *layer = onnx_last(b);
    layer->weight = tensor[0];
    layer->bias = tensor[1];
    layer->mean = tensor[2];
    layer->variance = tensor[3];
    return true;
}

/* ---- pools ---- */

static bool append_pool(struct onnx_build *b, int n, enum layer_kind kind)
{
    const struct onnx_node *node = onnx_node_of(b, n);
    const int64_t size = same_integer(node, "kernel_shape", -1);
    struct layer_spec *spec = onnx_append(b, n, kind);
    if (!spec || !take_window(b, n, spec))
        return false;
    if (size < 1 || size > LAYERS_WINDOW)
        return ONNX_REFUSE(b, n, "kernel_shape; supported: square windows of 1 to %d",
                           LAYERS_WINDOW);
    spec->window = (int)size;
    spec->ceil = onnx_node_integer(node, "ceil_mode", 0) != 0;
    spec->count_padding = onnx_node_integer(node, "count_include_pad", 0) != 0;
    return true;
}

bool onnx_append_max_pool(struct onnx_build *b, int n)
{
    return append_pool(b, n, LAYER_MAX_POOL);
}

bool onnx_append_average_pool(struct onnx_build *b, int n)
{
    return append_pool(b, n, LAYER_AVERAGE_POOL);
}
