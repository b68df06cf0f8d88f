/* What can be asked of nodes and tensors that are there. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "result/onnx_model.h"

/* Bytes of a little-endian number. */
static uint64_t take(const unsigned char *byte, size_t bytes)
{
    uint64_t value = 0;
    for (size_t b = bytes; b-- > 0;)
        value = value << 8 | byte[b];
    return value;
}

static double raw_real(const struct onnx_tensor *tensor, size_t i)
{
    if (tensor->type == ONNX_FLOAT) {
        const uint32_t bits = (uint32_t)take(tensor->raw + 4 * i, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    const uint64_t bits = take(tensor->raw + 8 * i, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double onnx_tensor_real(const struct onnx_tensor *tensor, size_t i)
{
    if (tensor->type == ONNX_INT32 || tensor->type == ONNX_INT64)
        return (double)onnx_tensor_integer(tensor, i);
    if (tensor->raw)
        return raw_real(tensor, i);
    if (tensor->type == ONNX_FLOAT)
        return (double)((const float *)tensor->list)[i];
    return ((const double *)tensor->list)[i];
}

int64_t onnx_tensor_integer(const struct onnx_tensor *tensor, size_t i)
{
    if (tensor->type == ONNX_INT64)
        return tensor->raw ? (int64_t)take(tensor->raw + 8 * i, 8)
                           : ((const int64_t *)tensor->list)[i];
    if (tensor->type == ONNX_INT32)
        return tensor->raw ? (int32_t)take(tensor->raw + 4 * i, 4)
                           : ((const int32_t *)tensor->list)[i];
    const double value = onnx_tensor_real(tensor, i);
    return fabs(value) < 0x1p62 ? (int64_t)value : 0;
}

const struct onnx_attribute *onnx_node_attribute(const struct onnx_node *node, const char *name)
{
    for (size_t a = 0; a < node->attributes; a++)
        if (strcmp(node->attribute[a].name, name) == 0)
            return &node->attribute[a];
    return NULL;
}

int64_t onnx_node_integer(const struct onnx_node *node, const char *name, int64_t standard)
{
    const struct onnx_attribute *attribute = onnx_node_attribute(node, name);
    return attribute ? attribute->integer : standard;
}

double onnx_node_real(const struct onnx_node *node, const char *name, double standard)
{
    const struct onnx_attribute *attribute = onnx_node_attribute(node, name);
    return attribute ? attribute->real : standard;
}

bool onnx_attribute_is(const struct onnx_attribute *attribute, const char *text)
{
    return attribute && attribute->length == strlen(text) &&
           memcmp(attribute->text, text, attribute->length) == 0;
}

bool onnx_refuse(const struct onnx_model *model, const struct onnx_node *node, struct error *err,
                 const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    const char *name = *node->name ? node->name : node->outputs > 0 ? node->output[0] : "";
    return error_set(err, "%.300s: node '%.80s' (%.40s): %s", model->path, name, node->kind, why);
}
