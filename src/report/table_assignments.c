/* The table of what `reslice crossbar` found: accuracy by ADC bits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/adc_cost.h"
#include "report/report_data.h"
#include "store/store.h"

static const char group[] = "/adc/assignments";

/* ---- read ---- */

static bool read_column(const struct store_file *file, const char *name, size_t n, double *value,
                        struct error *err)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return store_read(file, path, STORE_F64, n, value, err);
}

/* Widest of layers and signs. */
static bool read_bits(const struct store_file *file, struct report_result *result, const char *path,
                      struct error *err)
{
    size_t length[STORE_AXES] = {0};
    const size_t n = result->assignments, slices = (size_t)result->crossbar_slices;
    if (store_shape(file, path, length) != 4 || length[0] != n || length[2] != CROSSBAR_SIGNS ||
        length[3] != slices)
        return error_set(err, "dataset '%s' is missing or has a wrong shape", path);
    const size_t rows = length[1] * CROSSBAR_SIGNS;
    int32_t *bits = MEM_NEW(int32_t, n * rows * slices);
    const bool fine = store_read(file, path, STORE_I32, n * rows * slices, bits, err);
    for (size_t i = 0; fine && i < n * rows * slices; i++) {
        int *most = &result->assignment[i / (rows * slices)].bits[i % slices];
        *most = bits[i] > *most ? bits[i] : *most;
    }
    mem_free(bits);
    return fine;
}

static size_t model_number(const char *name)
{
    size_t models, m = 0;
    const struct adc_model *const *model = adc_models(&models);
    while (m < models && strcmp(model[m]->name, name) != 0)
        m++;
    return m;
}

/* Models that this program does not know stay in the file. */
static bool read_costs(const struct store_file *file, struct report_result *result,
                       struct error *err)
{
    size_t length[STORE_AXES] = {0}, known;
    const size_t n = result->assignments;
    if (store_shape(file, "/adc/assignments/energy_saving", length) != 2 || length[0] != n)
        return error_set(err, "dataset '/adc/assignments/energy_saving' has a wrong shape");
    adc_models(&known);
    const size_t models = length[1];
    double *saving = MEM_NEW(double, n *models), *tile = MEM_NEW(double, n *models);
    bool fine = read_column(file, "energy_saving", n * models, saving, err) &&
                read_column(file, "tile_power", n * models, tile, err);
    for (size_t a = 0; a < n; a++)
        for (size_t m = 0; m < REPORT_MODELS; m++)
            result->assignment[a].saving[m] = NAN;
    for (size_t m = 0; fine && m < models; m++) {
        char attribute[32], name[32];
        snprintf(attribute, sizeof attribute, "model_%zu", m);
        fine = store_get_text(file, group, attribute, name, sizeof name, err);
        const size_t number = fine ? model_number(name) : known;
        for (size_t a = 0; number < known && a < n; a++) {
            result->assignment[a].saving[number] = saving[a * models + m];
            if (strcmp(name, "isaac") == 0)
                result->assignment[a].tile_power_mw = tile[a * models + m];
        }
    }
    mem_free(saving);
    mem_free(tile);
    return fine;
}

static bool read_sweep(const struct store_file *file, struct report_result *result,
                       struct error *err)
{
    static const char path[] = "/adc/sweep/calibration_accuracy";
    size_t length[STORE_AXES] = {0};
    const size_t slices = (size_t)result->crossbar_slices;
    if (store_shape(file, path, length) != 2 || length[0] != slices ||
        length[1] != REPORT_SWEEP_WIDTHS)
        return error_set(err, "dataset '%s' is missing or has a wrong shape", path);
    return store_get_real(file, "/adc", "exact_calibration_accuracy", &result->exact_calibration,
                          err) &&
           store_read(file, path, STORE_F64, slices * REPORT_SWEEP_WIDTHS, *result->sweep, err);
}

/* Mean and deviation over device seeds. */
static bool read_devices(const struct store_file *file, struct report_result *result,
                         struct error *err)
{
    static const char path[] = "/adc/devices/accuracy";
    size_t length[STORE_AXES] = {0};
    const size_t n = result->assignments;
    for (size_t a = 0; a < n; a++)
        result->assignment[a].device_mean = result->assignment[a].device_std = NAN;
    if (!store_has(file, path))
        return true;
    if (store_shape(file, path, length) != 2 || length[0] != n || length[1] == 0)
        return error_set(err, "dataset '%s' has a wrong shape", path);
    const size_t seeds = length[1];
    double *accuracy = MEM_NEW(double, n *seeds);
    const bool fine = store_read(file, path, STORE_F64, n * seeds, accuracy, err);
    for (size_t a = 0; fine && a < n; a++) {
        double sum = 0, squares = 0;
        for (size_t s = 0; s < seeds; s++)
            sum += accuracy[a * seeds + s];
        const double mean = sum / (double)seeds;
        for (size_t s = 0; s < seeds; s++)
            squares += pow(accuracy[a * seeds + s] - mean, 2);
        result->assignment[a].device_mean = mean;
        if (seeds > 1)
            result->assignment[a].device_std = sqrt(squares / (double)(seeds - 1));
    }
    mem_free(accuracy);
    return fine;
}

