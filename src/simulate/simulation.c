#include "simulate/simulation.h"

#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/crossbar_currents.h"
#include "nn/conv_direct.h"
#include "nn/matrix_op.h"

/* Input vectors that are gathered for one call of the kernel, which has a start-up cost. */
enum { VECTORS_AT_ONCE = 256 };

static uint64_t bitlines_read(const struct crossbar *x, enum readout_signs signs, int sign,
                              int slice)
{
    const size_t all = x->row_tiles * x->outputs, slices = (size_t)crossbar_slices(x->format);
    if (signs != READOUT_ANALOG)
        return all - crossbar_zero_columns(x, sign, slice);
    const uint32_t *positive = x->column_sum + (size_t)slice * all;
    const uint32_t *negative = positive + slices * all;
    uint64_t count = 0;
    for (size_t i = 0; sign == CROSSBAR_POSITIVE && i < all; i++)
        count += positive[i] > 0 || negative[i] > 0;
    return count;
}

static void map_layer(struct simulated_layer *layer, const struct network *net, int index,
                      struct crossbar_format format, enum readout_signs signs)
{
    const struct op *op = &net->op[index];
    const size_t outputs = matrix_op_outputs(op), inputs = matrix_op_inputs(op);
    snprintf(layer->name, sizeof layer->name, "%s", op->name);
    layer->op = index;
    layer->passes = op->in->is_signed ? 2 : 1;
    layer->pixels = (size_t)op->out->height * (size_t)op->out->width;
    layer->samples = VECTORS_AT_ONCE / layer->pixels > 0 ? VECTORS_AT_ONCE / layer->pixels : 1;
    layer->vector = MEM_NEW(int16_t, layer->samples * layer->pixels * inputs);
    readout_map(&layer->crossbar, format, signs, matrix_op_codes(op), outputs, inputs);
    for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
        for (int k = 0; k < crossbar_slices(layer->crossbar.format); k++)
            layer->bitlines[sign][k] = bitlines_read(&layer->crossbar, signs, sign, k);
    layer->histogram = MEM_NEW(uint64_t, crossbar_histogram_size(layer->crossbar.format));
}

void simulation_create(struct simulation *simulation, const struct network *net,
                       struct crossbar_format format, enum readout_signs signs)
{
    *simulation = (struct simulation){.format = readout_format(format, signs),
                                      .signs = signs,
                                      .layer = MEM_NEW(struct simulated_layer, net->op_count)};
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->gather_codes)
            map_layer(&simulation->layer[simulation->layers++], net, i, format, signs);
}

void simulation_destroy(struct simulation *simulation)
{
    for (int l = 0; l < simulation->layers; l++) {
        crossbar_free(&simulation->layer[l].crossbar);
        mem_free(simulation->layer[l].vector);
        mem_free(simulation->layer[l].histogram);
    }
    mem_free(simulation->layer);
    *simulation = (struct simulation){0};
}

/* Takes currents of 0 out again that no bitline had. */
static void forget_empty(struct simulated_layer *layer, uint64_t count)
{
    const struct crossbar_format format = layer->crossbar.format;
    const size_t bins = crossbar_max_current(format) + 1;
    const size_t rows = (size_t)(CROSSBAR_SIGNS * crossbar_slices(format) * format.input_bits);
    for (size_t row = 0; row < rows; row++)
        layer->histogram[row * bins] -= count;
}

static void observe_layer(struct simulated_layer *layer, const struct op *op, size_t samples,
                          enum readout_signs signs)
{
    const struct crossbar *x = &layer->crossbar;
    /* with an offset every cell of an array has a level */
    const size_t empty =
        signs == READOUT_OFFSET ? 0 : conv_direct_empty_columns(op, (size_t)x->format.rows);
    for (size_t done = 0; done < samples; done += layer->samples) {
        const size_t n = samples - done < layer->samples ? samples - done : layer->samples;
        for (size_t i = 0; i < n; i++)
            op->class->gather_codes(op, done + i, layer->vector + i * layer->pixels * x->inputs);
        crossbar_add_currents(x, layer->vector, n * layer->pixels, x->inputs, layer->passes, 0,
                              x->row_tiles, layer->histogram);
        if (empty > 0)
            forget_empty(layer, (uint64_t)n * layer->pixels * (uint64_t)layer->passes * empty);
    }
}

void simulation_observe(void *context, const struct network *net, const struct pass *pass)
{
    struct simulation *simulation = context;
    for (int l = 0; l < simulation->layers; l++) {
        struct simulated_layer *layer = &simulation->layer[l];
        observe_layer(layer, &net->op[layer->op], pass->samples, simulation->signs);
    }
}

void simulation_reduce(struct simulation *simulation)
{
    for (int l = 0; l < simulation->layers; l++)
        comm_sum_i64((int64_t *)simulation->layer[l].histogram,
                     crossbar_histogram_size(simulation->format));
}

void simulation_pool(const struct simulated_layer *layer, int sign, int slice, uint64_t *pooled)
{
    const struct crossbar_format format = layer->crossbar.format;
    const size_t bins = crossbar_max_current(format) + 1, bits = (size_t)format.input_bits;
    const size_t row = (size_t)(sign * crossbar_slices(format) + slice) * bits;
    memset(pooled, 0, bins * sizeof *pooled);
    for (size_t b = 0; b < bits; b++)
        for (size_t i = 0; i < bins; i++)
            pooled[i] += layer->histogram[(row + b) * bins + i];
}

void simulation_clear(struct simulation *simulation)
{
    for (int l = 0; l < simulation->layers; l++)
        memset(simulation->layer[l].histogram, 0,
               crossbar_histogram_size(simulation->format) * sizeof(uint64_t));
}
