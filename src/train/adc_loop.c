#include "train/adc_loop.h"

#include <stdbool.h>

#include "base/mem.h"
#include "hw/clip_error.h"
#include "nn/matrix_op.h"
#include "settings/adc_settings.h"
#include "settings/crossbar_settings.h"

/* Input vectors that are gathered at once, about. */
enum { VECTORS_AT_ONCE = 256 };

struct loop_layer {
    const struct op *op; /* not owned */
    struct readout readout;
    bool is_clipped;          /* of a form that `clip` has; else all is simulated */
    bool is_mapped;           /* `crossbar` holds weights */
    struct clip_error clip;   /* owned */
    struct crossbar crossbar; /* owned */
    int passes;
    size_t samples;      /* gathered at once */
    int16_t *vector;     /* [samples, pixels, inputs] owned */
    int64_t *sum, *lost; /* [samples, pixels, outputs] owned */
};

struct adc_loop {
    struct crossbar_format format;
    struct multiplier multiplier;
    size_t layers;
    struct loop_layer *layer; /* [layers] owned */
    int *layer_of;            /* [operations] number of its layer; owned */
};

/* ---- memory ---- */

static void create_layer(struct adc_loop *loop, struct loop_layer *layer, const struct op *op,
                         const struct readout *readout)
{
    const size_t pixels = matrix_op_pixels(op), outputs = matrix_op_outputs(op);
    const size_t inputs = matrix_op_inputs(op);
    *layer =
        (struct loop_layer){.op = op,
                            .readout = *readout,
                            .is_clipped = clip_error_suits(readout),
                            .passes = op->in->is_signed ? 2 : 1,
                            .samples = VECTORS_AT_ONCE / pixels > 0 ? VECTORS_AT_ONCE / pixels : 1};
    layer->vector = MEM_NEW(int16_t, layer->samples * pixels * inputs);
    layer->sum = MEM_NEW(int64_t, layer->samples * pixels * outputs);
    layer->lost = MEM_NEW(int64_t, layer->samples * pixels * outputs);
    if (layer->is_clipped)
        clip_error_create(&layer->clip, loop->format, readout, outputs, inputs);
}

static bool forward(void *context, struct op *op, const struct pass *pass);
static void prepare(void *context, struct op *op, const struct pass *pass);

struct adc_loop *adc_loop_create(const struct settings *s, const struct network *net)
{
    if (!adc_settings_are_on(s))
        return NULL;
    struct adc_loop *loop = MEM_NEW(struct adc_loop, 1);
    *loop = (struct adc_loop){.format = settings_crossbar_format(s),
                              .layer = MEM_NEW(struct loop_layer, net->op_count),
                              .layer_of = MEM_NEW(int, net->op_count)};
    loop->multiplier = (struct multiplier){.forward = forward, .prepare = prepare, .context = loop};
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        if (!op->class->gather_codes)
            continue;
        const struct readout readout = adc_settings_readout(s, loop->layers);
        loop->layer_of[i] = (int)loop->layers;
        create_layer(loop, &loop->layer[loop->layers++], op, &readout);
    }
    return loop;
}

static void forget_weights(struct loop_layer *layer)
{
    if (layer->is_mapped)
        crossbar_free(&layer->crossbar);
    layer->is_mapped = false;
}

void adc_loop_destroy(struct adc_loop *loop)
{
    if (!loop)
        return;
    for (size_t l = 0; l < loop->layers; l++) {
        struct loop_layer *layer = &loop->layer[l];
        forget_weights(layer);
        if (layer->is_clipped)
            clip_error_destroy(&layer->clip);
        mem_free(layer->vector);
        mem_free(layer->sum);
        mem_free(layer->lost);
    }
    mem_free(loop->layer);
    mem_free(loop->layer_of);
    mem_free(loop);
}

const struct multiplier *adc_loop_multiplier(const struct adc_loop *loop)
{
    return loop ? &loop->multiplier : NULL;
}

/* ---- weights ---- */

static struct loop_layer *layer_of(struct adc_loop *loop, const struct op *op)
{
    return &loop->layer[loop->layer_of[op->number]];
}

static void map_crossbar(const struct adc_loop *loop, struct loop_layer *layer)
{
    const struct op *op = layer->op;
    readout_map(&layer->crossbar, loop->format, layer->readout.signs, matrix_op_codes(op),
                matrix_op_outputs(op), matrix_op_inputs(op));
    layer->is_mapped = true;
}

static void prepare(void *context, struct op *op, const struct pass *pass)
{
    struct adc_loop *loop = context;
    struct loop_layer *layer = layer_of(loop, op);
    (void)pass;
    forget_weights(layer);
    if (layer->is_clipped)
        clip_error_map(&layer->clip, matrix_op_codes(op));
    else
        map_crossbar(loop, layer);
}

size_t adc_loop_busy_layers(const struct adc_loop *loop)
{
    size_t busy = 0;
    for (size_t l = 0; l < loop->layers; l++)
        busy += !loop->layer[l].is_clipped || clip_error_columns(&loop->layer[l].clip) > 0;
    return busy;
}

/* ---- forward ---- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* All of it on crossbars. */
static void simulate(const struct adc_loop *loop, struct loop_layer *layer, struct op *op,
                     const struct pass *pass)
{
    const size_t pixels = matrix_op_pixels(op), inputs = matrix_op_inputs(op);
    int32_t max = 0;
    if (!layer->is_mapped)
        map_crossbar(loop, layer);
    for (size_t done = 0, n; done < pass->samples; done += n) {
        n = smaller(layer->samples, pass->samples - done);
        matrix_op_gather(op, done, n, layer->vector);
        readout_multiply(&layer->crossbar, &layer->readout, layer->vector, n * pixels, inputs,
                         layer->passes, layer->sum);
        const int32_t bits = matrix_op_put(op, pass, done, n, layer->sum);
        max = bits > max ? bits : max;
    }
    op->out->max_bits = max;
}

/* From the values of the exact product, which are there already. */
static void subtract_lost(struct loop_layer *layer, struct op *op, const struct pass *pass)
{
    const size_t pixels = matrix_op_pixels(op), inputs = matrix_op_inputs(op);
    const size_t outputs = matrix_op_outputs(op);
    int32_t max = 0;
    for (size_t done = 0, n; done < pass->samples; done += n) {
        n = smaller(layer->samples, pass->samples - done);
        matrix_op_gather(op, done, n, layer->vector);
        clip_error_multiply(&layer->clip, layer->vector, n * pixels, inputs, layer->passes,
                            layer->lost);
        matrix_op_take(op, pass, done, n, layer->sum);
        for (size_t i = 0; i < n * pixels * outputs; i++)
            layer->sum[i] -= layer->lost[i];
        const int32_t bits = matrix_op_put(op, pass, done, n, layer->sum);
        max = bits > max ? bits : max;
    }
    op->out->max_bits = max;
}

static bool forward(void *context, struct op *op, const struct pass *pass)
{
    struct adc_loop *loop = context;
    struct loop_layer *layer = layer_of(loop, op);
    if (!layer->is_clipped) {
        simulate(loop, layer, op, pass);
        return true;
    }
    if (!op->class->forward(op, pass))
        return false;
    if (clip_error_columns(&layer->clip) == 0)
        return true;
    if (matrix_op_is_countable(op, pass))
        subtract_lost(layer, op, pass);
    else
        simulate(loop, layer, op, pass);
    return true;
}
