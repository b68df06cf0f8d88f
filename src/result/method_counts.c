#include "result/method_counts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "method/metrics.h"
#include "method/smartdeal.h"
#include "settings/adc_settings.h"
#include "settings/constraint_settings.h"
#include "settings/options.h"

#define COUNT(field, text, unit)                                                                   \
    {                                                                                              \
#field, text, unit, STORE_I64, offsetof(struct method_layer, field)                        \
    }
#define NUMBER(field, text, unit)                                                                  \
    {                                                                                              \
#field, text, unit, STORE_F64, offsetof(struct method_layer, field)                        \
    }

/* clang-format off */
const struct method_column method_columns[] = {
    COUNT(weights, "weights", "1"),
    COUNT(nonzero, "weights that are not 0 on the crossbars", "1"),
    COUNT(value_bits, "bits of a weight that is not 0, sign included", "bit"),
    COUNT(data_bits, "bits of all weights as the method stores them, without indices", "bit"),
    COUNT(stored_bits, "bits with indices of the weights that are not 0, or without zeros left out where "
                       "that takes less", "bit"),
    COUNT(column_limit, "column-sparsity: weights of a crossbar column that may be other than 0; 0 = all", "1"),
    COUNT(column_nonzero, "most weights other than 0 in a crossbar column", "1"),
    COUNT(column_positive, "most weights above 0 in a crossbar column", "1"),
    COUNT(column_negative, "most weights below 0 in a crossbar column", "1"),
    COUNT(grid_bits, "grid: bits; 0 = no grid", "bit"),
    COUNT(is_ternary, "ternary: 1", "1"),
    COUNT(block, "circulant: rows and columns of a block; 0 = none", "1"),
    COUNT(dense_arrays, "arrays of all slices and both signs, slices beside each other", "1"),
    COUNT(block_arrays, "likewise with one vector stored for each circulant block", "1"),
    COUNT(passes, "in which those arrays give all outputs", "1"),
    COUNT(pieces, "smartdeal: pairs of coefficients and basis", "1"),
    COUNT(coefficients, "smartdeal: coefficients", "1"),
    COUNT(coefficients_nonzero, "smartdeal: coefficients that are not 0", "1"),
    NUMBER(refit, "smartdeal: distance of the product of the counted coefficients and bases from the "
                  "weights, over their norm", "1"),
    NUMBER(digits_asked, "slice-sparsity: share of the digits that may be other than 0; slice-digits: so many of a weight over its slices; 0 = all",
           "1"),
    COUNT(digits, "slices of all weights: digits", "1"),
    COUNT(digits_nonzero, "digits that are not 0", "1"),
    COUNT(group, "group-lasso: input channels of a group; 0 = none", "1"),
    COUNT(groups, "group-lasso: groups", "1"),
    COUNT(groups_alive, "group-lasso: groups with a weight that is not 0", "1"),
    NUMBER(group_compression, "32 bits / value_bits / (groups_alive / groups (1 - smallest share of zeros in "
                              "such a group))", "1"),
};
/* clang-format on */

const size_t method_column_count = sizeof method_columns / sizeof *method_columns;

/* ---- count ---- */

/* Fits every output once more: what the constraint has made, it finds again. */
static uint64_t count_smartdeal(struct method_layer *m, const struct constraint_layer *layer,
                                const float *w)
{
    const size_t n = layer->in * layer->taps;
    float *output = MEM_NEW(float, n);
    struct smartdeal_count count = {0};
    double distance = 0.0, norm = 0.0;
    for (size_t o = 0; o < layer->out; o++) {
        memcpy(output, w + o * n, n * sizeof *w);
        smartdeal_fit_output(layer, output, &count);
        for (size_t i = 0; i < n; i++) {
            const double x = (double)w[o * n + i], d = x - (double)output[i];
            distance += d * d;
            norm += x * x;
        }
    }
    mem_free(output);
    m->pieces = (int64_t)count.pieces;
    m->coefficients = (int64_t)count.coefficients;
    m->coefficients_nonzero = (int64_t)count.nonzero;
    m->refit = norm > 0.0 ? sqrt(distance / norm) : 0.0;
    return smartdeal_bits(&count);
}

