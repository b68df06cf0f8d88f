#include "result/onnx_network.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "result/onnx_build.h"
#include "settings/options.h"

/* ---- graph to list ---- */

static bool append_between(struct onnx_build *b, int from, int to);

/* Nodes from one value to another that all ways to it come through. */
static int length(const struct onnx_graph *graph, int from, int to)
{
    int nodes = 0;
    for (int v = to; v != from; v = onnx_graph_before(graph, v))
        nodes++;
    return nodes;
}

/* One branch of a residual; `layers` are how many it has. */
static bool append_branch(struct onnx_build *b, int from, int to, int *layers)
{
    const struct layer_list *list = b->network->list;
    const int begin = b->begin;
    b->begin = list->count;
    const bool fine = append_between(b, from, to);
    *layers = list->count - b->begin;
    b->begin = begin;
    return fine;
}

/* The sum of two values: the longer way is the layers, the other the shortcut. */
static bool append_sum(struct onnx_build *b, int n)
{
    const struct onnx_graph *graph = &b->graph;
    const struct onnx_node *node = &graph->model->node[n];
    const int from = graph->meeting[n];
    int main = graph->data[0][n], side = graph->data[1][n];
    if (node->inputs != 2)
        return onnx_refuse(graph->model, node, b->err, "adds %zu values; supported: 2",
                           node->inputs);
    if (length(graph, from, side) > length(graph, from, main)) {
        main = side;
        side = graph->data[0][n];
    }
    const int at = b->network->list->count;
    const bool was_flat = b->is_flat;
    int layers, shortcut;
    if (!onnx_append(b, n, LAYER_RESIDUAL) || !append_branch(b, from, main, &layers))
        return false;
    const bool is_flat = b->is_flat;
    b->is_flat = was_flat;
    if (!append_branch(b, from, side, &shortcut))
        return false;
    if (layers == 0 || is_flat != b->is_flat)
        return onnx_refuse(graph->model, node, b->err,
                           layers == 0 ? "adds a value to itself"
                                       : "adds flat values and an image");
    b->network->list->layer[at].branch = layers;
    b->network->list->layer[at].shortcut = shortcut;
    return true;
}

static bool append_value(struct onnx_build *b, int n)
{
    const struct onnx_node *node = &b->graph.model->node[n];
    if (b->seen[n])
        return onnx_refuse(b->graph.model, node, b->err,
                           "is read by branches that do not meet as those of a residual do");
    b->seen[n] = true;
    return b->graph.data[1][n] >= 0 ? append_sum(b, n) : onnx_append_node(b, n);
}

/* The layers from one value to another. */
static bool append_between(struct onnx_build *b, int from, int to)
{
    const int nodes = length(&b->graph, from, to);
    int *way = MEM_NEW(int, nodes);
    int v = to;
    for (int i = nodes; i-- > 0; v = onnx_graph_before(&b->graph, v))
        way[i] = v - 1;
    bool fine = true;
    for (int i = 0; fine && i < nodes; i++)
        fine = append_value(b, way[i]);
    if (fine && b->padded >= 0)
        fine = onnx_refuse(b->graph.model, &b->graph.model->node[b->padded], b->err,
                           "supported: directly in front of a Conv");
    mem_free(way);
    return fine;
}

/* ---- names ---- */

/* "conv1" of the tensor "conv1.weight"; false when that is no name of a layer. */
static bool name_layer(struct layer_spec *spec, const struct onnx_layer *layer)
{
    static const char ending[] = ".weight", bias[] = ".bias";
    const char *name = layer->weight->name;
    const size_t n = strlen(name), m = sizeof ending - 1;
    if (n <= m || n - m >= LAYERS_NAME || strcmp(name + n - m, ending) != 0)
        return false;
    memcpy(spec->name, name, n - m);
    spec->name[n - m] = '\0';
    const size_t length = n - m, k = sizeof bias - 1;
    return option_is_name(spec->name) && strcmp(spec->name, "total") != 0 &&
           (length < k || strcmp(spec->name + length - k, bias) != 0);
}

static bool is_taken(const struct layer_list *list, int i)
{
    for (int j = 0; j < i; j++)
        if (strcmp(list->layer[j].name, list->layer[i].name) == 0)
            return true;
    return false;
}

/* All layers with weights have the names of their tensors, or none has one. */
static void name_layers(struct onnx_network *network)
{
    struct layer_list *list = network->list;
    bool fine = true;
    for (int i = 0; fine && i < list->count; i++)
        if (network->layer[i].weight)
            fine = name_layer(&list->layer[i], &network->layer[i]) && !is_taken(list, i);
    for (int i = 0; !fine && i < list->count; i++)
        list->layer[i].name[0] = '\0';
}

/* ---- reading ---- */

/* Values that are not flat at the end are one a channel. */
static bool append_end(struct onnx_build *b)
{
    return b->is_flat || onnx_append(b, b->graph.output - 1, LAYER_FLATTEN);
}

