#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/adc_cost.h"
#include "store/store.h"

enum { WIDTHS = 11, ROWS_MAX = CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES };

static char report_folder[64] = "/tmp/test-report-XXXXXX";

const struct sample BITSLICE = {
    .file = "bitslice.h5",
    .experiment = "mnist_mlp",
    .run = "bitslice",
    .base = "bitslice",
    .parent = "pretrain",
    .select = "validation",
    .seed = 1,
    .epoch = 42,
    .version = 1,
    .complete = 1,
    .quantise = 1,
    .slices = 4,
    .accuracy = 0.975,
    .nonzero = {400, 300, 200, 100},
    .zero = 30
};

const char *report_path(const char *file)
{
    static char path[8][128];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", report_folder, file);
    return path[turn];
}

static void write_array(struct store *store, const char *group, const char *name,
                        enum store_type type, int axes, const size_t *length, const void *data)
{
    static const char *const names[] = {"sign", "slice", "c", "d"};
    struct store_array array = {.group = group,
                                .name = name,
                                .description = "test",
                                .units = "1",
                                .type = type,
                                .axes = axes,
                                .data = data};
    char axis[4][32];
    for (int a = 0; a < axes; a++) { /* scales of one name and other lengths must not meet */
        snprintf(axis[a], sizeof axis[a], "%s%zu", names[a], length[a]);
        array.axis[a] = (struct store_axis){axis[a], length[a], NULL};
    }
    store_write(store, &array);
}

const int32_t SAMPLE_BITS[DEFINITIONS][LAYERS][CROSSBAR_SIGNS][4] = {
    {{{3, 1, 2, 1}, {2, 3, 1, 0}}, {{1, 1, 3, 1}, {1, 1, 1, 1}}},
    {{{0}}                       },
    {{{2, 1, 1, 0}, {1, 2, 1, 0}},         {{1, 1, 2, 0}, {0}}                            },
    {{{1, 1, 1, 0}, {0}},         {{1, 1, 0, 0}, {0}}},
};

static size_t mapped_slices(const struct sample *s)
{
    return (size_t)(s->crossbar_slices ? s->crossbar_slices : s->slices);
}

/* Slices above the fourth need 1 bit. */
static int32_t bits_of(const struct sample *s, int definition, int layer, size_t sign, size_t slice)
{
    if (s->is_empty)
        return 0;
    return s->is_dense ? 9 : slice < 4 ? SAMPLE_BITS[definition][layer][sign][slice] : 1;
}

static void write_layer_adc(struct store *store, const struct sample *s, const char *group, int l)
{
    static const char *const names[DEFINITIONS] = {"static", "observed", "percentile_99_99",
                                                   "percentile_99_9"};
    const size_t n = mapped_slices(s), rows = CROSSBAR_SIGNS * n;
    int32_t bits[ROWS_MAX];
    double clip[ROWS_MAX * CLIP_BITS];
    for (int d = 0; d < DEFINITIONS; d++) {
        for (size_t i = 0; i < rows; i++)
            bits[i] = bits_of(s, d, l, i / n, i % n);
        write_array(store, group, names[d], STORE_I32, 2, (size_t[]){CROSSBAR_SIGNS, n}, bits);
    }
    for (size_t i = 0; i < rows * CLIP_BITS; i++)
        clip[i] = s->is_empty ? 0 : i % CLIP_BITS == 0 ? 0.0004 : 0.00001;
    if (l == 1 && !s->is_empty) { /* minus, B1: 1 and 2 bits */
        clip[(n + 1) * CLIP_BITS] = 0.0005;
        clip[(n + 1) * CLIP_BITS + 1] = 0.00007;
    }
    write_array(store, group, "clip_rate", STORE_F64, 3, (size_t[]){CROSSBAR_SIGNS, n, CLIP_BITS},
                clip);
}