/* Weight by weight: those that are not 0 with their indices, or all of them. */
static void count_weights(struct method_layer *m, const float *w)
{
    const int64_t zero_level = m->grid_bits > 0 && m->nonzero < m->weights; /* one more level */
    const int64_t dense = m->weights * (m->value_bits + zero_level);
    const int64_t indices = (int64_t)metrics_index_bits(w, (size_t)m->weights, (int)m->value_bits);
    m->data_bits = m->nonzero * m->value_bits;
    m->stored_bits = m->data_bits + indices < dense ? m->data_bits + indices : dense;
}

/* data_bits, stored_bits; w: on the crossbars, latent: before quantisation. layer: as smartdeal
 * asks. */
static void count_storage(struct method_layer *m, const struct constraint_layer *layer,
                          const float *w, const float *latent)
{
    if (layer->amount > 0.0 && smartdeal_applies(layer))
        m->data_bits = (int64_t)count_smartdeal(m, layer, latent);
    else if (m->is_ternary)
        m->data_bits = m->weights * m->value_bits;
    else if (m->block > 0)
        m->data_bits = m->value_bits * (int64_t)metrics_circulant_values(
                                           layer->out, layer->in, layer->taps, (size_t)m->block);
    else {
        count_weights(m, w);
        return;
    }
    m->stored_bits = m->data_bits;
}

static void count_arrays(struct method_layer *m, const struct settings *s,
                         const struct constraint_layer *layer)
{
    const struct metrics_arrays arrays = metrics_circulant(
        layer->out, layer->in * layer->taps, m->block > 0 ? (size_t)m->block : 1, layer->rows,
        (size_t)s->crossbar.columns, (size_t)bit_slice_count(layer->format));
    m->dense_arrays = (int64_t)arrays.dense;
    m->block_arrays = (int64_t)arrays.arrays;
    m->passes = (int64_t)arrays.passes;
}

static void count_columns(struct method_layer *m, const struct constraint_layer *layer,
                          const float *w)
{
    const size_t inputs = layer->in * layer->taps;
    m->column_nonzero = (int64_t)metrics_column_nonzero(w, layer->out, inputs, layer->rows, 0);
    m->column_positive = (int64_t)metrics_column_nonzero(w, layer->out, inputs, layer->rows, 1);
    m->column_negative = (int64_t)metrics_column_nonzero(w, layer->out, inputs, layer->rows, -1);
}

/* In slices of crossbar cells, from codes as they are: 0 where training is not quantised. */
static void count_digits(struct method_layer *m, const struct settings *s,
                         const struct constraint_layer *layer, const int16_t *code, size_t index)
{
    const int slices = bit_slice_count(layer->format);
    uint64_t nonzero[BIT_SLICE_MAX] = {0};
    if (!s->fixed_point.quantise)
        return;
    bit_slice_count_nonzero(layer->format, code, (size_t)m->weights, nonzero);
    m->digits = m->weights * slices;
    for (int k = 0; k < slices; k++)
        m->digits_nonzero += (int64_t)nonzero[k];
    m->digits_asked = constraint_settings_amount(s, &constraint_slice_sparsity, index);
    if (m->digits_asked == 0.0)
        m->digits_asked = constraint_settings_amount(s, &constraint_slice_digits, index) / slices;
}

static void count_groups(struct method_layer *m, const struct settings *s,
                         const struct constraint_layer *layer, const float *w, size_t index)
{
    const struct real_list *list = &s->group_lasso.group;
    m->group = list->count == 0 ? 0 : (int64_t)list->value[list->count > 1 ? index : 0];
    if (m->group == 0)
        return;
    const struct metrics_groups found =
        metrics_count_groups(w, layer->out, layer->in, layer->taps, (size_t)m->group);
    m->groups = (int64_t)found.groups;
    m->groups_alive = (int64_t)found.alive;
    m->group_compression = metrics_group_compression(found, (int)m->value_bits);
}

