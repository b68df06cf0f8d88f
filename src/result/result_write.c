/* The groups of a result file, in the order of the table in src/README.md. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "result/method_counts.h"
#include "result/provenance.h"
#include "result/result.h"
#include "result/result_crossbars.h"
#include "result/result_history.h"
#include "settings/adc_settings.h"
#include "settings/option_value.h"
#include "settings/settings_yaml.h"
#include "store/store.h"

/* What test_accuracy and the history were measured through; nothing without converters. */
static void write_adc(struct store *store, const struct settings *s)
{
    const struct option_entry *bits = &options_table[option_find("adc.bits")];
    const union option_value value = option_value_get(bits, s);
    char text[OPTIONS_TEXT];
    if (adc_settings_are_on(s)) {
        option_value_print(bits, &value, text);
        store_text(store, "/", "adc_bits", text);
        store_text(store, "/", "adc_transfer", s->adc.transfer);
        store_text(store, "/", "adc_signs", s->adc.signs);
    }
    if (strcmp(s->recalibrate, "none") != 0)
        store_text(store, "/", "recalibrate", s->recalibrate);
}

static void write_root(struct store *store, const struct training *t)
{
    const struct settings *s = &t->run->settings;
    char *config = settings_to_yaml(s);
    store_text(store, "/", "format", "reslice");
    store_integer(store, "/", "version", STORE_FORMAT_VERSION);
    store_text(store, "/", "experiment", t->experiment->name);
    store_text(store, "/", "run", t->run->name);
    store_text(store, "/", "run_base", t->run->base);
    store_text(store, "/", "parent",
               t->run->parent >= 0 ? t->experiment->runs[t->run->parent].name : "");
    store_text(store, "/", "config", config);
    store_integer(store, "/", "seed", s->training.seed);
    store_integer(store, "/", "shards", s->training.shards);
    store_text(store, "/", "select", s->training.select);
    store_integer(store, "/", "select_sparsity", s->training.select_sparsity);
    store_integer(store, "/", "epoch_kept", (int64_t)t->best.epoch);
    store_real(store, "/", "test_loss", t->test.loss);
    store_real(store, "/", "test_accuracy", t->test.accuracy);
    store_integer(store, "/", "bits", s->fixed_point.bits);
    store_integer(store, "/", "slice_bits", s->fixed_point.slice_bits);
    store_integer(store, "/", "quantise", s->fixed_point.quantise);
    store_integer(store, "/", "pruned", (int64_t)t->pruned);
    write_adc(store, s);
    store_integer(store, "/", "complete", 1);
    mem_free(config);
}

/* ---- layers ---- */

static struct store_array layer_array(const struct parameter *tensor, const char *group,
                                      const char *name)
{
    static const char *const axes[PARAMETERS_AXES] = {"out", "in", "kernel_row", "kernel_column"};
    struct store_array array = {.group = group, .name = name, .axes = tensor->axes};
    for (int a = 0; a < tensor->axes; a++)
        array.axis[a] = (struct store_axis){axes[a], tensor->shape[a], NULL};
    return array;
}

static void write_codes(struct store *store, const struct training *t,
                        const struct parameter *tensor, const char *group, const char *value)
{
    char member[64], path[160];
    snprintf(member, sizeof member, "%s_code", value);
    snprintf(path, sizeof path, "%s/%s", group, member);
    struct store_array array = layer_array(tensor, group, member);
    array.description = "fixed-point code: value = code * 2^(exponent - bits)";
    array.units = "1";
    array.type = STORE_I16;
    array.data = t->net.params.code + tensor->offset;
    store_write(store, &array);
    store_integer(store, path, "exponent", tensor->exponent);
    if (tensor->exponent_floor != PARAMETER_NO_FLOOR)
        store_integer(store, path, "exponent_floor", tensor->exponent_floor);
    store_integer(store, path, "bits", t->format.bits);
    store_integer(store, path, "saturated", (int64_t)tensor->saturated);
}

static void write_layers(struct store *store, const struct training *t)
{
    const struct parameters *params = &t->net.params;
    for (int i = 0; i < params->count; i++) {
        const struct parameter *tensor = &params->tensor[i];
        const struct parameter_name name = parameters_split_name(tensor);
        char group[64];
        snprintf(group, sizeof group, "/layers/%s", name.layer);
        struct store_array array = layer_array(tensor, group, name.member);
        array.description = "trained value (float32 shadow weight)";
        array.units = "1";
        array.type = STORE_F32;
        array.data = params->value + tensor->offset;
        store_write(store, &array);
        if (tensor->is_quantised && t->step.quantise)
            write_codes(store, t, tensor, group, name.member);
        if (t->pruned == 0 || tensor->is_state)
            continue;
        char member[64];
        snprintf(member, sizeof member, "%s_mask", name.member);
        array.name = member;
        array.description = "0 where the value was pruned for good";
        array.type = STORE_U8;
        array.data = params->mask + tensor->offset;
        store_write(store, &array);
    }
}

static void write_activations(struct store *store, const struct training *t)
{
    const size_t n = (size_t)network_quantisers(&t->net);
    const struct store_array array = {
        .group = "/activations",
        .name = "exponent",
        .description = "exponent of each activation quantiser, in order of execution; their names "
                       "are attributes of the group",
        .units = "1",
        .type = STORE_I32,
        .axes = 1,
        .axis = {{"quantiser", n, NULL}},
        .data = t->best.exponent};
    store_write(store, &array);
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "quantiser_%zu", i);
        store_text(store, "/activations", name, network_quantiser_name(&t->net, (int)i));
    }
}

