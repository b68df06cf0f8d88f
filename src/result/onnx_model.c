#include "result/onnx_model.h"

#include <string.h>

#ifndef RESLICE_ONNX

bool onnx_model_read(struct onnx_model *model, const char *path, struct error *err)
{
    (void)model;
    return error_set(err,
                     "%.300s: this reslice was built without protobuf-c and reads no ONNX files "
                     "(Debian: libprotobuf-c-dev and protobuf-c-compiler, then build again)",
                     path);
}

void onnx_model_free(struct onnx_model *model)
{
    *model = (struct onnx_model){0};
}

#else

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "onnx.pb-c.h"

typedef OnnxFile__ModelProto model_proto;
typedef OnnxFile__TensorProto tensor_proto;
typedef OnnxFile__NodeProto node_proto;
typedef OnnxFile__GraphProto graph_proto;

/* ---- bytes ---- */

enum { SIZE_MOST = INT32_MAX }; /* of protocol buffers */

/* What unpacking may take: a few bytes of a file can stand for many of memory. */
struct budget {
    size_t left;
    bool is_exceeded;
};

static void *budget_alloc(void *context, size_t bytes)
{
    struct budget *budget = context;
    if (bytes > budget->left) {
        budget->is_exceeded = true;
        return NULL;
    }
    budget->left -= bytes;
    return malloc(bytes > 0 ? bytes : 1);
}

static void budget_free(void *context, void *block)
{
    (void)context;
    free(block);
}

/* The file's bytes, in a block for mem_free; NULL with a line. */
static unsigned char *read_bytes(const char *path, size_t *size, struct error *err)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    long end = -1;
    /* a folder opens, but has no byte */
    if (!file || (fgetc(file) == EOF && ferror(file)) || fseek(file, 0, SEEK_END) != 0 ||
        (end = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) {
        error_set(err, "%.300s: cannot be read: %s", path, strerror(errno));
    } else if (end == 0 || end > SIZE_MOST) {
        error_set(err, "%.300s: has %ld bytes; an ONNX file has 1 to %d", path, end, SIZE_MOST);
    } else {
        bytes = mem_alloc((size_t)end, 1, "ONNX file");
        *size = fread(bytes, 1, (size_t)end, file);
        if (*size != (size_t)end) {
            error_set(err, "%.300s: cannot be read: %s", path, strerror(errno));
            mem_free(bytes);
            bytes = NULL;
        }
    }
    if (file)
        fclose(file);
    return bytes;
}

static model_proto *unpack(const char *path, struct error *err)
{
    size_t size = 0;
    unsigned char *bytes = read_bytes(path, &size, err);
    if (!bytes)
        return NULL;
    struct budget budget = {.left = 4 * size + ((size_t)64 << 20)};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    model_proto *file = onnx_file__model_proto__unpack(&allocator, size, bytes);
    mem_free(bytes);
    if (!file && budget.is_exceeded)
        error_set(err, "%.300s: would take more than 64 MiB and 4 times its size in memory", path);
    else if (!file)
        error_set(err, "%.300s: is no ONNX file, or is cut off or damaged", path);
    return file;
}

static void free_file(model_proto *file)
{
    struct budget budget = {0};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    onnx_file__model_proto__free_unpacked(file, &allocator);
}

/* ---- tensors ---- */

/* The standard's numbers. */
static bool find_type(int32_t number, enum onnx_type *type)
{
    static const int32_t numbers[] = {
        [ONNX_FLOAT] = 1, [ONNX_DOUBLE] = 11, [ONNX_INT32] = 6, [ONNX_INT64] = 7};
    for (int t = 0; t <= ONNX_INT64; t++)
        if (numbers[t] == number) {
            *type = (enum onnx_type)t;
            return true;
        }
    return false;
}

static const char *type_name(int32_t number)
{
    static const char *const names[] = {"no type", "float32", "uint8",  "int8",  "uint16",
                                        "int16",   "int32",   "int64",  "text",  "bool",
                                        "float16", "float64", "uint32", "uint64"};
    return number >= 0 && number < 14 ? names[number] : number == 16 ? "bfloat16" : "another type";
}

