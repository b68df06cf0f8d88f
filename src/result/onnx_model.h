/* An ONNX file as plain structs: nodes, tensors and what goes in and out. Only onnx_model.c knows the
 * wire format, through protobuf-c; a build without it says so. Rank 0's work: nothing is collective. */
#ifndef RESLICE_RESULT_ONNX_MODEL_H
#define RESLICE_RESULT_ONNX_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ONNX_AXES = 6, ONNX_NODES = 4096 /* the most of a graph */ };

enum onnx_type { ONNX_FLOAT, ONNX_DOUBLE, ONNX_INT32, ONNX_INT64 };

/* Values are where `type` says, or, little-endian, in `raw`. */
struct onnx_tensor {
    const char *name;
    const char *other_type; /* "float16", "bool": it has no values for us; else NULL */
    enum onnx_type type;
    int axes;
    size_t dim[ONNX_AXES];
    size_t count; /* product of the dims */
    const unsigned char *raw;
    const void *list; /* float, double, int32_t or int64_t [count] */
};

struct onnx_attribute {
    const char *name;
    int64_t integer;
    double real;
    const char *text; /* [length], not terminated */
    size_t length;
    size_t integers, reals;
    const int64_t *integer_list;
    const float *real_list;
    int tensor; /* index, or -1 */
};

struct onnx_node {
    const char *name, *kind, *domain;
    size_t inputs, outputs, attributes;
    char *const *input, *const *output; /* names; an input that is left out is "" */
    struct onnx_attribute *attribute;   /* [attributes]; owned */
};

struct onnx_model {
    const char *path; /* not owned */
    int64_t opset;
    size_t nodes, tensors, initializers;
    struct onnx_node *node;      /* [nodes]; owned */
    struct onnx_tensor *tensor;  /* [tensors] the initializers, then those of attributes; owned */
    const char *input, *output;  /* of the whole graph */
    int input_axes;              /* 0: not known */
    size_t input_dim[ONNX_AXES]; /* 0: not known */
    void *file;                  /* what all these point into; owned */
};

/* Reads a file. `path` must outlive the model, onnx_model_free is due. False with one line for what is
 * no ONNX file, is cut off, asks for more memory than 64 MiB and 4 times its size, holds its weights in
 * another file, has more than one input or no output: nothing to free then. */
bool onnx_model_read(struct onnx_model *model, const char *path, struct error *err);

/* Gives the memory back. */
void onnx_model_free(struct onnx_model *model);

/* Value i of a tensor, 0 <= i < count. Pure. */
double onnx_tensor_real(const struct onnx_tensor *tensor, size_t i);

/* The same of a tensor of integers; cut off of one of reals, NaN and what is too large being 0. Pure. */
int64_t onnx_tensor_integer(const struct onnx_tensor *tensor, size_t i);

/* A node's attribute of that name, or NULL. Pure. */
const struct onnx_attribute *onnx_node_attribute(const struct onnx_node *node, const char *name);

/* An integer attribute, or `standard` where there is none. Pure. */
int64_t onnx_node_integer(const struct onnx_node *node, const char *name, int64_t standard);

/* A real attribute, or `standard` where there is none. Pure. */
double onnx_node_real(const struct onnx_node *node, const char *name, double standard);

/* Whether an attribute, or NULL, is this text. Pure. */
bool onnx_attribute_is(const struct onnx_attribute *attribute, const char *text);

/* Always false, with the line "FILE: node 'NAME' (Conv): …". Pure but for the line. */
bool onnx_refuse(const struct onnx_model *model, const struct onnx_node *node, struct error *err,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