/* ---- slices ---- */

static void write_slice_group(struct store *store, const struct training *t, const char *group,
                              const uint64_t *histogram, const uint64_t *nonzero, uint64_t codes)
{
    const size_t slices = (size_t)bit_slice_count(t->format);
    const size_t levels = (size_t)bit_slice_levels(t->format);
    struct store_array array = {
        .group = group,
        .name = "histogram",
        .description = "number of codes by slice and digit; slice 0 is the "
                       "least significant (B0)",
        .units = "1",
        .type = STORE_U64,
        .axes = 2,
        .axis = {{"slice", slices, NULL}, {"digit", levels, NULL}},
        .data = histogram
    };
    store_write(store, &array);
    array.name = "nonzero";
    array.description = "number of codes whose digit is not 0";
    array.axes = 1;
    array.data = nonzero;
    store_write(store, &array);
    store_integer(store, group, "codes", (int64_t)codes);
}

static void write_slices(struct store *store, const struct training *t)
{
    const struct parameters *params = &t->net.params;
    uint64_t all_histogram[BIT_SLICE_MAX * BIT_SLICE_MAX_DIGITS] = {0}, all[BIT_SLICE_MAX] = {0};
    uint64_t codes = 0;
    for (int i = 0; i < params->count; i++) {
        const struct parameter *tensor = &params->tensor[i];
        if (!tensor->is_quantised)
            continue;
        const int16_t *code = params->code + tensor->offset;
        uint64_t histogram[BIT_SLICE_MAX * BIT_SLICE_MAX_DIGITS] = {0},
                                           nonzero[BIT_SLICE_MAX] = {0};
        bit_slice_histogram(t->format, code, tensor->count, histogram);
        bit_slice_count_nonzero(t->format, code, tensor->count, nonzero);
        bit_slice_histogram(t->format, code, tensor->count, all_histogram);
        bit_slice_count_nonzero(t->format, code, tensor->count, all);
        codes += tensor->count;
        char group[192];
        const struct parameter_name name = parameters_split_name(tensor);
        const bool is_weight = strcmp(name.member, "weight") == 0;
        snprintf(group, sizeof group, "/slices/%s%s%s", name.layer, is_weight ? "" : ".",
                 is_weight ? "" : name.member);
        write_slice_group(store, t, group, histogram, nonzero, tensor->count);
    }
    write_slice_group(store, t, "/slices/total", all_histogram, all, codes);
}

/* ---- predictions ---- */

/* This rank's classes, in bytes where that is enough. */
static void write_classes(struct store *store, const struct training *t, struct store_array array,
                          const uint16_t *class)
{
    const bool is_small = t->set.classes <= UINT8_MAX + 1;
    uint8_t *byte = MEM_NEW(uint8_t, is_small ? array.count : 0);
    int32_t *whole = MEM_NEW(int32_t, is_small ? 0 : array.count);
    for (size_t i = 0; i < array.count; i++)
        if (is_small)
            byte[i] = (uint8_t) class[i];
        else
            whole[i] = class[i];
    array.type = is_small ? STORE_U8 : STORE_I32;
    array.data = is_small ? (const void *)byte : (const void *)whole;
    store_write(store, &array);
    mem_free(byte);
    mem_free(whole);
}

static void write_predictions(struct store *store, const struct training *t)
{
    const struct share mine = evaluate_share(&t->net, t->test_count);
    const uint16_t *label = t->set.test.label + mine.first;
    uint8_t *correct = MEM_NEW(uint8_t, mine.count);
    for (size_t i = 0; i < mine.count; i++)
        correct[i] = t->predicted[i] == label[i];
    struct store_array array = {.group = "/predictions",
                                .name = "label",
                                .description = "class of the test sample",
                                .units = "1",
                                .axes = 1,
                                .axis = {{"sample", t->test_count, NULL}},
                                .split_axes = 1,
                                .first = mine.first,
                                .count = mine.count};
    write_classes(store, t, array, label);
    array.name = "predicted";
    array.description = "class with the largest logit";
    write_classes(store, t, array, t->predicted);
    array.name = "correct";
    array.description = "1 where the predicted class is the label";
    array.type = STORE_U8;
    array.data = correct;
    store_write(store, &array);
    mem_free(correct);
}

/* Generous, for the check of free space. */
size_t result_bytes(const struct result_contents *contents)
{
    const struct training *t = contents->training;
    const struct simulation *currents = contents->currents;
    size_t bytes = t->net.params.size * 8 + t->test_count * 9 + t->history.rows * 256 + (4u << 20);
    for (int l = 0; l < currents->layers; l++) {
        const struct crossbar *x = &currents->layer[l].crossbar;
        bytes += crossbar_histogram_size(x->format) * 8;
        bytes += x->row_tiles * x->outputs * CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES * 4;
    }
    return bytes;
}

void result_write_groups(struct store *store, const struct result_contents *contents)
{
    const struct training *t = contents->training;
    write_root(store, t);
    result_write_history(store, &t->history, bit_slice_count(t->format));
    write_layers(store, t);
    write_activations(store, t);
    method_write(store, &t->run->settings, &t->net.params);
    if (t->step.quantise)
        write_slices(store, t);
    result_write_simulation(store, contents->currents);
    write_predictions(store, t);
    provenance_write(store, t->begun_s, comm_time_s() - t->start_s, (int64_t)t->resumptions);
    judge_write_origin(store, &contents->origin);
}

void result_write(const char *path, const struct result_contents *contents)
{
    struct store *store = store_create(path, result_bytes(contents));
    result_write_groups(store, contents);
    store_finish(store);
}