static bool take_dims(struct onnx_tensor *tensor, const tensor_proto *from, struct error *err,
                      const char *path)
{
    tensor->axes = (int)from->n_dims;
    tensor->count = 1;
    if (from->n_dims > ONNX_AXES)
        return error_set(err, "%.300s: tensor '%.80s' has %zu axes; allowed: at most %d", path,
                         from->name, from->n_dims, ONNX_AXES);
    for (size_t a = 0; a < from->n_dims; a++) {
        const int64_t dim = from->dims[a];
        if (dim < 0 || (dim > 0 && tensor->count > SIZE_MOST / (size_t)dim))
            return error_set(err, "%.300s: tensor '%.80s' has a side of %lld, more than the file",
                             path, from->name, (long long)dim);
        tensor->dim[a] = (size_t)dim;
        tensor->count *= (size_t)dim;
    }
    return true;
}

/* Where the values are, and how many. */
static size_t take_values(struct onnx_tensor *tensor, const tensor_proto *from)
{
    static const size_t bytes[] = {
        [ONNX_FLOAT] = 4, [ONNX_DOUBLE] = 8, [ONNX_INT32] = 4, [ONNX_INT64] = 8};
    if (from->raw_data.len > 0) {
        const size_t size = bytes[tensor->type];
        tensor->raw = from->raw_data.data;
        return from->raw_data.len % size == 0 ? from->raw_data.len / size : SIZE_MAX;
    }
    const void *const list[] = {[ONNX_FLOAT] = from->float_data,
                                [ONNX_DOUBLE] = from->double_data,
                                [ONNX_INT32] = from->int32_data,
                                [ONNX_INT64] = from->int64_data};
    const size_t count[] = {[ONNX_FLOAT] = from->n_float_data,
                            [ONNX_DOUBLE] = from->n_double_data,
                            [ONNX_INT32] = from->n_int32_data,
                            [ONNX_INT64] = from->n_int64_data};
    tensor->list = list[tensor->type];
    return count[tensor->type];
}

static bool add_tensor(struct onnx_model *model, const tensor_proto *from, struct error *err)
{
    struct onnx_tensor *tensor = &model->tensor[model->tensors++];
    *tensor = (struct onnx_tensor){.name = from->name};
    if (from->data_location != 0)
        return error_set(err,
                         "%.300s: the values of '%.80s' are in another file; save the model in one "
                         "(onnx.save without save_as_external_data)",
                         model->path, from->name);
    if (!find_type(from->data_type, &tensor->type)) {
        tensor->other_type = type_name(from->data_type);
        return true;
    }
    if (!take_dims(tensor, from, err, model->path))
        return false;
    const size_t there = take_values(tensor, from);
    return there == tensor->count ||
           error_set(err, "%.300s: tensor '%.80s' should have %zu values by its shape, and has %s",
                     model->path, from->name, tensor->count,
                     there < tensor->count ? "fewer" : "others");
}

/* ---- nodes ---- */

static bool add_attribute(struct onnx_model *model, struct onnx_node *node,
                          const OnnxFile__AttributeProto *from, struct error *err)
{
    struct onnx_attribute *attribute = &node->attribute[node->attributes++];
    *attribute = (struct onnx_attribute){.name = from->name,
                                         .integer = from->i,
                                         .real = (double)from->f,
                                         .text = (const char *)from->s.data,
                                         .length = from->s.len,
                                         .integers = from->n_ints,
                                         .reals = from->n_floats,
                                         .integer_list = from->ints,
                                         .real_list = from->floats,
                                         .tensor = from->t ? (int)model->tensors : -1};
    return !from->t || add_tensor(model, from->t, err);
}

static bool add_node(struct onnx_model *model, const node_proto *from, struct error *err)
{
    struct onnx_node *node = &model->node[model->nodes++];
    *node = (struct onnx_node){
        .name = from->name,
        .kind = from->op_type,
        .domain = from->domain,
        .inputs = from->n_input,
        .outputs = from->n_output,
        .input = from->input,
        .output = from->output,
        .attribute = MEM_NEW(struct onnx_attribute, from->n_attribute),
    };
    for (size_t a = 0; a < from->n_attribute; a++)
        if (!add_attribute(model, node, from->attribute[a], err))
            return false;
    return true;
}

