#include "run/simulate.h"

#include <stdio.h>

#include "base/comm.h"
#include "base/mem.h"

static void map_layer(struct simulated_layer *layer, const struct network *net, int index,
                      struct crossbar_format format)
{
    const struct op *op = &net->op[index];
    const struct parameter *weight = &net->params.tensor[op->weight];
    const size_t outputs = weight->shape[0];
    snprintf(layer->name, sizeof layer->name, "%s", op->name);
    layer->op = index;
    layer->passes = op->in->is_signed ? 2 : 1;
    layer->histogram = MEM_NEW(uint64_t, crossbar_histogram_size(format));
    crossbar_map(&layer->crossbar, format, net->params.code + weight->offset, outputs,
                 weight->count / outputs);
}

void simulation_create(struct simulation *simulation, const struct network *net,
                       struct crossbar_format format)
{
    *simulation = (struct simulation){.format = format,
                                      .layer = MEM_NEW(struct simulated_layer, net->op_count)};
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class == &op_linear)
            map_layer(&simulation->layer[simulation->layers++], net, i, format);
}

void simulation_destroy(struct simulation *simulation)
{
    for (int l = 0; l < simulation->layers; l++) {
        crossbar_free(&simulation->layer[l].crossbar);
        mem_free(simulation->layer[l].histogram);
    }
    mem_free(simulation->layer);
    *simulation = (struct simulation){0};
}

void simulation_observe(void *context, const struct network *net, const struct pass *pass)
{
    struct simulation *simulation = context;
    for (int l = 0; l < simulation->layers; l++) {
        struct simulated_layer *layer = &simulation->layer[l];
        const struct tensor *in = net->op[layer->op].in;
        crossbar_add_currents(&layer->crossbar, in->code, pass->samples, in->stride, layer->passes,
                              0, layer->crossbar.row_tiles, layer->histogram);
    }
}

void simulation_reduce(struct simulation *simulation)
{
    for (int l = 0; l < simulation->layers; l++)
        comm_sum_i64((int64_t *)simulation->layer[l].histogram,
                     crossbar_histogram_size(simulation->format));
}
