#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/adc.h"
#include "report/report_data.h"
#include "store/store.h"

enum { CURRENT_AXES = 4, CLIP_AXES = 3, PATH = 160 };

/* A file being read; `fine` turns false with the first error, and later reads do nothing. */
struct reader {
    struct store_file *file;
    const char *path;
    struct error *err;
    bool fine;
};

static void get_text(struct reader *r, const char *object, const char *name, char *text,
                     size_t size)
{
    r->fine = r->fine && store_get_text(r->file, object, name, text, size, r->err);
    error_clean(text);
}

static int64_t get_integer(struct reader *r, const char *object, const char *name)
{
    int64_t value = 0;
    r->fine = r->fine && store_get_integer(r->file, object, name, &value, r->err);
    return value;
}

/* Likewise, a number that others are divided by or count with. */
static int64_t get_positive(struct reader *r, const char *object, const char *name)
{
    const int64_t value = get_integer(r, object, name);
    if (r->fine && (value < 1 || value > INT32_MAX))
        r->fine = error_set(r->err, "%s: attribute '%s' of '%s' is %lld", r->path, name, object,
                            (long long)value);
    return value;
}

static void read_root(struct reader *r, struct report_result *result)
{
    get_text(r, "/", "experiment", result->experiment, sizeof result->experiment);
    get_text(r, "/", "run", result->run, sizeof result->run);
    get_text(r, "/", "run_base", result->base, sizeof result->base);
    get_text(r, "/", "parent", result->parent, sizeof result->parent);
    get_text(r, "/", "select", result->select, sizeof result->select);
    result->select_sparsity = get_integer(r, "/", "select_sparsity") != 0;
    result->is_quantised = get_integer(r, "/", "quantise") != 0;
    result->seed = get_integer(r, "/", "seed");
    result->epoch = get_integer(r, "/", "epoch_kept");
    r->fine = r->fine && store_get_real(r->file, "/", "test_accuracy", &result->accuracy, r->err);
    const int64_t bits = get_positive(r, "/", "bits"), width = get_positive(r, "/", "slice_bits");
    if (r->fine && (bits % width != 0 || bits / width > BIT_SLICE_MAX))
        r->fine = error_set(r->err, "%s: %lld bits in slices of %lld do not make 1..%d slices",
                            r->path, (long long)bits, (long long)width, BIT_SLICE_MAX);
    result->slices = r->fine ? (int)(bits / width) : 0;
    result->cell_bits = (int)width;
}

/* The counts stand in the file twice; both are read, so that damage to either is found. */
static void check_histogram(struct reader *r, const uint64_t *nonzero, int slices, int64_t codes)
{
    static const char path[] = "/slices/total/histogram";
    uint64_t histogram[BIT_SLICE_MAX * BIT_SLICE_MAX_DIGITS];
    size_t length[STORE_AXES] = {0};
    if (!r->fine)
        return;
    if (store_shape(r->file, path, length) != 2 || length[1] < 2 ||
        length[1] > BIT_SLICE_MAX_DIGITS) {
        r->fine =
            error_set(r->err, "%s: dataset '%s' is missing or has a wrong shape", r->path, path);
        return;
    }
    r->fine = store_read(r->file, path, STORE_U64, (size_t)slices * length[1], histogram, r->err);
    for (int k = 0; r->fine && k < slices; k++)
        if (histogram[(size_t)k * length[1]] + nonzero[k] != (uint64_t)codes)
            r->fine = error_set(r->err, "%s: '%s' and 'nonzero' disagree about slice B%d", r->path,
                                path, k);
}

static void read_slices(struct reader *r, struct report_result *result)
{
    for (int k = 0; k < BIT_SLICE_MAX; k++)
        result->nonzero[k] = NAN;
    if (!result->is_quantised)
        return;
    uint64_t nonzero[BIT_SLICE_MAX];
    const int64_t codes = get_positive(r, "/slices/total", "codes");
    r->fine = r->fine && store_read(r->file, "/slices/total/nonzero", STORE_U64,
                                    (size_t)result->slices, nonzero, r->err);
    check_histogram(r, nonzero, result->slices, codes);
    for (int k = 0; r->fine && k < result->slices; k++)
        result->nonzero[k] = (double)nonzero[k] / (double)codes;
}

/* ---- crossbars ---- */

