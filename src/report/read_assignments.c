#include "report/read_assignments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/adc_cost.h"

static const char group[] = "/adc/assignments";
static const char bits_path[] = "/adc/assignments/bits";

static void read_column(struct reader *r, const char *name, size_t n, double *value)
{
    char path[READER_PATH];
    snprintf(path, sizeof path, "%s/%s", group, name);
    reader_data(r, path, STORE_F64, n, value);
}

/* Numbers of the choices alone, and their names. */
static void read_columns(struct reader *r, struct report_result *result)
{
    const size_t n = result->assignments;
    double *test = MEM_NEW(double, n), *energy = MEM_NEW(double, n), *adcs = MEM_NEW(double, n);
    read_column(r, "test_accuracy", n, test);
    read_column(r, "energy", n, energy);
    read_column(r, "adcs", n, adcs);
    for (size_t a = 0; r->fine && a < n; a++) {
        char attribute[32];
        struct report_assignment *to = &result->assignment[a];
        snprintf(attribute, sizeof attribute, "assignment_%zu", a);
        reader_text(r, group, attribute, to->name, sizeof to->name);
        to->test = test[a];
        to->energy_pj = energy[a];
        to->adcs = adcs[a];
    }
    mem_free(test);
    mem_free(energy);
    mem_free(adcs);
}

/* The widest of layers and signs, from bits [assignment, layer, sign, slice]. */
static void read_bits(struct reader *r, struct report_result *result,
                      const size_t length[STORE_AXES])
{
    const size_t n = result->assignments, slices = (size_t)result->crossbar_slices;
    if (length[2] != CROSSBAR_SIGNS || length[3] != slices) {
        reader_fail(r, "dataset '%s' has a wrong shape", bits_path);
        return;
    }
    const size_t rows = length[1] * CROSSBAR_SIGNS;
    int32_t *bits = MEM_NEW(int32_t, n * rows * slices);
    reader_data(r, bits_path, STORE_I32, n * rows * slices, bits);
    for (size_t i = 0; r->fine && i < n * rows * slices; i++) {
        int *most = &result->assignment[i / (rows * slices)].bits[i % slices];
        *most = bits[i] > *most ? bits[i] : *most;
    }
    mem_free(bits);
}

static size_t model_number(const char *name)
{
    size_t models, m = 0;
    const struct adc_model *const *model = adc_models(&models);
    while (m < models && strcmp(model[m]->name, name) != 0)
        m++;
    return m;
}

/* Savings [assignment, model] by the models of the file; those that this program does not know stay
 * there. */
static void read_costs(struct reader *r, struct report_result *result)
{
    static const char path[] = "/adc/assignments/energy_saving";
    size_t length[STORE_AXES], known;
    const size_t n = result->assignments;
    if (!reader_shape(r, path, 2, length))
        return;
    adc_models(&known);
    const size_t models = length[1];
    double *saving = MEM_NEW(double, n *models), *tile = MEM_NEW(double, n *models);
    read_column(r, "energy_saving", n * models, saving);
    read_column(r, "tile_power", n * models, tile);
    for (size_t m = 0; r->fine && m < models; m++) {
        char attribute[32], name[32];
        snprintf(attribute, sizeof attribute, "model_%zu", m);
        reader_text(r, group, attribute, name, sizeof name);
        const size_t number = r->fine ? model_number(name) : known;
        for (size_t a = 0; number < known && a < n; a++) {
            result->assignment[a].saving[number] = saving[a * models + m];
            if (strcmp(name, "isaac") == 0)
                result->assignment[a].tile_power_mw = tile[a * models + m];
        }
    }
    mem_free(saving);
    mem_free(tile);
}

/* Mean and deviation over device seeds. */
static void read_devices(struct reader *r, struct report_result *result)
{
    static const char path[] = "/adc/devices/accuracy";
    size_t length[STORE_AXES];
    const size_t n = result->assignments;
    if (!r->fine || !store_has(r->file, path) || !reader_shape(r, path, 2, length))
        return;
    if (length[0] != n || length[1] == 0) {
        reader_fail(r, "dataset '%s' has a wrong shape", path);
        return;
    }
    const size_t seeds = length[1];
    double *accuracy = MEM_NEW(double, n *seeds);
    reader_data(r, path, STORE_F64, n * seeds, accuracy);
    for (size_t a = 0; r->fine && a < n; a++) {
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
}

static void read_sweep(struct reader *r, struct report_result *result)
{
    static const char path[] = "/adc/sweep/calibration_accuracy";
    size_t length[STORE_AXES];
    const size_t slices = (size_t)result->crossbar_slices;
    if (!reader_shape(r, path, 2, length))
        return;
    if (length[0] != slices || length[1] != REPORT_SWEEP_WIDTHS)
        reader_fail(r, "dataset '%s' has a wrong shape", path);
    result->exact_calibration = reader_real(r, "/adc", "exact_calibration_accuracy");
    reader_data(r, path, STORE_F64, slices * REPORT_SWEEP_WIDTHS, *result->sweep);
}

/* `n` choices of which nothing is known. */
static void make_assignments(struct report_result *result, size_t n)
{
    result->assignments = n;
    result->assignment = MEM_NEW(struct report_assignment, n);
    for (size_t a = 0; a < n; a++) {
        struct report_assignment *assignment = &result->assignment[a];
        assignment->device_mean = assignment->device_std = assignment->tile_power_mw = NAN;
        for (size_t m = 0; m < REPORT_MODELS; m++)
            assignment->saving[m] = NAN;
    }
}

void report_read_assignments(struct reader *r, struct report_result *result)
{
    size_t length[STORE_AXES];
    struct error none;
    if (!r->fine || result->crossbar_slices == 0 || !store_has(r->file, bits_path) ||
        !reader_shape(r, bits_path, 4, length))
        return; /* reslice crossbar was not run */
    if (!store_get_integer(r->file, "/adc", "test_samples", &result->test_samples, &none))
        result->test_samples = 0;
    make_assignments(result, length[0]);
    result->exact_test = reader_real(r, "/adc", "exact_test_accuracy");
    read_columns(r, result);
    read_bits(r, result, length);
    read_costs(r, result);
    read_devices(r, result);
    read_sweep(r, result);
}