bool report_read_assignments(const struct store_file *file, struct report_result *result,
                             struct error *err)
{
    static const char path[] = "/adc/assignments/bits";
    size_t length[STORE_AXES] = {0};
    struct error none;
    if (!store_has(file, path))
        return true; /* reslice crossbar was not run */
    if (store_shape(file, path, length) != 4)
        return error_set(err, "dataset '%s' has a wrong shape", path);
    if (!store_get_integer(file, "/adc", "test_samples", &result->test_samples, &none))
        result->test_samples = 0;
    const size_t n = result->assignments = length[0];
    result->assignment = MEM_NEW(struct report_assignment, n);
    double *column = MEM_NEW(double, n);
    bool fine = store_get_real(file, "/adc", "exact_test_accuracy", &result->exact_test, err) &&
                read_column(file, "test_accuracy", n, column, err);
    for (size_t a = 0; fine && a < n; a++) {
        char attribute[32];
        struct report_assignment *to = &result->assignment[a];
        snprintf(attribute, sizeof attribute, "assignment_%zu", a);
        to->test = column[a];
        fine = store_get_text(file, group, attribute, to->name, sizeof to->name, err);
        error_clean(to->name);
    }
    fine = fine && read_column(file, "energy", n, column, err);
    for (size_t a = 0; fine && a < n; a++)
        result->assignment[a].energy_pj = column[a];
    fine = fine && read_column(file, "adcs", n, column, err);
    for (size_t a = 0; fine && a < n; a++)
        result->assignment[a].adcs = column[a];
    mem_free(column);
    return fine && read_bits(file, result, path, err) && read_costs(file, result, err) &&
           read_devices(file, result, err) && read_sweep(file, result, err);
}

/* ---- print ---- */

static void assignment_row(struct table *table, const struct report_result *result,
                           const char *label, const struct report_assignment *a)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    table_words(table, "%s", label);
    table_words(table, "%s", a->name);
    for (int k = result->crossbar_slices - 1; k >= 0; k--)
        table_number(table, 0, a->bits[k]);
    table_number(table, 2, 100 * a->test);
    table_number(table, 2, 100 * (result->exact_test - a->test));
    table_number(table, 0, result->test_samples > 0 ? (double)result->test_samples : NAN);
    for (size_t m = 0; m < models; m++)
        if (model[m]->is_headline)
            table_number(table, 2, a->saving[m]);
    table_number(table, 0, a->tile_power_mw);
    table_number(table, 0, a->adcs);
    table_spread(table, 2, 100 * a->device_mean, 100 * a->device_std);
}

/* Energy of 8-bit ADCs over that of the chosen ones, of all models or those that are shown
 * everywhere. */
static void saving_columns(struct table *table, bool headline_only)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    for (size_t m = 0; m < models; m++) {
        char name[64];
        snprintf(name, sizeof name, "%s energy", model[m]->name);
        if (model[m]->is_headline || !headline_only)
            table_column(table, TABLE_NUMBER, name, "x");
    }
}

typedef void (*assignment_cells)(struct table *table, const struct report_result *result,
                                 const char *label, const struct report_assignment *a);

/* Every choice of every run with so many slices; seeds have rows of their own. */
static void add_rows(struct table *table, const struct report *report, int slices,
                     assignment_cells cells)
{
    for (size_t r = 0; r < report->rows; r++)
        for (const struct report_result *result = report->row[r].first; result;
             result = result->next_seed)
            for (size_t a = 0; a < result->assignments && result->crossbar_slices == slices; a++)
                cells(table, result, report->row[r].seeds > 1 ? result->run : report->row[r].label,
                      &result->assignment[a]);
}

struct table *report_assignment_table(const struct report *report, int slices, bool is_one_of_many)
{
    struct table *table =
        report_table("assignments", "Accuracy by ADC bits", slices, is_one_of_many);
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "ADC", NULL);
    report_slice_columns(table, TABLE_NUMBER, slices, "", "bit");
    table_column(table, TABLE_NUMBER, "test accuracy", "%");
    table_column(table, TABLE_NUMBER, "loss", "points");
    table_column(table, TABLE_NUMBER, "test samples", NULL);
    saving_columns(table, true);
    table_column(table, TABLE_NUMBER, "ISAAC tile", "mW");
    table_column(table, TABLE_NUMBER, "ADCs", NULL);
    table_column(table, TABLE_SPREAD, "on devices", "%");
    add_rows(table, report, slices, assignment_row);
    table_note(table,
               "Found by reslice crossbar. Bits: the widest of layers and signs; loss: "
               "against evaluation without crossbars; x: energy of the same conversions "
               "(bitlines that are all zero need none) with 8-bit ADCs over that with these.");
    table_note(table,
               "ISAAC tile: 330 mW with 8-bit ADCs, energy model isaac (1..3 bits are "
               "extrapolated); ADCs: that serve all arrays within its stage of 100 ns. Fewer "
               "bits do not make the stage faster: the crossbar read sets its pace.");
    table_note(table, "on devices: mean ± sample standard deviation over device seeds.");
    return table;
}

static void saving_row(struct table *table, const struct report_result *result, const char *label,
                       const struct report_assignment *a)
{
    size_t models;
    adc_models(&models);
    table_words(table, "%s", label);
    table_words(table, "%s", a->name);
    table_number(table, 2, 100 * (result->exact_test - a->test));
    for (size_t m = 0; m < models; m++)
        table_number(table, 2, a->saving[m]);
}

struct table *report_saving_table(const struct report *report, int slices, bool is_one_of_many)
{
    struct table *table =
        report_table("savings", "ADC energy saved, by cost model", slices, is_one_of_many);
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "ADC", NULL);
    table_column(table, TABLE_NUMBER, "loss", "points");
    saving_columns(table, false);
    add_rows(table, report, slices, saving_row);
    table_note(table, "x: energy of the same conversions (bitlines that are all zero need none) "
                      "with 8-bit ADCs over that with these; formulas and sources: table cost.");
    return table;
}
