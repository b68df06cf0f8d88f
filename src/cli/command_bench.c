/* reslice bench: speed of the training step on this machine, beside its own matrix products, and of
 * the crossbar simulation. */
#include <cblas.h>
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/simd.h"
#include "cli/adc_option.h"
#include "cli/bench_crossbar.h"
#include "cli/bench_steps.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/memory_line.h"
#include "cli/input_shape.h"
#include "cli/scaling.h"
#include "nn/models.h"
#include "result/provenance.h"
#include "settings/crossbar_settings.h"
#include "settings/option_value.h"
#include "train/adc_loop.h"
#include "train/evaluate.h"

/* What can be measured: networks with the input and class count of their data sets. */
#define IMAGENET .channels = 3, .height = 224, .width = 224, .classes = 1000
static const struct bench_network {
    const char *name;
    struct model_spec spec;
    int64_t batch;
} networks[] = {
    {"mlp",
     {.model = "mlp",
      .hidden = (const size_t[]){100},
      .hidden_count = 1,
      .channels = 1,
      .height = 28,
      .width = 28,
      .classes = 10},
     64                                                                                              },
    {"lenet5",      {.model = "lenet5", .channels = 1, .height = 28, .width = 28, .classes = 10}, 64 },
    {"vgg11",       {.model = "vgg11", .channels = 3, .height = 32, .width = 32, .classes = 10},  128},
    {"resnet20",
     {.model = "resnet",
      .blocks = 3,
      .filters = 16,
      .channels = 3,
      .height = 32,
      .width = 32,
      .classes = 10},
     128                                                                                             },
    {"alexnet",     {.model = "alexnet", IMAGENET},                                               16 },
    {"vgg16",       {.model = "vgg16", IMAGENET},                                                 16 },
    {"resnet18",    {.model = "resnet18", IMAGENET},                                              16 },
    {"resnet50",    {.model = "resnet50", IMAGENET},                                              16 },
    {"mobilenetv2", {.model = "mobilenetv2", IMAGENET},                                           16 },
};

enum { NETWORKS = sizeof networks / sizeof networks[0] };

struct bench_options {
    const char *network, *penalty, *input; /* input: NULL: the network's usual images … */
    int64_t classes;                       /* … and classes: 0 */
    struct bench_network chosen;           /* with them */
    int64_t batch, shards;
    double seconds;
    int64_t predict;                      /* ranks; 0: no prediction */
    double latency_us, bandwidth_gb;      /* of a message; bandwidth in GB/s */
    const char *through;                  /* ADC bits as text, or NULL … */
    double adc_bits[CROSSBAR_MAX_SLICES]; /* … and B0 first */
    int64_t adc_slices;
    bool is_float, is_crossbar;
    int64_t samples;
    struct bench_crossbar crossbar;
};

static const char standard_penalty[] = "bit-slice-l1";

/* ---- the machine ---- */

static void print_machine(void)
{
    char cpu[128];
    provenance_cpu(cpu, sizeof cpu);
    log_info("reslice %s", provenance_version());
    log_info("%s, %s kernels, %d rank%s", cpu, simd_name(simd_level()), comm_size(),
             comm_size() == 1 ? "" : "s");
}

/* GFLOP/s of this rank's n x n x n sgemm, all ranks at once: best of a few. */
static double sgemm_gflops(void)
{
    enum { N = 1024, REPEATS = 5 };
    float *a = MEM_NEW(float, N *N), *b = MEM_NEW(float, N *N), *c = MEM_NEW(float, N *N);
    for (int i = 0; i < N * N; i++)
        a[i] = b[i] = (float)(i % 7) - 3.0f;
    double best_s = 1e9;
    for (int r = 0; r < REPEATS; r++) {
        const double start_s = comm_time_s();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0f, a, N, b, N, 0.0f, c,
                    N);
        const double time_s = comm_time_s() - start_s;
        best_s = time_s < best_s ? time_s : best_s;
    }
    mem_free(a);
    mem_free(b);
    mem_free(c);
    return 2.0 * N * N * N / best_s * 1e-9;
}

/* Multiply-adds * 2 of one sample's training step, counted as direct convolution: forward, weight
 * gradient and, behind the first layer, input gradient. */
