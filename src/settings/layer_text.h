/* Lists of layers as YAML: read from experiment files, printed into result files.
 *
 *     layers:
 *       - conv: {outputs: 20, kernel: 5}
 *       - relu
 *       - residual: {layers: [...], shortcut: [...]}
 *
 * One table has every kind with its keys, ranges and defaults. Names that are not given are made: the
 * kind's short name and its number in its branch, behind the name of the residual it stands in.
 */
#ifndef RESLICE_SETTINGS_LAYER_TEXT_H
#define RESLICE_SETTINGS_LAYER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "nn/layers.h"
#include "settings/document.h"

/* Reads a list and names its layers. False with a located message. Whether the layers fit each other
 * and the data is for layers_build to say. The list is the caller's. Not collective. */
bool layer_text_read(const struct document *document, const yaml_node_t *node,
                     struct layer_list *list, struct error *err);

/* Bytes that hold the printed list, with its NUL. Not collective. */
size_t layer_text_size(const struct layer_list *list);

/* Appends "layers:" with every layer's every key, each line behind `indent` blanks; names that are empty
 * are left out, to be made when it is read. Reads back to the same list. `text` has room for layer_text_size bytes. Not collective. */
void layer_text_print(const struct layer_list *list, int indent, char *text);

#endif