bool onnx_network_read(struct onnx_network *network, const char *path, struct error *err)
{
    *network = (struct onnx_network){.list = NULL};
    if (!onnx_model_read(&network->model, path, err))
        return false;
    struct onnx_build *b = MEM_NEW(struct onnx_build, 1);
    *b = (struct onnx_build){.network = network, .err = err, .padded = -1};
    network->list = MEM_NEW(struct layer_list, 1);
    network->layer = MEM_NEW(struct onnx_layer, LAYERS_MAX);
    bool fine = onnx_graph_build(&b->graph, &network->model, err);
    if (fine) {
        fine = append_between(b, 0, b->graph.output) && append_end(b);
        onnx_graph_free(&b->graph);
    }
    mem_free(b);
    if (fine)
        name_layers(network);
    else
        onnx_network_free(network);
    return fine;
}

void onnx_network_free(struct onnx_network *network)
{
    onnx_model_free(&network->model);
    mem_free(network->list);
    mem_free(network->layer);
    *network = (struct onnx_network){.list = NULL};
}

/* ---- weights ---- */

static bool refuse(const struct onnx_network *network, const struct onnx_layer *layer,
                   struct error *err, const char *what, size_t there, size_t wanted)
{
    return onnx_refuse(&network->model, &network->model.node[layer->node], err,
                       "its %s has %zu values; with these images it takes %zu", what, there,
                       wanted);
}

/* factor * tensor, of a linear layer turned where it is [inputs, outputs]. */
static bool fill(const struct onnx_network *network, const struct onnx_layer *layer,
                 const struct onnx_tensor *tensor, double factor, size_t rows, float *value,
                 size_t count, struct error *err)
{
    const size_t columns = count / rows;
    for (size_t i = 0; i < count; i++) {
        const size_t from = rows > 1 ? i % columns * rows + i / columns : i;
        const float x = (float)(factor * onnx_tensor_real(tensor, from));
        if (!isfinite(x))
            return onnx_refuse(&network->model, &network->model.node[layer->node], err,
                               "a weight is not finite");
        value[i] = x;
    }
    return true;
}

static bool fill_tensor(const struct onnx_network *network, const struct onnx_layer *layer,
                        const struct onnx_tensor *tensor, struct network *net, int parameter,
                        const char *what, struct error *err)
{
    const struct parameter *to = &net->params.tensor[parameter];
    const bool is_linear = to->axes == 2;
    const bool is_weight = tensor == layer->weight;
    const double factor = is_weight ? layer->alpha : tensor == layer->bias ? layer->beta : 1.0;
    float *value = net->params.value + to->offset;
    if (tensor->count == 1 && tensor == layer->bias && !layer->mean && to->count > 1) {
        for (size_t i = 0; i < to->count; i++) /* one number for all outputs, as Gemm may have it */
            if (!fill(network, layer, tensor, factor, 1, value + i, 1, err))
                return false;
        return true;
    }
    if (tensor->count != to->count)
        return refuse(network, layer, err, what, tensor->count, to->count);
    for (int a = 0; is_weight && a < to->axes; a++)
        if (tensor->dim[is_linear && layer->is_transposed ? 1 - a : a] != to->shape[a])
            return refuse(network, layer, err, "weight, by its shape,", tensor->count, to->count);
    return fill(network, layer, tensor, factor,
                is_weight && is_linear && layer->is_transposed ? to->shape[0] : 1, value, to->count,
                err);
}

static bool fill_layer(const struct onnx_network *network, const struct onnx_layer *layer,
                       struct network *net, const struct op *op, struct error *err)
{
    if (op->bias >= 0) /* a linear layer has one, if only of zeros */
        memset(net->params.value + net->params.tensor[op->bias].offset, 0,
               net->params.tensor[op->bias].count * sizeof *net->params.value);
    if (!fill_tensor(network, layer, layer->weight, net, op->weight, "weight", err) ||
        (layer->bias && op->bias >= 0 &&
         !fill_tensor(network, layer, layer->bias, net, op->bias, "bias", err)))
        return false;
    if (!layer->mean)
        return true;
    if (!fill_tensor(network, layer, layer->mean, net, op->mean, "mean", err) ||
        !fill_tensor(network, layer, layer->variance, net, op->variance, "variance", err))
        return false;
    const struct parameter *variance = &net->params.tensor[op->variance];
    for (size_t i = 0; i < variance->count; i++)
        if (net->params.value[variance->offset + i] < 0.0F)
            return onnx_refuse(&network->model, &network->model.node[layer->node], err,
                               "a variance is negative");
    return true;
}

bool onnx_network_fill(const struct onnx_network *network, struct network *net, struct error *err)
{
    int next = 0; /* operations stand in the order of the list */
    for (int i = 0; i < network->list->count; i++) {
        if (!network->layer[i].weight)
            continue;
        while (next < net->op_count && net->op[next].weight < 0)
            next++;
        if (next == net->op_count)
            return error_set(err, "%.300s: has more layers than the network", network->model.path);
        if (!fill_layer(network, &network->layer[i], net, &net->op[next++], err))
            return false;
    }
    return true;
}