static double flop_per_sample(const struct network *net)
{
    double flop = 0.0;
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        if (!op->class->gather_codes)
            continue;
        const double pixels = (double)op->out->height * op->out->width;
        flop += 2.0 * pixels * (double)net->params.tensor[op->weight].count *
                (op->in->gradient ? 3.0 : 2.0);
    }
    return flop;
}

static void print_figures(const struct bench_options *options, const struct network *net,
                          const struct bench_figures *figures, double sgemm)
{
    const double rate = figures->steps * (double)options->batch / figures->time_s;
    const double gflops = rate * flop_per_sample(net) * 1e-9;
    const double peak = sgemm * comm_size();
    log_info("%s, batch %lld, %lld shards, %s, penalty %s%s%s", options->network,
             (long long)options->batch, (long long)options->shards,
             options->is_float ? "float" : "8-bit fixed point", options->penalty,
             options->through ? ", through ADCs of bits " : "",
             options->through ? options->through : "");
    log_info("  %.0f samples/s, %.4f ms/step", rate, 1e3 * figures->time_s / figures->steps);
    log_info("  %.1f GFLOP/s of %.1f sgemm GFLOP/s (1024 x 1024 x 1024, all ranks): %.0f %%",
             gflops, peak, 100.0 * gflops / peak);
    for (int p = 0; p < STEP_PARTS; p++)
        log_info("  %-9s %8.4f ms/step  %4.1f %%", step_part_name((enum step_part)p),
                 1e3 * figures->part_s[p] / figures->steps,
                 100.0 * figures->part_s[p] / figures->time_s);
    log_info("  %.1f blocking synchronisations and %.1f kB a step",
             (double)figures->syncs / figures->steps,
             1e-3 * (double)figures->sync_bytes / figures->steps);
}

/* What the figures above leave out. Collective. */
static void print_loading(struct step *step, const struct bench_options *options,
                          const struct bench_network *network, double step_s)
{
    const double load_s = bench_load_s(step, (size_t)options->batch, &network->spec);
    log_info("  training adds %.4f ms/step to load a batch of images: %.2f %% of the fastest steps",
             1e3 * load_s, 100.0 * load_s / step_s);
}

/* ---- more ranks ---- */

/* Measures every point's part of the batch, on all ranks at once. */
static bool predict(struct step *step, const struct bench_options *options,
                    const struct bench_figures *figures)
{
    struct scaling_input input = {
        .batch = (double)options->batch,
        .link = {1e-6 * options->latency_us, 1e9 * options->bandwidth_gb},
        .traffic = figures->traffic,
        .traffic_steps = figures->steps,
    };
    input.points = scaling_ranks((int)options->predict, input.ranks);
    for (int i = 0; i < input.points; i++) {
        const int64_t ranks = input.ranks[i], local = (options->batch + ranks - 1) / ranks;
        struct bench_figures own;
        if (ranks > options->batch)
            break;
        if (!bench_steps(step, (size_t)(local * comm_size()), options->seconds / 4.0, &own))
            return false;
        input.compute_s[i] = bench_compute_s(&own);
    }
    scaling_print(&input);
    return true;
}

/* The converters of a run's standard settings, with these bits; NULL without. */
static struct adc_loop *converters(const struct bench_options *options, const struct network *net)
{
    struct settings settings;
    option_values_default(&settings);
    settings.adc.bits = (struct real_list){options->adc_bits, options->adc_slices};
    return adc_loop_create(&settings, net);
}

static bool bench_training(const struct bench_network *network, const struct bench_options *options)
{
    struct model_spec spec = network->spec;
    struct network net;
    struct step step;
    struct bench_figures figures = {0};
    /* a prediction starts with the whole batch on each rank */
    const size_t batch = (size_t)(options->batch * (options->predict > 0 ? comm_size() : 1));
    spec.capacity = step_capacity(batch, (size_t)options->shards);
    model_build(&net, &spec);
    parameters_initialise(&net.params, 1);
    struct adc_loop *loop = converters(options, &net);
    const struct step_settings settings = {
        .sgd = {.momentum = 0.9},
        .penalty = options->penalty,
        .alpha = 0.5,
        .multiplier = adc_loop_multiplier(loop),
        .format = { 8,              2},
        .quantise = !options->is_float,
        .batch = batch,
        .shards = (size_t)options->shards
    };
    step_create(&step, &net, settings);
    bench_fill(&step, batch);
    const double sgemm = sgemm_gflops();
    bool finite = bench_steps(&step, (size_t)options->batch, options->seconds, &figures);
    if (finite) {
        print_figures(options, &net, &figures, sgemm);
        memory_line_print("  ");
        print_loading(&step, options, network, figures.least_s);
    }
    if (finite && options->predict > 0)
        finite = predict(&step, options, &figures);
    step_destroy(&step);
    adc_loop_destroy(loop);
    network_destroy(&net);
    return finite;
}

