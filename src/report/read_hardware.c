#include "report/read_hardware.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"

enum { CURRENT_AXES = 4, CLIP_AXES = 3 };

/* ---- crossbars ---- */

static void read_crossbar(struct reader *r, const struct report_result *result,
                          struct report_layer *layer)
{
    char group[READER_PATH - 16], path[READER_PATH];
    snprintf(group, sizeof group, "/crossbars/%s", layer->name);
    snprintf(path, sizeof path, "%s/zero_columns", group);
    layer->inputs = reader_positive(r, group, "inputs");
    layer->outputs = reader_positive(r, group, "outputs");
    layer->row_tiles = reader_positive(r, group, "row_tiles");
    layer->column_tiles = reader_positive(r, group, "column_tiles");
    layer->arrays = reader_positive(r, group, "arrays");
    uint64_t zero[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    const size_t slices = (size_t)result->crossbar_slices;
    reader_data(r, path, STORE_U64, CROSSBAR_SIGNS * slices, zero);
    for (size_t i = 0; r->fine && i < CROSSBAR_SIGNS * slices; i++)
        layer->zero[i % slices] += zero[i];
}

/* ---- ADC bits and clip rates ---- */

static void raise(double *max, double value)
{
    if (isnan(*max) || value > *max)
        *max = value;
}

static void read_bits(struct reader *r, struct report_result *result, const char *layer,
                      enum adc_definition definition)
{
    char path[READER_PATH];
    int32_t bits[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    const size_t slices = (size_t)result->crossbar_slices;
    snprintf(path, sizeof path, "/adc/%s/%s", layer, adc_definitions[definition].name);
    reader_data(r, path, STORE_I32, CROSSBAR_SIGNS * slices, bits);
    for (size_t i = 0; r->fine && i < CROSSBAR_SIGNS * slices; i++) {
        int *most = &result->bits[definition][i % slices];
        if (bits[i] < 0 || bits[i] > REPORT_ADC_BITS)
            reader_fail(r, "dataset '%s' holds %d bits; allowed: 0..%d", path, (int)bits[i],
                        REPORT_ADC_BITS);
        else
            *most = bits[i] > *most ? bits[i] : *most;
    }
}

/* Widths 1, 2, … as they stand in the file. Returns their number. */
static int read_clip_rates(struct reader *r, struct report_result *result, const char *layer)
{
    char path[READER_PATH];
    size_t length[STORE_AXES];
    const size_t slices = (size_t)result->crossbar_slices, rows = CROSSBAR_SIGNS * slices;
    snprintf(path, sizeof path, "/adc/%s/clip_rate", layer);
    if (!reader_shape(r, path, CLIP_AXES, length))
        return 0;
    if (length[2] > REPORT_ADC_BITS) {
        reader_fail(r, "dataset '%s' has a wrong shape", path);
        return 0;
    }
    double rate[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES * REPORT_ADC_BITS];
    reader_data(r, path, STORE_F64, rows * length[2], rate);
    for (size_t i = 0; r->fine && i < rows; i++)
        for (size_t n = 0; n < length[2]; n++)
            raise(&result->clip_rate[i % slices][n + 1], rate[i * length[2] + n]);
    return (int)length[2];
}

/* The widths that /adc does not list, from the currents: 0 bits (a percentile can be 0 although some
 * current flows) and those above. Without currents they stay unknown. */
static void count_clipped(struct reader *r, struct report_result *result, const char *layer,
                          int listed)
{
    char path[READER_PATH];
    size_t length[STORE_AXES];
    const size_t slices = (size_t)result->crossbar_slices;
    snprintf(path, sizeof path, "/crossbars/%s/current_histogram", layer);
    if (!r->fine || !store_has(r->file, path) || !reader_shape(r, path, CURRENT_AXES, length))
        return;
    if (length[0] != CROSSBAR_SIGNS || length[1] != slices || length[3] == 0) {
        reader_fail(r, "dataset '%s' has a wrong shape", path);
        return;
    }
    const size_t bins = length[3], all = CROSSBAR_SIGNS * slices * length[2] * bins;
    uint64_t *histogram = MEM_NEW(uint64_t, all), *pooled = MEM_NEW(uint64_t, bins);
    reader_data(r, path, STORE_U64, all, histogram);
    for (size_t i = 0; r->fine && i < CROSSBAR_SIGNS * slices; i++) {
        memset(pooled, 0, bins * sizeof *pooled);
        for (size_t b = 0; b < length[2]; b++)
            for (size_t s = 0; s < bins; s++)
                pooled[s] += histogram[(i * length[2] + b) * bins + s];
        for (int n = 0; n <= REPORT_ADC_BITS; n = n == 0 ? listed + 1 : n + 1)
            raise(&result->clip_rate[i % slices][n], adc_clip_rate(pooled, bins, n));
    }
    mem_free(histogram);
    mem_free(pooled);
}

static void read_adc(struct reader *r, struct report_result *result, const char *layer)
{
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        read_bits(r, result, layer, (enum adc_definition)d);
    count_clipped(r, result, layer, read_clip_rates(r, result, layer));
}

/* ---- all ---- */

static void read_layers(struct reader *r, struct report_result *result)
{
    char *names;
    const size_t width = sizeof result->layer->name;
    const size_t count = store_list(r->file, "/adc", width, &names);
    result->layer = MEM_NEW(struct report_layer, count);
    for (size_t i = 0; i < count && r->fine; i++) {
        char path[READER_PATH];
        snprintf(path, sizeof path, "/adc/%s/%s", names + i * width,
                 adc_definitions[ADC_STATIC].name);
        if (!store_has(r->file, path))
            continue; /* something about the whole network */
        struct report_layer *layer = &result->layer[result->layers++];
        memcpy(layer->name, names + i * width, width);
        read_crossbar(r, result, layer);
        read_adc(r, result, layer->name);
        error_clean(layer->name);
    }
    mem_free(names);
}

/* cell_bits and crossbar_slices are not those of the codes: cells have their own width, and an offset
 * adds a slice. */
static void read_format(struct reader *r, struct report_result *result)
{
    const int64_t slices = reader_positive(r, "/crossbars", "slices");
    result->rows = reader_positive(r, "/crossbars", "rows");
    result->columns = reader_positive(r, "/crossbars", "columns");
    result->cell_bits = (int)reader_positive(r, "/crossbars", "cell_bits");
    if (result->cell_bits > BIT_SLICE_MAX)
        reader_fail(r, "crossbar cells of %d bits; allowed: 1..%d", result->cell_bits,
                    BIT_SLICE_MAX);
    if (slices > CROSSBAR_MAX_SLICES)
        reader_fail(r, "%lld crossbar slices; allowed: 1..%d", (long long)slices,
                    CROSSBAR_MAX_SLICES);
    result->crossbar_slices = r->fine ? (int)slices : 0;
}

void report_read_hardware(struct reader *r, struct report_result *result)
{
    for (int k = 0; k < CROSSBAR_MAX_SLICES; k++)
        for (int n = 0; n <= REPORT_ADC_BITS; n++)
            result->clip_rate[k][n] = NAN;
    if (!r->fine || !store_has(r->file, "/adc"))
        return; /* not quantised, not mapped */
    read_format(r, result);
    if (r->fine)
        read_layers(r, result);
    if (result->layers == 0)
        result->crossbar_slices = 0;
}
