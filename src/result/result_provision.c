#include "result/result_provision.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/isaac.h"
#include "result/result_crossbars.h"
#include "simulate/conversion_cost.h"
#include "store/store.h"

static const int32_t SIGN_LABEL[CROSSBAR_SIGNS] = {1, -1};

/* ---- bits of one layer by definition ---- */

static void write_accuracy(struct store *store, const struct provision *p, int l)
{
    const int slices = p->trials->slices;
    int32_t bits[CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES];
    char group[64];
    for (int i = 0; i < CROSSBAR_SIGNS * slices; i++)
        bits[i] = p->accuracy[l].of[i / slices][i % slices];
    snprintf(group, sizeof group, "/adc/%s", p->trials->inference->simulation->layer[l].name);
    const struct store_array array = {
        .group = group,
        .name = "accuracy",
        .description = "fewest ADC bits, all other converters lossless, with which the accuracy on "
                       "the calibration samples stays within the attribute loss of /adc",
        .units = "bit",
        .type = STORE_I32,
        .axes = 2};
    result_write_by_slice(store, array, bits, (size_t)slices);
}

static void write_layer(struct store *store, const struct provision *p, int l)
{
    const struct trials *t = p->trials;
    for (int d = ADC_OBSERVED; d < ADC_DEFINITIONS; d++)
        result_write_bits(
            store, t->inference->simulation->layer[l].name, "calibration_", (enum adc_definition)d,
            d == ADC_OBSERVED ? " on the calibration samples" : " of the calibration samples",
            t->needed[d][l], (size_t)t->slices);
    if (p->accuracy)
        write_accuracy(store, p, l);
}

/* ---- of the whole network ---- */

static void write_sweep(struct store *store, const struct provision *p)
{
    enum { WIDTHS = PROVISION_SWEEP_BITS + 1 };
    const size_t slices = (size_t)p->trials->slices;
    double sweep[CROSSBAR_MAX_SLICES * WIDTHS];
    for (size_t k = 0; k < slices; k++)
        memcpy(sweep + k * WIDTHS, p->sweep[k], WIDTHS * sizeof *sweep);
    const struct store_array array = {
        .group = "/adc/sweep",
        .name = "calibration_accuracy",
        .description = "accuracy on the calibration samples with adc_bits bits on one slice of all "
                       "layers, the other slices lossless",
        .units = "1",
        .type = STORE_F64,
        .axes = 2,
        .axis = {{"slice", slices, NULL}, {"adc_bits", WIDTHS, NULL}},
        .data = sweep
    };
    store_write(store, &array);
}

static void write_assignment_bits(struct store *store, const struct trials *t)
{
    const size_t rows = CROSSBAR_SIGNS * (size_t)t->slices, layers = (size_t)t->layers;
    int32_t *bits = MEM_NEW(int32_t, t->assignments * layers * rows), *next = bits;
    for (size_t a = 0; a < t->assignments; a++)
        for (size_t l = 0; l < layers; l++)
            for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
                for (int k = 0; k < t->slices; k++)
                    *next++ = t->assignment[a].bits[l].of[sign][k];
    const struct store_array array = {
        .group = "/adc/assignments",
        .name = "bits",
        .description = "ADC bits; names of assignments and layers are attributes of the group",
        .units = "bit",
        .type = STORE_I32,
        .axes = 4,
        .axis = {{"assignment", t->assignments, NULL},
                 {"layer", layers, NULL},
                 {"sign", CROSSBAR_SIGNS, SIGN_LABEL},
                 {"slice", (size_t)t->slices, NULL}},
        .data = bits
    };
    store_write(store, &array);
    mem_free(bits);
}

/* [assignment, model] savings of energy and power of an ISAAC tile; [assignment] converters. */
static void write_costs(struct store *store, const struct trials *t)
{
    const struct simulation *simulation = t->inference->simulation;
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    const size_t n = t->assignments;
    double *saving = MEM_NEW(double, n *models), *tile = MEM_NEW(double, n *models);
    uint64_t *adcs = MEM_NEW(uint64_t, n);
    for (size_t a = 0; a < n; a++) {
        adcs[a] = conversion_adcs(simulation, t->assignment[a].bits);
        for (size_t m = 0; m < models; m++) {
            const double x = conversion_saving(simulation, model[m], t->assignment[a].bits);
            saving[a * models + m] = x;
            tile[a * models + m] = isaac_tile((struct isaac_cost){1 / x, 1}).power_mw;
        }
    }
    struct store_array array = {
        .group = "/adc/assignments",
        .name = "energy_saving",
        .description =
            "energy of the same conversions with 8-bit ADCs over that with these, by cost "
            "model; their names are attributes of the group",
        .units = "1",
        .type = STORE_F64,
        .axes = 2,
        .axis = {{"assignment", n, NULL}, {"model", models, NULL}},
        .data = saving
    };
    store_write(store, &array);
    array.name = "tile_power";
    array.description = "power of an ISAAC tile (330 mW with 8-bit ADCs) whose ADCs save as much";
    array.units = "mW";
    array.data = tile;
    store_write(store, &array);
    array.name = "adcs";
    array.description =
        "ADCs that serve all arrays within ISAAC's stage of 100 ns: an 8-bit one each, "
        "fewer of fewer bits";
    array.units = "ADCs";
    array.type = STORE_U64;
    array.axes = 1;
    array.data = adcs;
    store_write(store, &array);
    for (size_t m = 0; m < models; m++) {
        char name[32];
        snprintf(name, sizeof name, "model_%zu", m);
        store_text(store, "/adc/assignments", name, model[m]->name);
    }
    mem_free(adcs);
    mem_free(saving);
    mem_free(tile);
}