static int bench(const struct bench_network *network, const struct bench_options *options)
{
    print_machine();
    struct error err;
    if (!(options->is_crossbar ? bench_crossbar(network->name, network->spec, &options->crossbar)
                               : bench_training(network, options))) {
        log_error("bench: the run has diverged");
        return ERROR_STATUS_DIVERGED;
    }
    if (log_arrived(&err))
        return 0;
    log_error("%s", err.text);
    return error_status(&err);
}

/* ---- command line ---- */

static const char *network_names(void)
{
    static char names[128];
    names[0] = '\0';
    for (int i = 0; i < NETWORKS; i++)
        names_append(names, sizeof names, networks[i].name);
    return names;
}

/* The network with the images and classes that are asked for. */
static bool choose_network(struct bench_options *options, struct error *err)
{
    enum { CHANNELS = 3 }; /* of the images that are made up */
    struct model_spec *spec = &options->chosen.spec;
    struct model_input shape = {.channels = spec->channels};
    if (options->input && !input_shape_parse(options->input, CHANNELS, &shape, err))
        return false;
    const int smallest = model_smallest_image(spec->model);
    if (options->input && (shape.height < smallest || shape.width < smallest))
        return error_set(err, "--input: value '%s'; %s needs images of at least %d x %d pixels",
                         options->input, options->network, smallest, smallest);
    if (options->input) {
        spec->channels = shape.channels;
        spec->height = shape.height;
        spec->width = shape.width;
    }
    if (options->classes)
        spec->classes = (int)options->classes;
    return true;
}

static const struct bench_network *find_network(const char *name)
{
    for (int i = 0; i < NETWORKS; i++)
        if (strcmp(networks[i].name, name) == 0)
            return &networks[i];
    return NULL;
}

static bool check_crossbar(struct bench_options *options, struct error *err)
{
    struct settings settings;
    struct bench_crossbar *crossbar = &options->crossbar;
    if (options->penalty != standard_penalty && strcmp(options->penalty, "none") != 0)
        return error_set(err, "--penalty has no effect with --crossbar");
    option_values_default(&settings);
    crossbar->format = settings_crossbar_format(&settings);
    crossbar->samples =
        (size_t)(options->samples ? options->samples : EVALUATE_BLOCK * comm_size());
    crossbar->seconds = options->seconds;
    return adc_option_parse("--adc", crossbar->adc, crossbar->format, crossbar->bits, err);
}

static bool check_through(struct bench_options *options, struct error *err)
{
    struct settings settings;
    int bits[CROSSBAR_MAX_SLICES];
    option_values_default(&settings);
    const struct crossbar_format format = settings_crossbar_format(&settings);
    if (!adc_option_parse("--through", options->through, format, bits, err))
        return false;
    options->adc_slices = crossbar_slices(format);
    for (int k = 0; k < crossbar_slices(format); k++)
        options->adc_bits[k] = bits[k];
    return true;
}

static bool check_options(void *context, struct error *err)
{
    struct bench_options *options = context;
    const struct bench_network *network = find_network(options->network);
    if (!network)
        return error_set(err, "--network: value '%s'; allowed: %s", options->network,
                         network_names());
    options->chosen = *network;
    if (!choose_network(options, err))
        return false;
    options->batch = options->batch ? options->batch : network->batch;
    if (!penalty_find(options->penalty) && strcmp(options->penalty, "none") != 0)
        return error_set(err, "--penalty: value '%s'; allowed: %s", options->penalty,
                         penalty_names());
    if (options->is_float)
        options->penalty = "none";
    if (options->shards == 0)
        options->shards = comm_size();
    if (options->shards % comm_size() != 0)
        return error_set(err, "--shards: %d ranks do not divide %lld", comm_size(),
                         (long long)options->shards);
    if (options->through && options->is_float)
        return error_set(err, "--through has no effect with --float: there are no codes to map");
    if (options->through)
        return check_through(options, err);
    return !options->is_crossbar || check_crossbar(options, err);
}

