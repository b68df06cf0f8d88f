/* Groups /crossbars and /adc of a result file. */
#include "result/result_crossbars.h"

#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/adc.h"

static const int32_t SIGN_LABEL[CROSSBAR_SIGNS] = {1, -1};

void result_write_by_slice(struct store *store, struct store_array array, const void *data,
                           size_t slices)
{
    const struct share mine = comm_share(CROSSBAR_SIGNS * slices);
    size_t row_bytes = store_type_size(array.type);
    array.axis[0] = (struct store_axis){"sign", CROSSBAR_SIGNS, SIGN_LABEL};
    array.axis[1] = (struct store_axis){"slice", slices, NULL};
    for (int a = 2; a < array.axes; a++)
        row_bytes *= array.axis[a].length;
    array.split_axes = 2;
    array.first = mine.first;
    array.count = mine.count;
    array.data = (const char *)data + mine.first * row_bytes;
    array.units = array.units ? array.units : "1";
    store_write(store, &array);
}

static void write_crossbar(struct store *store, const struct simulated_layer *layer)
{
    const struct crossbar *x = &layer->crossbar;
    const size_t slices = (size_t)crossbar_slices(x->format);
    char group[64];
    snprintf(group, sizeof group, "/crossbars/%s", layer->name);
    const struct store_array sum = {
        .group = group,
        .name = "column_sum",
        .description = "sum of the cells of each bitline: its current when every input bit is 1",
        .units = "cell level",
        .type = STORE_U32,
        .axes = 4,
        .axis = {[2] = {"row_tile", x->row_tiles, NULL}, [3] = {"column", x->outputs, NULL}}
    };
    result_write_by_slice(store, sum, x->column_sum, slices);
    const struct store_array histogram = {
        .group = group,
        .name = "current_histogram",
        .description = "conversions by bitline current over the test set, both passes of signed "
                       "inputs together",
        .units = "conversions",
        .type = STORE_U64,
        .axes = 4,
        .axis = {[2] = {"input_bit", (size_t)x->format.input_bits, NULL},
                 [3] = {"current", crossbar_max_current(x->format) + 1, NULL}}
    };
    result_write_by_slice(store, histogram, layer->histogram, slices);
    uint64_t zero[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    for (size_t i = 0; i < CROSSBAR_SIGNS * slices; i++)
        zero[i] = crossbar_zero_columns(x, (int)(i / slices), (int)(i % slices));
    const struct store_array zeros = {
        .group = group,
        .name = "zero_columns",
        .description = "bitlines (of row_tiles * columns) whose cells are all 0: they need no "
                       "conversion",
        .units = "bitlines",
        .type = STORE_U64,
        .axes = 2};
    result_write_by_slice(store, zeros, zero, slices);
    store_integer(store, group, "inputs", (int64_t)x->inputs);
    store_integer(store, group, "outputs", (int64_t)x->outputs);
    store_integer(store, group, "row_tiles", (int64_t)x->row_tiles);
    store_integer(store, group, "column_tiles", (int64_t)x->column_tiles);
    store_integer(store, group, "arrays",
                  (int64_t)(x->row_tiles * x->column_tiles * slices * CROSSBAR_SIGNS));
    store_integer(store, group, "input_passes", layer->passes);
}

enum { CLIP_BITS = 10 }; /* clip rates are given for ADCs of 1..10 bits */

void result_write_bits(struct store *store, const char *layer, const char *prefix,
                       enum adc_definition definition, const char *samples, struct adc_bits bits,
                       size_t slices)
{
    const struct adc_definition_entry *entry = &adc_definitions[definition];
    int32_t row[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    char group[64], name[64], description[160];
    for (size_t i = 0; i < CROSSBAR_SIGNS * slices; i++)
        row[i] = bits.of[i / slices][i % slices];
    snprintf(group, sizeof group, "/adc/%s", layer);
    snprintf(name, sizeof name, "%s%s", prefix, entry->name);
    snprintf(description, sizeof description, "ADC bits that %s%s", entry->holds,
             entry->share > 0 ? samples : "");
    const struct store_array array = {.group = group,
                                      .name = name,
                                      .description = description,
                                      .units = "bit",
                                      .type = STORE_I32,
                                      .axes = 2};
    result_write_by_slice(store, array, row, slices);
}

static void write_adc(struct store *store, const struct simulated_layer *layer)
{
    const struct crossbar *x = &layer->crossbar;
    const size_t slices = (size_t)crossbar_slices(x->format);
    const size_t bins = crossbar_max_current(x->format) + 1;
    struct adc_bits bits[ADC_DEFINITIONS] = {0};
    double clip_rate[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES][CLIP_BITS];
    uint64_t *pooled = MEM_NEW(uint64_t, bins);
    for (size_t i = 0; i < CROSSBAR_SIGNS * slices; i++) {
        const int sign = (int)(i / slices), k = (int)(i % slices);
        simulation_pool(layer, sign, k, pooled);
        for (int d = 0; d < ADC_DEFINITIONS; d++)
            bits[d].of[sign][k] = (int8_t)adc_bits_by(
                (enum adc_definition)d, crossbar_max_column_sum(x, sign, k), pooled, bins);
        for (int n = 0; n < CLIP_BITS; n++)
            clip_rate[i][n] = adc_clip_rate(pooled, bins, n + 1);
    }
    mem_free(pooled);
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        result_write_bits(store, layer->name, "", (enum adc_definition)d,
                          d == ADC_OBSERVED ? " on the test set: from the largest current seen"
                                            : " on the test set",
                          bits[d], slices);
    char group[64];
    snprintf(group, sizeof group, "/adc/%s", layer->name);
    static const int32_t clip_label[CLIP_BITS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const struct store_array clip = {
        .group = group,
        .name = "clip_rate",
        .description = "share of conversions on the test set that an ADC of adc_bits bits clips",
        .units = "1",
        .type = STORE_F64,
        .axes = 3,
        .axis = {[2] = {"adc_bits", CLIP_BITS, clip_label}}};
    result_write_by_slice(store, clip, clip_rate, slices);
}

void result_write_simulation(struct store *store, const struct simulation *simulation)
{
    if (simulation->layers == 0)
        return; /* a float run has no codes to map */
    for (int l = 0; l < simulation->layers; l++) {
        write_crossbar(store, &simulation->layer[l]);
        write_adc(store, &simulation->layer[l]);
    }
    store_integer(store, "/crossbars", "rows", simulation->format.rows);
    store_integer(store, "/crossbars", "columns", simulation->format.columns);
    store_integer(store, "/crossbars", "cell_bits", simulation->format.cell_bits);
    store_integer(store, "/crossbars", "input_bits", simulation->format.input_bits);
    store_integer(store, "/crossbars", "slices", crossbar_slices(simulation->format));
}
