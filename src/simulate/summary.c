#include "simulate/summary.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"
#include "nn/conv_direct.h"
#include "nn/matrix_op.h"
#include "settings/build_network.h"
#include "settings/crossbar_settings.h"
#include "train/evaluate.h"

/* ---- a layer on crossbars ---- */

/* Cells of a weight matrix: the columns of group g have them on the rows [g depth, (g + 1) depth). */
struct blocks {
    size_t groups, depth, width; /* rows and columns of a group */
};

static struct blocks blocks_of(const struct op *op)
{
    const size_t groups = op_is_conv(op) ? (size_t)op->groups : 1;
    return (struct blocks){groups, matrix_op_inputs(op) / groups, matrix_op_outputs(op) / groups};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* How many of [begin, end) lie in [tile size, (tile + 1) size). */
static size_t overlap(size_t begin, size_t end, size_t tile, size_t size)
{
    const size_t first = larger(begin, tile * size), last = smaller(end, (tile + 1) * size);
    return last > first ? last - first : 0;
}

/* The most rows that a column has in one row tile. */
static size_t deepest(struct blocks blocks, size_t rows)
{
    size_t most = 0;
    for (size_t g = 0; g < blocks.groups; g++)
        for (size_t t = g * blocks.depth / rows; t * rows < (g + 1) * blocks.depth; t++)
            most = larger(most, overlap(g * blocks.depth, (g + 1) * blocks.depth, t, rows));
    return most;
}

/* Whether any group has cells in a tile. */
static bool tile_has_cells(struct blocks blocks, struct crossbar_format format, size_t row_tile,
                           size_t column_tile)
{
    const size_t rows = (size_t)format.rows, columns = (size_t)format.columns;
    for (size_t g = row_tile * rows / blocks.depth; g < blocks.groups; g++) {
        if (g * blocks.depth >= (row_tile + 1) * rows)
            return false;
        if (overlap(g * blocks.width, (g + 1) * blocks.width, column_tile, columns) > 0)
            return true;
    }
    return false;
}

static void map_layer(struct summary_layer *layer, const struct op *op,
                      struct crossbar_format format)
{
    const struct blocks blocks = blocks_of(op);
    const size_t inputs = matrix_op_inputs(op), outputs = matrix_op_outputs(op);
    const size_t rows = (size_t)format.rows, columns = (size_t)format.columns;
    const uint64_t pixels = matrix_op_pixels(op), slices = (uint64_t)crossbar_slices(format);
    const uint64_t levels = (1U << format.cell_bits) - 1, passes = op->in->is_signed ? 2 : 1;
    layer->row_tiles = (inputs + rows - 1) / rows;
    layer->column_tiles = (outputs + columns - 1) / columns;
    for (size_t r = 0; r < layer->row_tiles; r++)
        for (size_t c = 0; c < layer->column_tiles; c++)
            layer->tiles += tile_has_cells(blocks, format, r, c);
    layer->arrays = layer->tiles * slices * CROSSBAR_SIGNS;
    layer->cells = (uint64_t)blocks.depth * outputs;
    layer->macs = layer->cells * pixels;
    layer->static_bits = adc_bits_for(deepest(blocks, rows) * levels);
    const uint64_t empty = op_is_conv(op) ? conv_direct_empty_columns(op, rows) : 0;
    layer->conversions = (layer->row_tiles * outputs - empty) * pixels * slices * CROSSBAR_SIGNS *
                         (uint64_t)format.input_bits * passes;
}

/* ---- layers ---- */

static uint64_t trained_values(const struct op *op)
{
    const struct parameter *tensor = op->params->tensor;
    return (op->weight >= 0 ? tensor[op->weight].count : 0) +
           (op->bias >= 0 ? tensor[op->bias].count : 0);
}

static void name_kind(struct summary_layer *layer, const struct op *op)
{
    char *kind = layer->kind;
    const size_t size = sizeof layer->kind;
    if (op_is_conv(op) && op->groups > 1)
        snprintf(kind, size, "conv %dx%d, %d groups", op->kernel, op->kernel_width, op->groups);
    else if (op_is_conv(op))
        snprintf(kind, size, "conv %dx%d", op->kernel, op->kernel_width);
    else if (op->class == &op_max_pool || op->class == &op_mean_pool)
        snprintf(kind, size, "%s-pool %dx%d", op->class == &op_max_pool ? "max" : "average",
                 op->kernel, op->kernel);
    else
        snprintf(kind, size, "%s", op->class->name);
    for (char *at = strchr(kind, '_'); at; at = strchr(at, '_'))
        *at = '-';
}

/* Whether training touches the values that an operation writes: pages that nobody touches take no
 * memory. They are those of the quantiser behind too where it shares the array. */
static bool touches_values(const struct network *net, const struct op *op, bool quantise)
{
    const struct tensor *out = op->out;
    bool touches = !quantise || !(op->quantiser || out->only_code);
    for (const struct op *at = op + 1; at < net->op + net->op_count; at++)
        if (at->in == out && at->out->shares_value)
            touches = touches || !at->out->only_code;
    return touches;
}

/* Of a sample: the arrays that are the own ones of what an operation writes, as far as they are touched. */
static uint64_t touched_bytes(const struct network *net, const struct op *op, bool quantise)
{
    const struct tensor *out = op->out;
    const bool value = !out->shares_value && touches_values(net, op, quantise);
    const bool gradient = out->gradient && !out->shares_gradient;
    const bool code = out->has_code && quantise;
    return out->stride * (value * sizeof *out->value + gradient * sizeof *out->gradient +
                          code * sizeof *out->code);
}

/* The same arrays, whether touched or not. */
static uint64_t own_bytes(const struct op *op)
{
    const struct tensor *out = op->out;
    const bool gradient = out->gradient && !out->shares_gradient;
    return out->stride * (!out->shares_value * sizeof *out->value +
                          gradient * sizeof *out->gradient + out->has_code * sizeof *out->code);
}

/* Quantisers and changes of shape belong to the layer in front. */
static bool is_part_of_other(const struct op *op)
{
    return op->class->is_quantiser || op->class == &op_reshape;
}

static void add_layer(struct summary *summary, const struct op *op)
{
    struct summary_layer *layer = &summary->layer[summary->layers++];
    const struct tensor *out = op->out;
    *layer = (struct summary_layer){
        .channels = out->channels, .height = out->height, .width = out->width};
    if (op->weight >= 0)
        snprintf(layer->name, sizeof layer->name, "%s", op->name);
    name_kind(layer, op);
    layer->weights = trained_values(op);
    if (op->class->gather_codes)
        map_layer(layer, op, summary->format);
}

static void add_to_all(struct summary_layer *all, const struct summary_layer *layer)
{
    all->weights += layer->weights;
    all->macs += layer->macs;
    all->tiles += layer->tiles;
    all->arrays += layer->arrays;
    all->cells += layer->cells;
    all->conversions += layer->conversions;
    all->sample_bytes += layer->sample_bytes;
    if (layer->static_bits > all->static_bits)
        all->static_bits = layer->static_bits;
}

/* The input, its quantiser and its image are a layer of their own. */
static void list_layers(struct summary *summary, const struct network *net,
                        const struct dataset *set, bool quantise)
{
    summary->layer = MEM_NEW(struct summary_layer, net->op_count + 1);
    struct summary_layer *input = &summary->layer[summary->layers++];
    *input = (struct summary_layer){
        .channels = set->channels, .height = set->height, .width = set->width};
    snprintf(input->kind, sizeof input->kind, "input");
    input->sample_bytes = net->input->stride * sizeof *net->input->value;
    for (int i = 0; i < net->op_count; i++) {
        if (!is_part_of_other(&net->op[i]))
            add_layer(summary, &net->op[i]);
        summary->layer[summary->layers - 1].sample_bytes +=
            touched_bytes(net, &net->op[i], quantise);
    }
    for (size_t l = 0; l < summary->layers; l++)
        add_to_all(&summary->all, &summary->layer[l]);
}

/* ---- memory ---- */

/* Taken by a network for so many samples, apart from what its operations use in turn, which does not
 * grow with them. The network is the caller's. */
static uint64_t build(struct network *net, const struct settings *settings,
                      const struct dataset *set, size_t capacity)
{
    const size_t before = mem_taken_bytes();
    build_network(net, settings, set, capacity);
    return mem_taken_bytes() - before - net->scratch.bytes;
}

void summary_create(struct summary *summary, const struct settings *settings,
                    const struct dataset *set)
{
    struct network net;
    *summary = (struct summary){.format = settings_crossbar_format(settings)};
    summary->fixed_bytes = build(&net, settings, set, 0);
    const uint64_t best = net.params.size * sizeof *net.params.value; /* of the kept epoch */
    const uint64_t in_turn = net.scratch.bytes;
    network_destroy(&net);
    summary->sample_bytes = build(&net, settings, set, 1) - summary->fixed_bytes;
    for (int i = 0; i < net.op_count; i++)
        summary->sample_bytes -=
            own_bytes(&net.op[i]) - touched_bytes(&net, &net.op[i], settings->fixed_point.quantise);
    summary->fixed_bytes += best + in_turn;
    summary->block = net.block;
    list_layers(summary, &net, set, settings->fixed_point.quantise);
    network_destroy(&net);
}

void summary_free(struct summary *summary)
{
    mem_free(summary->layer);
    *summary = (struct summary){0};
}

size_t summary_samples(const struct summary *summary, const struct settings *settings, int ranks)
{
    const size_t batch = (size_t)settings->training.batch;
    const size_t shards = (size_t)settings->training.shards, own = shards / (size_t)ranks;
    return larger((own * batch + shards - 1) / shards, summary->block);
}
