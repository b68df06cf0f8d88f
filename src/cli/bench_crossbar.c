#include "cli/bench_crossbar.h"

#include <math.h>
#include <stdio.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "cli/bench_steps.h"
#include "hw/fixed_point.h"
#include "simulate/inference.h"
#include "train/calibrate.h"

/* What one measurement came to, of all ranks. */
struct crossbar_figures {
    double samples;
    double macs;   /* multiply-accumulates that were simulated */
    double time_s; /* spent in them, mean of the ranks */
};

/* ---- weights ---- */

/* A code whose digits, of `width` bits, are each non-zero with the given chance. */
static int16_t draw_code(struct rng_key key, uint64_t index, struct crossbar_format format,
                         double nonzero)
{
    const int slices = crossbar_slices(format), width = format.cell_bits;
    const uint64_t first = index * (uint64_t)(2 * slices + 1);
    int code = 0;
    for (int k = 0; k < slices; k++)
        if (rng_uniform(key, first + (uint64_t)(2 * k)) < nonzero) {
            const double level = rng_uniform(key, first + (uint64_t)(2 * k) + 1);
            code |= (1 + (int)(level * ((1 << width) - 1))) << (width * k);
        }
    return (int16_t)(rng_uniform(key, first + (uint64_t)(2 * slices)) < 0.5 ? -code : code);
}

/* Gives every weight matrix drawn codes, on the grid of its initial values, and keeps it there. */
static void draw_weights(struct parameters *params, const struct bench_crossbar *bench)
{
    for (int p = 0; p < params->count; p++) {
        struct parameter *tensor = &params->tensor[p];
        const struct rng_key key = {3, RNG_BENCH, (uint32_t)p};
        if (!parameters_is_matrix(tensor))
            continue;
        tensor->exponent_floor = tensor->exponent;
        const float unit = fixed_point_step(tensor->exponent, bench->format.weight_bits);
        for (size_t i = 0; i < tensor->count; i++)
            params->value[tensor->offset + i] =
                unit * (float)draw_code(key, i, bench->format, bench->nonzero);
    }
}

/* ---- measurements ---- */

struct counting {
    struct simulation *simulation;
    double time_s; /* of this rank */
};

static void count_block(void *context, const struct network *net, const struct pass *pass)
{
    struct counting *counting = context;
    const double start_s = comm_time_s();
    simulation_observe(counting->simulation, net, pass);
    counting->time_s += comm_time_s() - start_s;
}

/* Of the ranks together; `macs` and `time_s` are this rank's. Collective. */
static struct crossbar_figures add_ranks(double samples, double macs, double time_s)
{
    int64_t sum[] = {(int64_t)macs, (int64_t)(1e9 * time_s)};
    comm_sum_i64(sum, 2);
    return (struct crossbar_figures){samples, (double)sum[0], 1e-9 * (double)sum[1] / comm_size()};
}

/* Whether rank 0 has time left. Collective. */
static bool goes_on(double start_s, double seconds)
{
    int go_on = comm_time_s() - start_s < seconds;
    comm_broadcast(&go_on, sizeof go_on);
    return go_on;
}

/* Multiply-accumulates of a sample in the weight layers. */
static double macs_per_sample(const struct simulation *simulation)
{
    double macs = 0.0;
    for (int l = 0; l < simulation->layers; l++) {
        const struct simulated_layer *layer = &simulation->layer[l];
        macs += (double)layer->pixels * (double)layer->crossbar.inputs *
                (double)layer->crossbar.outputs;
    }
    return macs;
}

/* Collective. */
static struct crossbar_figures measure_currents(struct simulation *simulation,
                                                struct evaluate_job job, double seconds)
{
    struct counting counting = {.simulation = simulation};
    const double start_s = comm_time_s();
    double samples = 0.0, mine = 0.0;
    job.observe = count_block;
    job.context = &counting;
    do {
        evaluate(&job);
        samples += (double)job.count;
        mine += (double)evaluate_share(job.net, job.count).count;
    } while (goes_on(start_s, seconds));
    return add_ranks(samples, mine * macs_per_sample(simulation), counting.time_s);
}

