#include "result/onnx_graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- names ---- */

struct named {
    const char *name;
    struct onnx_source source;
};

struct names {
    size_t count;
    struct named *entry; /* sorted by name */
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct onnx_source find(const struct names *names, const char *name)
{
    const struct named wanted = {.name = name};
    const struct named *found =
        *name ? bsearch(&wanted, names->entry, names->count, sizeof wanted, compare) : NULL;
    return found ? found->source : (struct onnx_source){ONNX_NOTHING, 0};
}

/* The value of a Constant. */
static int constant_tensor(const struct onnx_node *node)
{
    const struct onnx_attribute *value = onnx_node_attribute(node, "value");
    return strcmp(node->kind, "Constant") == 0 && value ? value->tensor : -1;
}

static struct names list_names(const struct onnx_model *model)
{
    struct names names = {.entry = MEM_NEW(struct named, 1 + model->initializers + model->nodes)};
    names.entry[names.count++] = (struct named){
        model->input, {ONNX_INPUT, 0}
    };
    for (size_t t = 0; t < model->initializers; t++)
        names.entry[names.count++] = (struct named){
            model->tensor[t].name, {ONNX_TENSOR, (int)t}
        };
    for (size_t n = 0; n < model->nodes;
         n++) { /* other outputs than the first: nobody may read them */
        const struct onnx_node *node = &model->node[n];
        const int tensor = constant_tensor(node);
        const struct onnx_source source = tensor >= 0 ? (struct onnx_source){ONNX_TENSOR, tensor}
                                                      : (struct onnx_source){ONNX_NODE, (int)n};
        if (node->outputs > 0 && *node->output[0])
            names.entry[names.count++] = (struct named){node->output[0], source};
    }
    qsort(names.entry, names.count, sizeof *names.entry, compare);
    return names;
}

static bool are_unique(const struct names *names, const struct onnx_model *model, struct error *err)
{
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->entry[i - 1].name, names->entry[i].name) == 0)
            return error_set(err, "%.300s: '%.80s' is written twice", model->path,
                             names->entry[i].name);
    return true;
}

/* ---- sources ---- */

/* A node may read what stands before it only. */
static bool find_sources(struct onnx_graph *graph, const struct names *names, struct error *err)
{
    const struct onnx_model *model = graph->model;
    for (size_t n = 0; n < model->nodes; n++) {
        const struct onnx_node *node = &model->node[n];
        graph->source[n] = MEM_NEW(struct onnx_source, node->inputs);
        for (size_t i = 0; i < node->inputs; i++) {
            const struct onnx_source source = find(names, node->input[i]);
            graph->source[n][i] = source;
            if (*node->input[i] && (source.origin == ONNX_NOTHING ||
                                    (source.origin == ONNX_NODE && source.index >= (int)n)))
                return onnx_refuse(model, node, err,
                                   "reads '%.80s', which nothing before it writes: a circle, or "
                                   "nodes out of order",
                                   node->input[i]);
        }
    }
    return true;
}

static int value_of(struct onnx_source source)
{
    return source.origin == ONNX_INPUT ? 0 : source.origin == ONNX_NODE ? source.index + 1 : -1;
}

static bool adds(const struct onnx_node *node)
{
    return strcmp(node->kind, "Add") == 0 || strcmp(node->kind, "Sum") == 0;
}

/* What a node works on: its first input, of a sum those that are no tensors. */
static void find_data(struct onnx_graph *graph, int n)
{
    const struct onnx_node *node = &graph->model->node[n];
    const size_t looked = adds(node) ? node->inputs : node->inputs > 0;
    int found = 0;
    graph->data[0][n] = graph->data[1][n] = -1;
    for (size_t i = 0; i < looked && found < 2; i++) {
        const int value = value_of(graph->source[n][i]);
        if (value >= 0)
            graph->data[found++][n] = value;
    }
}

/* ---- where ways meet ---- */

int onnx_graph_before(const struct onnx_graph *graph, int v)
{
    return graph->data[1][v - 1] >= 0 ? graph->meeting[v - 1] : graph->data[0][v - 1];
}

/* Immediate dominators, by climbing (Cooper, Harvey & Kennedy 2001): nodes stand in order, so those
 * of a node's inputs are known. Values that do not come from the input have depth -1. */
static void find_meetings(struct onnx_graph *graph)
{
    graph->depth[0] = 0;
    for (int n = 0; n < (int)graph->model->nodes; n++) {
        int a = graph->data[0][n], b = graph->data[1][n];
        graph->depth[n + 1] = -1;
        graph->meeting[n] = -1;
        if (a < 0 || graph->depth[a] < 0 || (b >= 0 && graph->depth[b] < 0))
            continue;
        for (b = b < 0 ? a : b; a != b;) {
            if (graph->depth[a] >= graph->depth[b])
                a = onnx_graph_before(graph, a);
            else
                b = onnx_graph_before(graph, b);
        }
        graph->meeting[n] = a;
        graph->depth[n + 1] = graph->depth[a] + 1;
    }
}

static bool find_output(struct onnx_graph *graph, const struct names *names, struct error *err)
{
    const struct onnx_model *model = graph->model;
    graph->output = value_of(find(names, model->output));
    return (graph->output > 0 && graph->depth[graph->output] >= 0) ||
           error_set(err, "%.300s: its output '%.80s' is not made from its input '%.80s'",
                     model->path, model->output, model->input);
}

bool onnx_graph_build(struct onnx_graph *graph, const struct onnx_model *model, struct error *err)
{
    *graph = (struct onnx_graph){
        .model = model,
        .source = MEM_NEW(struct onnx_source *, model->nodes),
        .data = {MEM_NEW(int, model->nodes), MEM_NEW(int, model->nodes)},
        .meeting = MEM_NEW(int, model->nodes),
        .depth = MEM_NEW(int, model->nodes + 1)
    };
    struct names names = list_names(model);
    bool fine = are_unique(&names, model, err) && find_sources(graph, &names, err);
    for (int n = 0; fine && n < (int)model->nodes; n++)
        find_data(graph, n);
    if (fine) {
        find_meetings(graph);
        fine = find_output(graph, &names, err);
    }
    mem_free(names.entry);
    if (!fine)
        onnx_graph_free(graph);
    return fine;
}

void onnx_graph_free(struct onnx_graph *graph)
{
    for (size_t n = 0; graph->source && n < graph->model->nodes; n++)
        mem_free(graph->source[n]);
    mem_free(graph->source);
    mem_free(graph->data[0]);
    mem_free(graph->data[1]);
    mem_free(graph->meeting);
    mem_free(graph->depth);
    *graph = (struct onnx_graph){0};
}

const struct onnx_tensor *onnx_graph_tensor(const struct onnx_graph *graph, int node, size_t i)
{
    if (i >= graph->model->node[node].inputs || graph->source[node][i].origin != ONNX_TENSOR)
        return NULL;
    return &graph->model->tensor[graph->source[node][i].index];
}

bool onnx_graph_has(const struct onnx_graph *graph, int node, size_t i)
{
    return i < graph->model->node[node].inputs && graph->source[node][i].origin != ONNX_NOTHING;
}