static void write_layer_crossbar(struct store *store, const struct sample *s, const char *group,
                                 int l)
{
    const size_t n = mapped_slices(s), rows = CROSSBAR_SIGNS * n;
    const int64_t outputs = l > 0 ? 10 : s->outputs ? s->outputs : 100;
    uint64_t zero[ROWS_MAX] = {0}, current[ROWS_MAX * INPUT_BITS * BINS] = {0};
    if (l == 0)
        zero[n - 1] = s->zero;
    for (size_t i = 0; i < rows * INPUT_BITS; i++) { /* 3 of 100000 are not 0 */
        if (s->is_empty) {
            current[i * BINS] = 50000;
            continue;
        }
        current[i * BINS] = i % INPUT_BITS == 0 ? 49998 : 49999;
        current[i * BINS + 1 + i % INPUT_BITS] = i % INPUT_BITS == 0 ? 2 : 1;
    }
    write_array(store, group, "zero_columns", STORE_U64, 2, (size_t[]){CROSSBAR_SIGNS, n}, zero);
    write_array(store, group, "current_histogram", STORE_U64, 4,
                (size_t[]){CROSSBAR_SIGNS, n, INPUT_BITS, BINS}, current);
    store_integer(store, group, "inputs", l == 0 ? 200 : 100);
    store_integer(store, group, "outputs", outputs);
    store_integer(store, group, "row_tiles", l == 0 ? 2 : 1);
    store_integer(store, group, "column_tiles", (outputs + 127) / 128);
    store_integer(store, group, "arrays", (l == 0 ? 2 : 1) * (int64_t)n * 2);
}

static void write_hardware(struct store *store, const struct sample *s)
{
    for (int l = 0; l < LAYERS; l++) {
        char group[32];
        snprintf(group, sizeof group, "/crossbars/fc%d", l + 1);
        write_layer_crossbar(store, s, group, l);
        snprintf(group, sizeof group, "/adc/fc%d", l + 1);
        write_layer_adc(store, s, group, l);
    }
    store_integer(store, "/crossbars", "rows", 128);
    store_integer(store, "/crossbars", "columns", 128);
    store_integer(store, "/crossbars", "slices", (int64_t)mapped_slices(s));
    store_integer(store, "/crossbars", "cell_bits", s->cell_bits ? s->cell_bits : 8 / s->slices);
}

static void write_numbers(struct store *store, const char *group, const char *name, size_t rows,
                          size_t columns, double value)
{
    double *data = MEM_NEW(double, rows *columns);
    for (size_t i = 0; i < rows * columns; i++)
        data[i] = value;
    write_array(store, group, name, STORE_F64, columns > 1 ? 2 : 1, (size_t[]){rows, columns},
                data);
    mem_free(data);
}

static void write_savings(struct store *store, const char *group, const double *saving)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    double *data = MEM_NEW(double, ASSIGNMENTS *models);
    for (size_t i = 0; i < ASSIGNMENTS * models; i++)
        data[i] = saving[i / models];
    write_array(store, group, "energy_saving", STORE_F64, 2, (size_t[]){ASSIGNMENTS, models}, data);
    mem_free(data);
    write_numbers(store, group, "tile_power", ASSIGNMENTS, models, 330.0);
    for (size_t m = 0; m < models; m++) {
        char name[32];
        snprintf(name, sizeof name, "model_%zu", m);
        store_text(store, group, name, model[m]->name);
    }
}

/* What reslice crossbar adds, with an accuracy of 0.5 for every choice. */
static void write_assignments(struct store *store, const struct sample *s)
{
    static const char group[] = "/adc/assignments";
    const size_t n = mapped_slices(s), each = LAYERS * CROSSBAR_SIGNS * n;
    int32_t bits[ASSIGNMENTS * LAYERS * ROWS_MAX] = {0};
    for (size_t i = 0; i < each; i++)
        bits[i] = 8;
    write_array(store, group, "bits", STORE_I32, 4, (size_t[]){ASSIGNMENTS, LAYERS, 2, n}, bits);
    write_numbers(store, group, "test_accuracy", ASSIGNMENTS, 1, 0.5);
    write_numbers(store, group, "energy", ASSIGNMENTS, 1, 1000.0);
    write_numbers(store, group, "adcs", ASSIGNMENTS, 1, 12.0);
    write_savings(store, group, s->saving);
    store_text(store, group, "assignment_0", "8 bits");
    store_text(store, group, "assignment_1", "provisioned");
    write_numbers(store, "/adc/sweep", "calibration_accuracy", n, WIDTHS, 0.25);
    store_real(store, "/adc", "exact_calibration_accuracy", 0.75);
    store_real(store, "/adc", "exact_test_accuracy", 0.75);
    store_integer(store, "/adc", "test_samples", 200);
}