static bool parse_command_line(struct bench_options *options, struct cli_call call, int *status)
{
    /* clang-format off */
    const struct cli_option table[] = {
        {"--network", "NAME", CLI_TEXT, &options->network, .meaning = network_names()},
        {"--input", "CxHxW", CLI_TEXT, &options->input,
         .meaning = "images of so many channels, rows and columns, instead of the network's usual ones"},
        {"--classes", "N", CLI_INTEGER, &options->classes, .low = 1, .high = INPUT_SHAPE_CLASSES,
         .meaning = "instead of the network's usual ones"},
        {"--batch", "N", CLI_INTEGER, &options->batch, .low = 1, .high = 65536, .unit = "samples",
         .meaning = "global batch, instead of 64 for mlp and lenet5, 128 for vgg11 and resnet20, 16 "
                    "for the others",
         .excluded_by = "--crossbar"},
        {"--shards", "N", CLI_INTEGER, &options->shards, .low = 1, .high = 1024,
         .meaning = "parts of the global batch, instead of one a rank", .excluded_by = "--crossbar"},
        {"--seconds", "T", CLI_REAL, &options->seconds, .low = 0.01, .high = 3600, .unit = "s",
         .meaning = "how long, each measurement"},
        {"--penalty", "NAME", CLI_TEXT, &options->penalty, .meaning = penalty_names(),
         .excluded_by = "--float"},
        {"--predict", "P", CLI_INTEGER, &options->predict, .low = 1, .high = 65536,
         .unit = "ranks", .meaning = "estimate the step on 1, 2, 4, ... P ranks of a cluster",
         .excluded_by = "--crossbar"},
        {"--latency-us", "L", CLI_REAL, &options->latency_us, .low = 0, .high = 1e6, .unit = "us",
         .meaning = "its time of a message without content", .needs = "--predict"},
        {"--bandwidth-gbs", "B", CLI_REAL, &options->bandwidth_gb, .low = 1e-3, .high = 1e5,
         .unit = "GB/s", .meaning = "between two of its ranks", .needs = "--predict"},
        {"--float", NULL, CLI_FLAG, &options->is_float, .meaning = "without quantisation",
         .excluded_by = "--crossbar"},
        {"--through", "BITS", CLI_TEXT, &options->through,
         .meaning = "steps with these ADC bits in the loop (the setting adc.bits), most significant "
                    "slice first", .excluded_by = "--crossbar"},
        {"--crossbar", NULL, CLI_FLAG, &options->is_crossbar,
         .meaning = "measure the crossbar simulation instead: counting currents, and inference"},
        {"--adc", "BITS", CLI_TEXT, &options->crossbar.adc,
         .meaning = "ADC bits of that inference, most significant slice first",
         .needs = "--crossbar"},
        {"--nonzero", "SHARE", CLI_REAL, &options->crossbar.nonzero, .low = 1e-3, .high = 1,
         .meaning = "draw its weights so that each digit is non-zero with this chance, instead of "
                    "as initialised", .needs = "--crossbar"},
        {"--samples", "N", CLI_INTEGER, &options->samples, .low = 1, .high = 1e6,
         .meaning = "its synthetic samples, instead of 100 a rank", .needs = "--crossbar"},
    };
    /* clang-format on */
    const struct cli cli = {.usage = "reslice bench [options]",
                            .about = "Measures the training step, or the crossbar simulation, on "
                                     "synthetic data that lies ready.",
                            .options = table,
                            .count = sizeof table / sizeof *table,
                            .check = check_options,
                            .context = options};
    return cli_parse(&cli, call, NULL, status);
}

int command_bench(struct cli_call call)
{
    struct bench_options options = {
        .network = "mlp",
        .penalty = standard_penalty,
        .seconds = 5.0,
        .latency_us = 2.0,
        .bandwidth_gb = 12.5,
        .crossbar = {.adc = "1,3,3,3", .nonzero = -1.0}
    };
    int status;
    return parse_command_line(&options, call, &status) ? bench(&options.chosen, &options) : status;
}