/* ---- the graph ---- */

static bool is_initializer(const struct onnx_model *model, const char *name)
{
    for (size_t t = 0; t < model->initializers; t++)
        if (strcmp(model->tensor[t].name, name) == 0)
            return true;
    return false;
}

static void take_input_shape(struct onnx_model *model, const OnnxFile__ValueInfoProto *input)
{
    const OnnxFile__ValueInfoProto__Tensor *tensor = input->type ? input->type->tensor_type : NULL;
    const OnnxFile__ValueInfoProto__Shape *shape = tensor ? tensor->shape : NULL;
    if (!shape || shape->n_dim > ONNX_AXES)
        return;
    model->input_axes = (int)shape->n_dim;
    for (size_t a = 0; a < shape->n_dim; a++) {
        const int64_t dim = shape->dim[a]->dim_value;
        model->input_dim[a] = dim > 0 && dim < SIZE_MOST ? (size_t)dim : 0;
    }
}

/* Files of the first versions list the weights among the inputs. */
static bool find_ends(struct onnx_model *model, const graph_proto *graph, struct error *err)
{
    for (size_t i = 0; i < graph->n_input; i++) {
        if (is_initializer(model, graph->input[i]->name))
            continue;
        if (model->input)
            return error_set(err, "%.300s: has two inputs, '%.80s' and '%.80s'; allowed: one",
                             model->path, model->input, graph->input[i]->name);
        model->input = graph->input[i]->name;
        take_input_shape(model, graph->input[i]);
    }
    if (!model->input || graph->n_output == 0)
        return error_set(err, "%.300s: has no %s", model->path, model->input ? "output" : "input");
    if (graph->n_output > 1)
        return error_set(err, "%.300s: has %zu outputs; allowed: one", model->path,
                         graph->n_output);
    model->output = graph->output[0]->name;
    return true;
}

static size_t count_attribute_tensors(const graph_proto *graph)
{
    size_t count = 0;
    for (size_t n = 0; n < graph->n_node; n++)
        for (size_t a = 0; a < graph->node[n]->n_attribute; a++)
            count += graph->node[n]->attribute[a]->t != NULL;
    return count;
}

static bool take_graph(struct onnx_model *model, const model_proto *file, struct error *err)
{
    const graph_proto *graph = file->graph;
    if (!graph || graph->n_node == 0)
        return error_set(err, "%.300s: is no ONNX file, or one without a graph", model->path);
    if (graph->n_node > ONNX_NODES || graph->n_initializer > ONNX_NODES ||
        graph->n_input > ONNX_NODES)
        return error_set(
            err, "%.300s: has %zu nodes, %zu initializers and %zu inputs; allowed: %d each",
            model->path, graph->n_node, graph->n_initializer, graph->n_input, ONNX_NODES);
    for (size_t o = 0; o < file->n_opset_import; o++)
        if (!*file->opset_import[o]->domain ||
            strcmp(file->opset_import[o]->domain, "ai.onnx") == 0)
            model->opset = file->opset_import[o]->version;
    model->node = MEM_NEW(struct onnx_node, graph->n_node);
    model->tensor =
        MEM_NEW(struct onnx_tensor, graph->n_initializer + count_attribute_tensors(graph));
    for (size_t t = 0; t < graph->n_initializer; t++)
        if (!add_tensor(model, graph->initializer[t], err))
            return false;
    model->initializers = model->tensors;
    for (size_t n = 0; n < graph->n_node; n++)
        if (!add_node(model, graph->node[n], err))
            return false;
    return find_ends(model, graph, err);
}

bool onnx_model_read(struct onnx_model *model, const char *path, struct error *err)
{
    *model = (struct onnx_model){.path = path};
    model->file = unpack(path, err);
    if (model->file && take_graph(model, model->file, err))
        return true;
    onnx_model_free(model);
    return false;
}

void onnx_model_free(struct onnx_model *model)
{
    for (size_t n = 0; n < model->nodes; n++)
        mem_free(model->node[n].attribute);
    mem_free(model->node);
    mem_free(model->tensor);
    if (model->file)
        free_file(model->file);
    *model = (struct onnx_model){0};
}

#endif