static bool is_lacking(const struct sample *s, const char *column)
{
    for (size_t i = 0; i < sizeof s->lacks / sizeof *s->lacks && s->lacks[i]; i++)
        if (strcmp(s->lacks[i], column) == 0)
            return true;
    return false;
}

static void write_method(struct store *store, const struct sample *s)
{
    store_group(store, "/method");
    store_text(store, "/method", "name", s->method);
    for (size_t c = 0; c < method_column_count; c++) {
        int64_t data[LAYERS]; /* or doubles */
        if (is_lacking(s, method_columns[c].name))
            continue;
        for (int l = 0; l < LAYERS; l++)
            memcpy(&data[l], (const char *)&s->counts[l] + method_columns[c].offset,
                   sizeof data[l]);
        write_array(store, "/method", method_columns[c].name, method_columns[c].type, 1,
                    (size_t[]){LAYERS}, data);
    }
}

const char *write_result(struct sample s)
{
    const char *path = report_path(s.file);
    struct store *store = store_create(path, 1 << 20);
    store_text(store, "/", "format", "reslice");
    store_integer(store, "/", "version", s.version);
    store_text(store, "/", "experiment", s.experiment);
    store_text(store, "/", "run", s.run);
    store_text(store, "/", "run_base", s.base);
    store_text(store, "/", "parent", s.parent);
    store_integer(store, "/", "seed", s.seed);
    store_text(store, "/", "select", s.select);
    store_integer(store, "/", "select_sparsity", s.sparsity);
    store_integer(store, "/", "epoch_kept", s.epoch);
    store_real(store, "/", "test_accuracy", s.accuracy);
    store_integer(store, "/", "bits", 8);
    store_integer(store, "/", "slice_bits", 8 / s.slices);
    store_integer(store, "/", "quantise", s.quantise);
    store_integer(store, "/", "complete", s.complete);
    if (s.adc_bits) {
        store_text(store, "/", "adc_bits", s.adc_bits);
        store_text(store, "/", "adc_signs", s.adc_signs);
        store_text(store, "/", "adc_transfer", "clip");
    }
    if (s.quantise) {
        uint64_t histogram[4][2]; /* digits 0 and others: more is not asked for */
        for (int64_t k = 0; k < s.slices; k++) {
            histogram[k][0] = 1000 - s.nonzero[k] - s.miscounted;
            histogram[k][1] = s.nonzero[k];
        }
        write_array(store, "/slices/total", "histogram", STORE_U64, 2,
                    (size_t[]){(size_t)s.slices, 2}, histogram);
        write_array(store, "/slices/total", "nonzero", STORE_U64, 1, (size_t[]){(size_t)s.slices},
                    s.nonzero);
        store_integer(store, "/slices/total", "codes", 1000);
        write_hardware(store, &s);
        if (s.saving)
            write_assignments(store, &s);
    }
    if (s.method)
        write_method(store, &s);
    store_finish(store);
    return path;
}

const char *write_seed(const char *file, int64_t seed, double accuracy, uint64_t b3)
{
    struct sample s = BITSLICE;
    char run[64], parent[64];
    snprintf(run, sizeof run, "bitslice@alpha=2,seed=%d", (int)seed);
    snprintf(parent, sizeof parent, "pretrain@seed=%d", (int)seed);
    s.file = file;
    s.run = run;
    s.parent = parent;
    s.seed = seed;
    s.accuracy = accuracy;
    s.nonzero[3] = b3;
    s.epoch = 40 + seed;
    s.zero = 20 + 10 * (uint64_t)seed;
    s.select = "test";
    s.sparsity = 1;
    return write_result(s);
}

/* ---- the folder, and MPI, which the files are written with ---- */

int make_report_folder(void **state)
{
    (void)state;
    static char name[] = "test_report", *arguments[] = {name, NULL}, **argv = arguments;
    int argc = 1;
    comm_start(&argc, &argv);
    return mkdtemp(report_folder) ? 0 : -1;
}

int remove_report_folder(void **state)
{
    (void)state;
    static const char *const files[] = {"bitslice.h5", "s1.h5",    "s2.h5",  "s3.h5",   "dense.h5",
                                        "other.h5",    "float.h5", "two.h5", "text.h5", "loop.h5"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++)
        unlink(report_path(files[f]));
    comm_stop();
    return rmdir(report_folder);
}