static void write_assignments(struct store *store, const struct trials *t)
{
    static const char group[] = "/adc/assignments";
    static const struct {
        const char *name, *description, *units;
        size_t offset;
    } columns[] = {
        {"calibration_accuracy", "accuracy on the calibration samples",                "1",
         offsetof(struct assignment,                                                                                     calibration)},
        {"test_accuracy",        "accuracy on the test samples",                       "1",  offsetof(struct assignment, test)       },
        {"energy",               "energy of the conversions of a sample, model isaac", "pJ",
         offsetof(struct assignment,                                                                                     energy_pj)  },
        {"clip_rate",
         "share of the conversions of the calibration samples that is "
         "clipped, the worst of layers, slices and signs",                             "1",  offsetof(struct assignment, clip_rate)  },
    };
    double *value = MEM_NEW(double, t->assignments);
    write_assignment_bits(store, t);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        for (size_t a = 0; a < t->assignments; a++)
            memcpy(&value[a], (const char *)&t->assignment[a] + columns[c].offset, sizeof *value);
        const struct store_array array = {.group = group,
                                          .name = columns[c].name,
                                          .description = columns[c].description,
                                          .units = columns[c].units,
                                          .type = STORE_F64,
                                          .axes = 1,
                                          .axis = {{"assignment", t->assignments, NULL}},
                                          .data = value};
        store_write(store, &array);
    }
    mem_free(value);
    write_costs(store, t);
    char name[32];
    for (size_t a = 0; a < t->assignments; a++) {
        snprintf(name, sizeof name, "assignment_%zu", a);
        store_text(store, group, name, t->assignment[a].name);
    }
    for (int l = 0; l < t->layers; l++) {
        snprintf(name, sizeof name, "layer_%d", l);
        store_text(store, group, name, t->inference->simulation->layer[l].name);
    }
}

static void write_devices(struct store *store, const struct result_setup *setup)
{
    static const char group[] = "/adc/devices";
    const struct device_runs *runs = setup->devices;
    const struct device *device = &runs->settings.device;
    int32_t *seed = MEM_NEW(int32_t, runs->settings.seeds);
    for (size_t s = 0; s < runs->settings.seeds; s++)
        seed[s] = (int32_t)(device->seed + s);
    struct store_array array = {
        .group = group,
        .name = "accuracy",
        .description =
            "accuracy on the test samples with the converters of /adc/assignments, on the "
            "devices of a seed",
        .units = "1",
        .type = STORE_F64,
        .axes = 2,
        .axis = {{"assignment", runs->assignments, NULL}, {"seed", runs->settings.seeds, seed}},
        .data = runs->accuracy
    };
    store_write(store, &array);
    array.name = "ideal_accuracy";
    array.description = "accuracy of ideal devices on the same samples";
    array.axes = 1;
    array.data = runs->ideal;
    store_write(store, &array);
    mem_free(seed);
    store_integer(store, group, "samples", (int64_t)runs->settings.samples);
    store_text(store, group, "variation", setup->variation);
    store_text(store, group, "leakage", setup->leakage);
    store_real(store, group, "sigma", device->sigma);
    store_real(store, group, "on_off", device->on_off);
    store_real(store, group, "stuck_hrs", device->stuck_hrs);
    store_real(store, group, "stuck_lrs", device->stuck_lrs);
    store_real(store, group, "read_noise", device->read_noise);
    store_real(store, group, "wire", device->wire);
}

static void write_setup(struct store *store, const struct provision *p,
                        const struct result_setup *setup)
{
    store_text(store, "/adc", "signs", setup->signs);
    store_text(store, "/adc", "transfer", setup->transfer);
    store_text(store, "/adc", "calibration", setup->calibration);
    store_integer(store, "/adc", "calibration_samples", (int64_t)setup->calibration_samples);
    store_integer(store, "/adc", "test_samples", (int64_t)setup->test_samples);
    store_real(store, "/adc", "loss", p->trials->loss);
    store_real(store, "/adc", "exact_calibration_accuracy", p->trials->exact_calibration);
    store_real(store, "/adc", "exact_test_accuracy", p->trials->exact_test);
    if (p->trials->reference >= 0)
        store_text(store, "/adc", "reference", p->trials->assignment[p->trials->reference].name);
    store_integer(store, "/adc", "selftest_compared", (int64_t)setup->selftest_compared);
}

static size_t estimate_bytes(const struct simulation *simulation)
{
    size_t bytes = 4u << 20;
    for (int l = 0; l < simulation->layers; l++) {
        const struct crossbar *x = &simulation->layer[l].crossbar;
        bytes += crossbar_histogram_size(x->format) * 8;
        bytes += x->row_tiles * x->outputs * CROSSBAR_SIGNS * CROSSBAR_MAX_SLICES * 4;
    }
    return bytes;
}

void result_check_provision(const char *path, const struct simulation *simulation)
{
    store_check_extend(path, estimate_bytes(simulation));
}

void result_write_provision(const char *path, const struct provision *p,
                            const struct result_setup *setup)
{
    static const char *const replaced[] = {"/crossbars", "/adc", NULL};
    const struct simulation *simulation = p->trials->inference->simulation;
    struct store *store = store_extend(path, estimate_bytes(simulation), replaced);
    result_write_simulation(store, simulation);
    for (int l = 0; l < simulation->layers; l++)
        write_layer(store, p, l);
    write_sweep(store, p);
    write_assignments(store, p->trials);
    if (setup->devices)
        write_devices(store, setup);
    write_setup(store, p, setup);
    store_finish(store);
}