static void read_crossbar(struct reader *r, struct report_result *result,
                          struct report_layer *layer)
{
    char group[PATH - 16], path[PATH];
    snprintf(group, sizeof group, "/crossbars/%s", layer->name);
    snprintf(path, sizeof path, "%s/zero_columns", group);
    layer->inputs = get_positive(r, group, "inputs");
    layer->outputs = get_positive(r, group, "outputs");
    layer->row_tiles = get_positive(r, group, "row_tiles");
    layer->column_tiles = get_positive(r, group, "column_tiles");
    layer->arrays = get_positive(r, group, "arrays");
    uint64_t zero[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    const size_t slices = (size_t)result->crossbar_slices;
    r->fine =
        r->fine && store_read(r->file, path, STORE_U64, CROSSBAR_SIGNS * slices, zero, r->err);
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
    char path[PATH];
    int32_t bits[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    const size_t slices = (size_t)result->crossbar_slices;
    snprintf(path, sizeof path, "/adc/%s/%s", layer, adc_definitions[definition].name);
    r->fine =
        r->fine && store_read(r->file, path, STORE_I32, CROSSBAR_SIGNS * slices, bits, r->err);
    for (size_t i = 0; r->fine && i < CROSSBAR_SIGNS * slices; i++) {
        if (bits[i] < 0 || bits[i] > REPORT_ADC_BITS)
            r->fine = error_set(r->err, "%s: dataset '%s' holds %d bits; allowed: 0..%d", r->path,
                                path, (int)bits[i], REPORT_ADC_BITS);
        else if (bits[i] > result->bits[definition][i % slices])
            result->bits[definition][i % slices] = bits[i];
    }
}

/* Widths 1, 2, … as they stand in the file. Returns their number. */
static int read_clip_rates(struct reader *r, struct report_result *result, const char *layer)
{
    char path[PATH];
    size_t length[STORE_AXES] = {0};
    const size_t rows = CROSSBAR_SIGNS * (size_t)result->crossbar_slices;
    snprintf(path, sizeof path, "/adc/%s/clip_rate", layer);
    if (store_shape(r->file, path, length) != CLIP_AXES || length[2] > REPORT_ADC_BITS) {
        r->fine =
            error_set(r->err, "%s: dataset '%s' is missing or has a wrong shape", r->path, path);
        return 0;
    }
    double rate[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES * REPORT_ADC_BITS];
    r->fine = store_read(r->file, path, STORE_F64, rows * length[2], rate, r->err);
    for (size_t i = 0; r->fine && i < rows; i++)
        for (size_t n = 0; n < length[2]; n++)
            raise(&result->clip_rate[i % (size_t)result->crossbar_slices][n + 1],
                  rate[i * length[2] + n]);
    return (int)length[2];
}

/* The widths that /adc does not list, from the currents: 0 bits (a percentile can be 0 although
 * some current flows) and those above. */
static void count_clipped(struct reader *r, struct report_result *result, const char *layer,
                          int listed)
{
    char path[PATH];
    size_t length[STORE_AXES] = {0};
    const size_t slices = (size_t)result->crossbar_slices;
    snprintf(path, sizeof path, "/crossbars/%s/current_histogram", layer);
    if (!r->fine || !store_has(r->file, path))
        return; /* stays unknown */
    if (store_shape(r->file, path, length) != CURRENT_AXES || length[0] != CROSSBAR_SIGNS ||
        length[1] != slices || length[3] == 0) {
        r->fine = error_set(r->err, "%s: dataset '%s' has a wrong shape", r->path, path);
        return;
    }
    const size_t bins = length[3], all = CROSSBAR_SIGNS * slices * length[2] * bins;
    uint64_t *histogram = MEM_NEW(uint64_t, all), *pooled = MEM_NEW(uint64_t, bins);
    r->fine = store_read(r->file, path, STORE_U64, all, histogram, r->err);
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
    if (r->fine)
        count_clipped(r, result, layer, read_clip_rates(r, result, layer));
}

static void read_layers(struct reader *r, struct report_result *result)
{
    char *names;
    const size_t width = sizeof result->layer->name;
    const size_t count = store_list(r->file, "/adc", width, &names);
    result->layer = MEM_NEW(struct report_layer, count);
    for (size_t i = 0; i < count && r->fine; i++) {
        char path[PATH];
        snprintf(path, sizeof path, "/adc/%s/static", names + i * width);
        if (!store_has(r->file, path))
            continue; /* something about the whole network */
        struct report_layer *layer = &result->layer[result->layers++];
        memcpy(layer->name, names + i * width, width);
        read_crossbar(r, result, layer);
        read_adc(r, result, layer->name);
    }
    mem_free(names);
}

static void read_hardware(struct reader *r, struct report_result *result)
{
    for (int k = 0; k < CROSSBAR_MAX_SLICES; k++)
        for (int n = 0; n <= REPORT_ADC_BITS; n++)
            result->clip_rate[k][n] = NAN;
    if (!r->fine || !store_has(r->file, "/adc"))
        return; /* not quantised, not mapped */
    const int64_t slices = get_positive(r, "/crossbars", "slices");
    result->rows = get_positive(r, "/crossbars", "rows");
    result->columns = get_positive(r, "/crossbars", "columns");
    result->cell_bits = (int)get_positive(r, "/crossbars", "cell_bits");
    if (r->fine && result->cell_bits > BIT_SLICE_MAX)
        r->fine = error_set(r->err, "%s: crossbar cells of %d bits; allowed: 1..%d", r->path,
                            result->cell_bits, BIT_SLICE_MAX);
    if (r->fine && slices > CROSSBAR_MAX_SLICES)
        r->fine = error_set(r->err, "%s: %lld crossbar slices; allowed: 1..%d", r->path,
                            (long long)slices, CROSSBAR_MAX_SLICES);
    if (!r->fine)
        return;
    result->crossbar_slices = (int)slices;
    read_layers(r, result);
    if (result->layers == 0)
        result->crossbar_slices = 0;
    struct error why;
    if (r->fine && !report_read_assignments(r->file, result, &why))
        r->fine = error_set(r->err, "%s: %s", r->path, why.text);
}

bool report_read(struct report_result *result, const char *path, struct error *err)
{
    struct reader reader = {store_open(path, err), path, err, true};
    result->path = path;
    if (!reader.file)
        return false;
    read_root(&reader, result);
    read_slices(&reader, result);
    read_hardware(&reader, result);
    struct error why;
    if (reader.fine && !report_read_method(reader.file, result, &why))
        reader.fine = error_set(err, "%s: %s", path, why.text);
    store_close(reader.file);
    return reader.fine;
}
