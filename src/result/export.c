#include "result/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/matrix_op.h"
#include "result/result_crossbars.h"
#include "store/store.h"

/* A weight layer and how it is cut. */
struct mapping {
    const struct network *net;
    const struct op *op;
    const struct parameter *weight;
    const int16_t *code; /* [outputs, inputs] */
    struct crossbar_format format;
    size_t outputs, inputs, row_tiles, column_tiles, slices;
    char group[64];
};

static struct mapping mapping_of(const struct network *net, const struct op *op,
                                 struct crossbar_format format)
{
    const struct parameter *weight = &net->params.tensor[op->weight];
    const size_t outputs = matrix_op_outputs(op), inputs = matrix_op_inputs(op);
    const size_t rows = (size_t)format.rows, columns = (size_t)format.columns;
    struct mapping map = {.net = net,
                          .op = op,
                          .weight = weight,
                          .code = matrix_op_codes(op),
                          .format = format,
                          .outputs = outputs,
                          .inputs = inputs,
                          .row_tiles = (inputs + rows - 1) / rows,
                          .column_tiles = (outputs + columns - 1) / columns,
                          .slices = (size_t)crossbar_slices(format)};
    snprintf(map.group, sizeof map.group, "/layers/%s", op->name);
    return map;
}

/* Cells of one (sign, slice): row_tiles * column_tiles arrays, the last ones filled up with 0. */
static size_t plane_size(const struct mapping *map)
{
    return map->row_tiles * map->column_tiles * (size_t)map->format.rows *
           (size_t)map->format.columns;
}

/* The exponent of the codes that a tensor holds: that of the quantiser they come from. */
static int exponent_of(const struct network *net, const struct tensor *tensor)
{
    for (const struct op *op = net->op; op < net->op + net->op_count; op++)
        if (op->out == tensor && !op->class->is_quantiser)
            return exponent_of(net, op->in) + op->drops_always; /* it doubles what is left */
    return tensor->exponent;
}

/* cell [sign, slice, row_tile, column_tile, rows, columns]: digit k of |code| where the sign is that
 * of the code. */
static void fill_cells(const struct mapping *map, uint8_t *cell)
{
    const size_t rows = (size_t)map->format.rows, columns = (size_t)map->format.columns;
    const int width = map->format.cell_bits, digits = (1 << width) - 1;
    for (size_t j = 0; j < map->outputs; j++)
        for (size_t i = 0; i < map->inputs; i++) {
            const int code = map->code[j * map->inputs + i], magnitude = abs(code);
            const size_t sign = code < 0 ? CROSSBAR_NEGATIVE : CROSSBAR_POSITIVE;
            const size_t tile = i / rows * map->column_tiles + j / columns;
            const size_t at = (tile * rows + i % rows) * columns + j % columns;
            for (size_t k = 0; k < map->slices && code != 0; k++)
                cell[(sign * map->slices + k) * plane_size(map) + at] =
                    (uint8_t)(magnitude >> (width * (int)k) & digits);
        }
}

static void write_cells(struct store *store, const struct mapping *map)
{
    uint8_t *cell = MEM_NEW(uint8_t, CROSSBAR_SIGNS * map->slices * plane_size(map));
    fill_cells(map, cell);
    const struct store_array array = {
        .group = map->group,
        .name = "cells",
        .description = "level of each cell: digit `slice` of |code| on the array of its sign, 0 on "
                       "the other and where the last tiles have no weight",
        .units = "cell level",
        .type = STORE_U8,
        .axes = 6,
        .axis = {[2] = {"row_tile", map->row_tiles, NULL},
                 [3] = {"column_tile", map->column_tiles, NULL},
                 [4] = {"row", (size_t)map->format.rows, NULL},
                 [5] = {"column", (size_t)map->format.columns, NULL}}
    };
    result_write_by_slice(store, array, cell, map->slices);
    mem_free(cell);
}

static void write_codes(struct store *store, const struct mapping *map)
{
    struct store_array array = {
        .group = map->group,
        .name = "code",
        .description = "weight code: value = code * 2^(weight_exponent - bits); inputs of a "
                       "convolution are in the order channel, kernel row, kernel column",
        .units = "1",
        .type = STORE_I16,
        .axes = 2,
        .axis = {{"output", map->outputs, NULL}, {"input", map->inputs, NULL}},
        .data = map->code
    };
    store_write(store, &array);
    if (map->op->bias < 0)
        return;
    array.name = "bias";
    array.description = "value that is added digitally";
    array.type = STORE_F32;
    array.axes = 1;
    array.data = map->net->params.quantised + map->net->params.tensor[map->op->bias].offset;
    store_write(store, &array);
}

static void write_geometry(struct store *store, const struct mapping *map)
{
    const struct op *op = map->op;
    const bool is_conv = op_is_conv(op);
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"inputs",          (int64_t)map->inputs      },
        {"outputs",         (int64_t)map->outputs     },
        {"row_tiles",       (int64_t)map->row_tiles   },
        {"column_tiles",    (int64_t)map->column_tiles},
        {"weight_exponent", map->weight->exponent     },
        {"input_exponent",  exponent_of(map->net,       op->in)},
        {"input_signed",                 op->in->is_signed                             },
        {"kernel",                 is_conv ? op->kernel : 1      },
        {"stride",                 is_conv ? op->step : 1                             },
        {"kernel_width",                 is_conv ? op->kernel_width : 1},
        {"padding_left",                 is_conv ? op->around.left : 0                             },
        {"groups",                 is_conv ? op->groups : 1      },
        {"padding",                 is_conv ? op->padding : 0                            },
        {"input_channels",                 op->in->channels},
        {"input_height",                 op->in->height                              },
        {"input_width",                 op->in->width},
        {"output_height",                 op->out->height                            },
        {"output_width",                 op->out->width },
    };
    store_text(store, map->group, "kind", op->class->name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        store_integer(store, map->group, numbers[i].name, numbers[i].value);
}

static void write_root(struct store *store, const struct network *net,
                       struct crossbar_format format, struct export_source source)
{
    store_text(store, "/", "format", EXPORT_FORMAT);
    store_integer(store, "/", "version", EXPORT_FORMAT_VERSION);
    store_text(store, "/", "source", source.file);
    store_text(store, "/", "experiment", source.experiment);
    store_text(store, "/", "run", source.run);
    store_integer(store, "/", "rows", format.rows);
    store_integer(store, "/", "columns", format.columns);
    store_integer(store, "/", "cell_bits", format.cell_bits);
    store_integer(store, "/", "slices", crossbar_slices(format));
    store_integer(store, "/", "bits", format.weight_bits);
    store_integer(store, "/", "input_bits", format.input_bits);
    store_integer(store, "/", "logit_exponent", exponent_of(net, net->logits));
}

void export_write(const char *path, const struct network *net, struct crossbar_format format,
                  struct export_source source)
{
    size_t bytes = 1 << 20;
    for (const struct op *op = net->op; op < net->op + net->op_count; op++)
        if (op->class->gather_codes) {
            const struct mapping map = mapping_of(net, op, format);
            bytes += CROSSBAR_SIGNS * map.slices * plane_size(&map) + 2 * map.weight->count;
        }
    struct store *store = store_create(path, bytes);
    write_root(store, net, format, source);
    for (const struct op *op = net->op; op < net->op + net->op_count; op++)
        if (op->class->gather_codes) {
            const struct mapping map = mapping_of(net, op, format);
            write_codes(store, &map);
            write_cells(store, &map);
            write_geometry(store, &map);
        }
    store_finish(store);
}