static int64_t value_bits(const struct method_layer *m, const struct settings *s)
{
    if (m->is_ternary)
        return 2;
    if (m->grid_bits > 0)
        return m->grid_bits;
    return s->fixed_point.quantise ? s->fixed_point.bits + 1 : 32;
}

/* Counts of a weight tensor, number `index` of the network's. */
static struct method_layer method_count(const struct settings *s, const struct parameters *params,
                                        const struct parameter *tensor, size_t index)
{
    const float *w = params->quantised + tensor->offset;
    const struct constraint_layer layer =
        constraint_settings_describe(s, &constraint_smartdeal, tensor, index);
    struct method_layer m = {
        .weights = (int64_t)tensor->count,
        .nonzero = (int64_t)metrics_nonzero(w, tensor->count),
        .column_limit = (int64_t)constraint_settings_amount(s, &constraint_column_sparsity, index),
        .grid_bits = (int64_t)constraint_settings_amount(s, &constraint_grid, index),
        .is_ternary = constraint_settings_asks(s, &constraint_ternary, index),
        .block = (int64_t)constraint_settings_amount(s, &constraint_circulant, index),
    };
    m.value_bits = value_bits(&m, s);
    count_storage(&m, &layer, w, params->value + tensor->offset);
    count_arrays(&m, s, &layer);
    count_columns(&m, &layer, w);
    count_digits(&m, s, &layer, params->code + tensor->offset, index);
    count_groups(&m, s, &layer, w, index);
    return m;
}

/* ---- write ---- */

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...)
{
    const size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

void method_print_name(const struct settings *s, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t c = 0; c < constraint_count; c++)
        if (option_amounts(s, constraint_table[c])->count > 0)
            append(text, size, "%s%s", text[0] ? " + " : "", constraint_table[c]->name);
    if (text[0])
        append(text, size, " (%s)", s->impose.by);
    if (strcmp(s->penalty.name, "none") != 0)
        append(text, size, "%s%s", text[0] ? ", " : "", s->penalty.name);
    if (s->group_lasso.group.count > 0)
        append(text, size, "%s%sgroup-lasso", text[0] ? ", " : "",
               s->group_lasso.ratio > 0.0 ? "clipped " : "");
    if (adc_settings_are_on(s))
        append(text, size, "%sadc%s", text[0] ? ", " : "", s->epochs > 0 ? " in the loop" : "");
    if (strcmp(s->recalibrate, "none") != 0)
        append(text, size, "%s%s recalibrated", text[0] ? ", " : "", s->recalibrate);
    if (!text[0])
        append(text, size, "%s", s->prune.threshold > 0.0 ? "pruned" : "none");
}

static void write_column(struct store *store, const struct method_column *column,
                         const struct method_layer *layer, size_t layers)
{
    char *data = MEM_NEW(char, layers * sizeof(double));
    for (size_t l = 0; l < layers; l++)
        memcpy(data + l * sizeof(double), (const char *)&layer[l] + column->offset, sizeof(double));
    const struct store_array array = {.group = "/method",
                                      .name = column->name,
                                      .description = column->description,
                                      .units = column->units,
                                      .type = column->type,
                                      .axes = 1,
                                      .axis = {{"layer", layers, NULL}},
                                      .data = data};
    store_write(store, &array);
    mem_free(data);
}

void method_write(struct store *store, const struct settings *s, const struct parameters *params)
{
    struct method_layer *layer = MEM_NEW(struct method_layer, params->count);
    size_t layers = 0;
    char name[256];
    store_group(store, "/method");
    method_print_name(s, name, sizeof name);
    store_text(store, "/method", "name", name);
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        if (!parameters_is_matrix(tensor))
            continue;
        char attribute[32];
        snprintf(attribute, sizeof attribute, "layer_%zu", layers);
        store_text(store, "/method", attribute, parameters_split_name(tensor).layer);
        layer[layers] = method_count(s, params, tensor, layers);
        layers++;
    }
    for (size_t c = 0; c < method_column_count; c++)
        write_column(store, &method_columns[c], layer, layers);
    mem_free(layer);
}