/* Collective. */
static struct crossbar_figures measure_inference(struct simulation *simulation,
                                                 struct evaluate_job job,
                                                 const struct bench_crossbar *bench)
{
    struct inference inference;
    inference_create(&inference, simulation);
    for (int l = 0; l < simulation->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < crossbar_slices(simulation->format); k++)
                inference.readout[l].bits[sign][k] = (int8_t)bench->bits[k];
    const double start_s = comm_time_s();
    double samples = 0.0;
    do {
        inference_run(&inference, job);
        samples += (double)job.count;
    } while (goes_on(start_s, bench->seconds));
    const struct crossbar_figures figures =
        add_ranks(samples, (double)inference.macs, inference.time_s);
    inference_destroy(&inference);
    return figures;
}

/* ---- print ---- */

static void print_heading(const char *name, const struct network *net,
                          const struct simulation *simulation, const struct bench_crossbar *bench)
{
    const struct crossbar_format format = simulation->format;
    const struct bit_slice_format digits = {format.weight_bits, format.cell_bits};
    uint64_t nonzero[BIT_SLICE_MAX] = {0};
    const double codes = (double)parameters_count_nonzero(&net->params, digits, nonzero);
    char shares[128];
    int used = 0;
    for (int k = bit_slice_count(digits) - 1; k >= 0; k--)
        used += snprintf(shares + used, sizeof shares - (size_t)used, "%s%.3g", used ? ", " : "",
                         100.0 * (double)nonzero[k] / codes);
    log_info("%s, %d x %d arrays of %d-bit cells, %zu synthetic samples, weights %s", name,
             format.rows, format.columns, format.cell_bits, bench->samples,
             bench->nonzero < 0.0 ? "as initialised" : "drawn digit by digit");
    log_info("  %.4f million multiply-accumulates a sample; non-zero digits, most significant "
             "slice first: %s %%",
             1e-6 * macs_per_sample(simulation), shares);
}

static void print_rate(const char *what, const struct crossbar_figures *figures, double all)
{
    if (figures->macs > 0.0)
        log_info("  %s: %.3f GMAC/s, %.4f ms/sample; %.0f samples, %.4g %% of their "
                 "multiply-accumulates",
                 what, 1e-9 * figures->macs / figures->time_s,
                 1e3 * figures->time_s / figures->samples, figures->samples,
                 100.0 * figures->macs / (figures->samples * all));
    else
        log_info("  %s: nothing to simulate, since no converter can clip", what);
}

/* Runs both on a network with weights and exponents. Collective. */
static void measure(const char *name, struct network *net, const struct evaluate_job *job,
                    const struct bench_crossbar *bench)
{
    struct simulation simulation;
    char what[128];
    simulation_create(&simulation, net, bench->format, READOUT_DIFFERENTIAL);
    print_heading(name, net, &simulation, bench);
    const double all = macs_per_sample(&simulation);
    const struct crossbar_figures currents = measure_currents(&simulation, *job, bench->seconds);
    print_rate("counting currents", &currents, all);
    const struct crossbar_figures inference = measure_inference(&simulation, *job, bench);
    snprintf(what, sizeof what, "inference through ADCs of %s bits", bench->adc);
    print_rate(what, &inference, all);
    if (inference.macs > 0.0 && inference.macs < inference.samples * all)
        log_info("    (the rest in layers whose converters cannot clip: plain products)");
    simulation_destroy(&simulation);
}

bool bench_crossbar(const char *name, struct model_spec spec, const struct bench_crossbar *bench)
{
    const struct pass quantised = {.quantise = true, .bits = bench->format.weight_bits};
    struct network net;
    struct dataset set;
    struct tensor *logits = model_describe(&net, &spec);
    network_finish(&net, logits, network_block(&net));
    parameters_initialise(&net.params, 1);
    bench_images(&set, &spec, bench->samples);
    const struct evaluate_job job = {.net = &net,
                                     .quantise = true,
                                     .bits = quantised.bits,
                                     .set = &set,
                                     .part = &set.train,
                                     .count = bench->samples};
    bool finite = network_prepare(&net, &quantised);
    if (finite && bench->nonzero >= 0.0)
        draw_weights(&net.params, bench);
    finite = finite && calibrate_exponents(job).is_finite && network_prepare(&net, &quantised);
    if (finite)
        measure(name, &net, &job, bench);
    dataset_free(&set);
    network_destroy(&net);
    return finite;
}
