#include "report/read_results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/read_assignments.h"
#include "report/read_hardware.h"
#include "report/read_method.h"
#include "report/reader.h"
#include "store/store.h"

static void read_root(struct reader *r, struct report_result *result)
{
    reader_text(r, "/", "experiment", result->experiment, sizeof result->experiment);
    reader_text(r, "/", "run", result->run, sizeof result->run);
    reader_text(r, "/", "run_base", result->base, sizeof result->base);
    reader_text(r, "/", "parent", result->parent, sizeof result->parent);
    reader_text(r, "/", "select", result->select, sizeof result->select);
    result->select_sparsity = reader_integer(r, "/", "select_sparsity") != 0;
    result->is_quantised = reader_integer(r, "/", "quantise") != 0;
    result->seed = reader_integer(r, "/", "seed");
    result->epoch = reader_integer(r, "/", "epoch_kept");
    result->accuracy = reader_real(r, "/", "test_accuracy");
    const int64_t bits = reader_positive(r, "/", "bits");
    const int64_t width = reader_positive(r, "/", "slice_bits");
    if (r->fine && (bits % width != 0 || bits / width > BIT_SLICE_MAX))
        reader_fail(r, "%lld bits in slices of %lld do not make 1..%d slices", (long long)bits,
                    (long long)width, BIT_SLICE_MAX);
    result->slices = r->fine ? (int)(bits / width) : 0;
    result->cell_bits = (int)width;
}

/* "[3, 3, 3, 1]" as "1,3,3,3"; more numbers than slices are those of single layers. */
static void print_adc_bits(const char *bits, int slices, char *text, size_t size)
{
    int number[CROSSBAR_MAX_SLICES], count = 0;
    for (const char *at = bits; *at; at += strspn(at, "0123456789")) {
        at += strcspn(at, "0123456789");
        if (*at && count++ < slices)
            number[count - 1] = atoi(at);
    }
    text[0] = '\0';
    if (count > slices)
        snprintf(text, size, "by layer");
    for (int k = count - 1; count <= slices && k >= 0; k--) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%d", used ? "," : "", number[k]);
    }
}

/* Nothing in files of runs without converters in the loop. */
static void read_adc(struct reader *r, struct report_result *result)
{
    char bits[1024], signs[32], transfer[32];
    struct error none;
    if (!r->fine || !store_get_text(r->file, "/", "adc_bits", bits, sizeof bits, &none))
        return;
    reader_text(r, "/", "adc_signs", signs, sizeof signs);
    reader_text(r, "/", "adc_transfer", transfer, sizeof transfer);
    if (!r->fine)
        return;
    const bool is_analog = strcmp(signs, "differential") != 0;
    const bool is_other = strcmp(transfer, "clip") != 0;
    const int slices = result->crossbar_slices ? result->crossbar_slices : result->slices;
    print_adc_bits(bits, slices, result->adc, sizeof result->adc);
    const size_t used = strlen(result->adc);
    snprintf(result->adc + used, sizeof result->adc - used, "%s%s%s%s", is_analog ? " " : "",
             is_analog ? signs : "", is_other ? " " : "", is_other ? transfer : "");
}

/* The counts stand in the file twice; both are read, so that damage to either is found. */
static void check_histogram(struct reader *r, const uint64_t *nonzero, int slices, int64_t codes)
{
    static const char path[] = "/slices/total/histogram";
    uint64_t histogram[BIT_SLICE_MAX * BIT_SLICE_MAX_DIGITS];
    size_t length[STORE_AXES];
    if (!reader_shape(r, path, 2, length))
        return;
    if (length[0] != (size_t)slices || length[1] < 2 || length[1] > BIT_SLICE_MAX_DIGITS) {
        reader_fail(r, "dataset '%s' has a wrong shape", path);
        return;
    }
    reader_data(r, path, STORE_U64, (size_t)slices * length[1], histogram);
    for (int k = 0; r->fine && k < slices; k++)
        if (histogram[(size_t)k * length[1]] + nonzero[k] != (uint64_t)codes)
            reader_fail(r, "'%s' and 'nonzero' disagree about slice B%d", path, k);
}

static void read_slices(struct reader *r, struct report_result *result)
{
    for (int k = 0; k < BIT_SLICE_MAX; k++)
        result->nonzero[k] = NAN;
    if (!result->is_quantised)
        return;
    uint64_t nonzero[BIT_SLICE_MAX];
    const int64_t codes = reader_positive(r, "/slices/total", "codes");
    reader_data(r, "/slices/total/nonzero", STORE_U64, (size_t)result->slices, nonzero);
    check_histogram(r, nonzero, result->slices, codes);
    for (int k = 0; r->fine && k < result->slices; k++)
        result->nonzero[k] = (double)nonzero[k] / (double)codes;
}

bool report_read(struct report_result *result, const char *path, struct error *err)
{
    struct reader reader = {store_open(path, err), path, err, true};
    result->path = path;
    if (!reader.file)
        return false;
    read_root(&reader, result);
    read_slices(&reader, result);
    report_read_hardware(&reader, result);
    read_adc(&reader, result);
    report_read_assignments(&reader, result);
    report_read_method(&reader, result);
    store_close(reader.file);
    return reader.fine;
}
