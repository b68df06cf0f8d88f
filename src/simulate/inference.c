#include "simulate/inference.h"

#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/adc.h"
#include "nn/matrix_op.h"

void inference_create(struct inference *inference, struct simulation *simulation)
{
    size_t most = 0;
    *inference = (struct inference){.simulation = simulation,
                                    .readout = MEM_NEW(struct readout, simulation->layers),
                                    .layer = MEM_NEW(struct readout_layer *, simulation->layers),
                                    .device = MEM_NEW(struct device_array *, simulation->layers)};
    for (int l = 0; l < simulation->layers; l++) {
        const struct simulated_layer *layer = &simulation->layer[l];
        const size_t n = layer->samples * layer->pixels * layer->crossbar.outputs;
        most = n > most ? n : most;
        inference->readout[l].signs = simulation->signs;
        readout_set_all(&inference->readout[l], readout_full_bits(simulation->format));
    }
    inference->output = MEM_NEW(int64_t, most);
}

void inference_destroy(struct inference *inference)
{
    mem_free(inference->readout);
    mem_free(inference->layer);
    mem_free(inference->device);
    mem_free(inference->output);
    *inference = (struct inference){0};
}

/* Whether the converters of a layer give the exact product for every input, from ideal cells. */
static bool is_exact(const struct inference *inference, int layer)
{
    const struct crossbar *x = &inference->simulation->layer[layer].crossbar;
    const struct readout *readout = &inference->readout[layer];
    const int full = readout_full_bits(x->format);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < crossbar_slices(x->format); k++) {
            const bool can_sink = readout->transfer != READOUT_CLIP;
            const bool is_analog = readout->signs == READOUT_ANALOG;
            const int bits = readout->bits[is_analog ? CROSSBAR_POSITIVE : sign][k];
            if (bits < (can_sink ? full : adc_bits_for(crossbar_max_column_sum(x, sign, k))))
                return false;
        }
    return readout->transfer != READOUT_LINEAR;
}

/* ---- one layer ---- */

static size_t gather(const struct simulated_layer *layer, const struct op *op, size_t first,
                     size_t samples)
{
    const size_t n = samples - first < layer->samples ? samples - first : layer->samples;
    matrix_op_gather(op, first, n, layer->vector);
    return n;
}

static void multiply_layer(struct inference *inference, int l, struct op *op,
                           const struct pass *pass)
{
    struct simulated_layer *layer = &inference->simulation->layer[l];
    const struct crossbar *x = &layer->crossbar;
    const double start_s = comm_time_s();
    int32_t max = 0;
    for (size_t done = 0, n; done < pass->samples; done += n) {
        n = gather(layer, op, done, pass->samples);
        if (inference->device[l])
            device_multiply(inference->device[l], &inference->readout[l], layer->vector,
                            n * layer->pixels, x->inputs, layer->passes,
                            (uint64_t)pass->sample[done] * layer->pixels, inference->output);
        else
            readout_run(inference->layer[l], layer->vector, n * layer->pixels, x->inputs,
                        layer->passes, inference->output);
        const int32_t bits = matrix_op_put(op, pass, done, n, inference->output);
        max = bits > max ? bits : max;
    }
    op->out->max_bits = max;
    inference->macs += (uint64_t)pass->samples * layer->pixels * x->inputs * x->outputs;
    inference->time_s += comm_time_s() - start_s;
}

static int layer_of(const struct simulation *simulation, const struct op *op)
{
    int l = 0;
    while (simulation->layer[l].op != op->number)
        l++;
    return l;
}

static bool run_forward(void *context, struct op *op, const struct pass *pass)
{
    struct inference *inference = context;
    const int l = layer_of(inference->simulation, op);
    if (!inference->layer[l] && !inference->device[l])
        return op->class->forward(op, pass);
    multiply_layer(inference, l, op, pass);
    return true;
}

/* Whether a layer's bitlines are read, from ideal cells. */
static bool is_read(const struct inference *inference, int layer, bool reads_all)
{
    return reads_all || !(inference->device[layer] || is_exact(inference, layer));
}

/* The job with this forward pass of the weight layers, their converters prepared. Collective. */
static struct evaluation run_prepared(struct inference *inference, struct evaluate_job job,
                                      const struct multiplier *multiplier, bool reads_all)
{
    const struct simulation *simulation = inference->simulation;
    for (int l = 0; l < simulation->layers; l++)
        if (is_read(inference, l, reads_all))
            inference->layer[l] =
                readout_open(&simulation->layer[l].crossbar, &inference->readout[l], reads_all);
    job.multiplier = multiplier;
    const struct evaluation result = evaluate(&job);
    for (int l = 0; l < simulation->layers; l++) {
        readout_close(inference->layer[l]);
        inference->layer[l] = NULL;
    }
    return result;
}

struct evaluation inference_run(struct inference *inference, struct evaluate_job job)
{
    const struct multiplier multiplier = {.forward = run_forward, .context = inference};
    return run_prepared(inference, job, &multiplier, false);
}

/* ---- self-test ---- */

/* Counts the outputs of a layer that are not sum_r input[r] weight[j, r]. */
static void compare_integers(struct inference *inference, const struct simulated_layer *layer,
                             const struct op *op, size_t vectors)
{
    const size_t inputs = layer->crossbar.inputs, outputs = layer->crossbar.outputs;
    const int16_t *weight = matrix_op_codes(op);
    for (size_t v = 0; v < vectors; v++)
        for (size_t j = 0; j < outputs; j++) {
            const int16_t *x = layer->vector + v * inputs, *w = weight + j * inputs;
            int64_t sum = 0;
            for (size_t r = 0; r < inputs; r++)
                sum += (int64_t)(x[r] * w[r]);
            inference->differences += sum != inference->output[v * outputs + j];
        }
    inference->compared += vectors * outputs;
}

/* The product of evaluation first, then that of the crossbars in its place. */
static bool selftest_forward(void *context, struct op *op, const struct pass *pass)
{
    struct inference *inference = context;
    const int l = layer_of(inference->simulation, op);
    struct simulated_layer *layer = &inference->simulation->layer[l];
    const size_t size = pass->samples * op->out->stride;
    if (!op->class->forward(op, pass))
        return false;
    float *expected = MEM_NEW(float, size);
    memcpy(expected, op->out->value, size * sizeof *expected);
    for (size_t done = 0, n; done < pass->samples; done += n) {
        n = gather(layer, op, done, pass->samples);
        readout_run(inference->layer[l], layer->vector, n * layer->pixels, layer->crossbar.inputs,
                    layer->passes, inference->output);
        compare_integers(inference, layer, op, n * layer->pixels);
        matrix_op_put(op, pass, done, n, inference->output);
    }
    for (size_t i = 0; i < size; i++)
        inference->differences += memcmp(expected + i, op->out->value + i, sizeof *expected) != 0;
    mem_free(expected);
    return true;
}

struct evaluation inference_selftest(struct inference *inference, struct evaluate_job job)
{
    const struct multiplier multiplier = {.forward = selftest_forward, .context = inference};
    inference->differences = inference->compared = 0;
    const struct evaluation result = run_prepared(inference, job, &multiplier, true);
    int64_t sum[2] = {(int64_t)inference->differences, (int64_t)inference->compared};
    comm_sum_i64(sum, 2);
    inference->differences = (uint64_t)sum[0];
    inference->compared = (uint64_t)sum[1];
    return result;
}
