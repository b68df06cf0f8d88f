#include "nn/conv_panels.h"

#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/conv_lay.h"
#include "nn/conv_panels_gradient.h"
#include "nn/conv_panels_plan.h"
#include "nn/conv_winograd.h"
#include "nn/kernels.h"
#include "nn/panels.h"
#include "nn/scratch.h"

enum {
    FORWARD_BYTES = 512 << 10, /* of the input codes of a group: they stay in the L2 cache */
    GROUP_PIXELS = 2048,       /* of a group in the backward pass: enough that sums over it outweigh
                                * making them integers */
    GROUP_SAMPLES = 128,       /* at most */
    WEIGHT_BYTES = 160 << 10   /* of a panel of weights that stays in the L2 cache */
};

#define OUT_OF_REACH SIZE_MAX

static const float no_bias[PANEL_BLOCKS * PANEL_WIDTH];

/* ---- sizes and memory ---- */

static struct plane plane_of(const struct tensor *tensor)
{
    return (struct plane){(size_t)tensor->height, (size_t)tensor->width,
                          tensor->channel_stride / PANEL_WIDTH, (size_t)tensor->channels};
}

/* Elements of the panels of n samples. */
static size_t panel_elements(struct plane plane, size_t n)
{
    return plane.panels * pixels_of(plane) * n * PANEL_WIDTH;
}

/* About `n` samples, whole tiles of rows, at most `capacity`. */
static size_t group_of(size_t n, size_t capacity)
{
    const size_t rows = panel_kernels()->rows;
    n = n < GROUP_SAMPLES ? n : GROUP_SAMPLES;
    n = n < rows ? rows : n / rows * rows;
    return n < capacity || capacity == 0 ? n : capacity;
}

/* Weights, padded to whole panels. */
static size_t sum_count(const struct conv_panels *t)
{
    return t->in.panels * t->out.panels * t->taps * PANEL_SQUARE;
}

/* Of the scratch memory of a backward pass, behind the sums. */
static size_t backward_bytes(const struct conv_panels *t)
{
    if (t->winograd)
        return conv_winograd_bytes(t);
    return (panel_elements(t->in, t->backward_group) + panel_elements(t->out, t->backward_group)) *
           sizeof(float);
}

/* The output pixels of one axis that read input pixel i, by taps; OUT_OF_REACH where none does. */
static void find_readers(const struct conv_panels *t, size_t i, size_t length, size_t *reader)
{
    for (size_t u = 0; u < t->kernel; u++) {
        const size_t place = i + t->padding - u;
        const bool whole = t->step == 1 || place % t->step == 0;
        reader[u] = whole && place / t->step < length ? place / t->step : OUT_OF_REACH;
    }
}

/* Sizes. */
static void plan(struct conv_panels *t, const struct op *op)
{
    t->kernel = (size_t)op->kernel;
    t->taps = t->kernel * t->kernel;
    t->step = (size_t)op->step;
    t->padding = (size_t)op->padding;
    t->in = plane_of(op->in);
    t->out = plane_of(op->out);
    if (conv_lay_gathers(op))
        conv_lay_plan(t, op);
    t->winograd = conv_winograd_suits(t);
}

struct conv_panels *conv_panels_create(const struct op *op)
{
    struct conv_panels *t = MEM_NEW(struct conv_panels, 1);
    plan(t, op);
    t->forward_group =
        group_of(FORWARD_BYTES / (panel_elements(t->in, 1) * sizeof(int16_t)), op->capacity);
    t->backward_group = group_of(GROUP_PIXELS / pixels_of(t->out), op->capacity);
    const size_t weights = sum_count(t);
    t->forward = MEM_NEW(float, weights);
    t->backward = MEM_NEW(float, op->in->gradient ? weights : 0);
    t->tap = MEM_NEW(struct panel_tap, t->taps);
    t->row_reader = MEM_NEW(size_t, t->in.height * t->kernel);
    t->column_reader = MEM_NEW(size_t, t->in.width * t->kernel);
    for (size_t y = 0; y < t->in.height; y++)
        find_readers(t, y, t->out.height, t->row_reader + y * t->kernel);
    for (size_t x = 0; x < t->in.width; x++)
        find_readers(t, x, t->out.width, t->column_reader + x * t->kernel);
    t->acc = MEM_NEW(float, PANEL_BLOCKS * t->taps * PANEL_SQUARE);
    scratch_reserve(op->scratch, panel_elements(t->in, t->forward_group) * sizeof(float));
    scratch_reserve(op->scratch, weights * sizeof(int64_t) + backward_bytes(t));
    return t;
}

void conv_panels_destroy(struct conv_panels *t)
{
    mem_free(t->forward);
    mem_free(t->backward);
    mem_free(t->tap);
    conv_lay_release(t);
    mem_free(t->row_reader);
    mem_free(t->column_reader);
    mem_free(t->acc);
    mem_free(t);
}

/* ---- weights ---- */

/* Inside [out / 16, taps, in / 2, 16, 2] or, for floats, [out / 16, taps, in, 16]. */
static size_t forward_place(const struct conv_panels *t, size_t j, size_t k, size_t tap)
{
    return ((j / PANEL_WIDTH * t->taps + tap) * t->in.panels + k / PANEL_WIDTH) * PANEL_SQUARE;
}

/* One output's weights of a panel of inputs, [k, taps], go to every tap's square. */
static void pack_codes(const struct conv_panels *t, const struct op *op)
{
    const int16_t *from = op->params->code + op->params->tensor[op->weight].offset;
    int16_t *packed = t->forward;
    for (size_t j = 0; j < t->out.channels; j++)
        for (size_t k = 0; k < t->in.channels; k++, from += t->taps) {
            const size_t e = k % PANEL_WIDTH;
            int16_t *to = packed + forward_place(t, j, k, 0) + e / 2 * 2 * PANEL_WIDTH +
                          j % PANEL_WIDTH * 2 + e % 2;
            for (size_t tap = 0; tap < t->taps; tap++)
                to[tap * t->in.panels * PANEL_SQUARE] = from[tap];
        }
}

static void pack_floats(const struct conv_panels *t, const struct op *op)
{
    const float *from = op->params->quantised + op->params->tensor[op->weight].offset;
    float *packed = t->forward;
    for (size_t j = 0; j < t->out.channels; j++)
        for (size_t k = 0; k < t->in.channels; k++, from += t->taps) {
            float *to = packed + forward_place(t, j, k, 0) + k % PANEL_WIDTH * PANEL_WIDTH +
                        j % PANEL_WIDTH;
            for (size_t tap = 0; tap < t->taps; tap++)
                to[tap * t->in.panels * PANEL_SQUARE] = from[tap];
        }
}

static void pack_backward(const struct conv_panels *t, const struct op *op)
{
    const float *from = op->params->quantised + op->params->tensor[op->weight].offset;
    const size_t depth = t->out.panels * PANEL_WIDTH;
    for (size_t j = 0; j < t->out.channels; j++)
        for (size_t k = 0; k < t->in.channels; k++, from += t->taps) {
            float *to = t->backward + (k / PANEL_WIDTH * t->taps * depth + j) * PANEL_WIDTH +
                        k % PANEL_WIDTH;
            for (size_t tap = 0; tap < t->taps; tap++)
                to[tap * depth * PANEL_WIDTH] = from[tap];
        }
}

void conv_panels_prepare(struct conv_panels *t, const struct op *op, const struct pass *pass)
{
    if (pass->quantise != t->holds_codes) /* what fills up the panels is 0 in either kind */
        memset(t->forward, 0, sum_count(t) * sizeof(float));
    t->holds_codes = pass->quantise;
    if (pass->quantise)
        pack_codes(t, op);
    else
        pack_floats(t, op);
    if (op->in->gradient)
        pack_backward(t, op);
}

/* ---- taps of a pixel ---- */

/* Those that output pixel (y, x) reads, of n samples. */
static size_t taps_of_output(const struct conv_panels *t, size_t y, size_t x, size_t n)
{
    size_t taps = 0;
    for (size_t u = 0; u < t->kernel; u++) {
        const size_t row = y * t->step + u - t->padding;
        for (size_t v = 0; row < t->in.height && v < t->kernel; v++) { /* unsigned: not negative */
            const size_t column = x * t->step + v - t->padding;
            if (column < t->in.width)
                t->tap[taps++] =
                    (struct panel_tap){(row * t->in.width + column) * n * PANEL_WIDTH,
                                       (u * t->kernel + v) * t->in.panels * PANEL_SQUARE};
        }
    }
    return taps;
}

/* Those with which output pixels read input pixel (y, x). */
static size_t taps_of_input(const struct conv_panels *t, size_t y, size_t x, size_t n)
{
    const size_t *row = t->row_reader + y * t->kernel, *column = t->column_reader + x * t->kernel;
    size_t taps = 0;
    for (size_t u = 0; u < t->kernel; u++)
        for (size_t v = 0; row[u] != OUT_OF_REACH && v < t->kernel; v++)
            if (column[v] != OUT_OF_REACH)
                t->tap[taps++] =
                    (struct panel_tap){(row[u] * t->out.width + column[v]) * n * PANEL_WIDTH,
                                       (u * t->kernel + v) * t->out.panels * PANEL_SQUARE};
    return taps;
}

/* ---- products ---- */

/* Pixel (y, x) of n samples from `first` in one tensor, a product over the panels of another. */
static struct panel_product make_product(const struct conv_panels *t, struct plane from,
                                         const struct tensor *to, size_t n)
{
    return (struct panel_product){.tap = t->tap,
                                  .panels = from.panels,
                                  .terms = terms_of(from),
                                  .a_panel = pixels_of(from) * n * PANEL_WIDTH,
                                  .b_block = t->taps * from.panels * PANEL_SQUARE,
                                  .rows = n,
                                  .y_row = to->stride};
}

static int32_t multiply_codes(const struct conv_panels *t, const struct op *op, const int16_t *a,
                              size_t first, size_t n, float scale, const float *bias)
{
    struct panel_product product = make_product(t, t->in, op->out, n);
    int32_t max = 0;
    for (size_t j = 0; j < t->out.panels; j += product.blocks) {
        const int16_t *b = (const int16_t *)t->forward + j * product.b_block;
        product.blocks = smaller(panel_kernels()->blocks, t->out.panels - j);
        product.columns = columns_of(t->out, j + product.blocks);
        for (size_t y = 0; y < t->out.height; y++)
            for (size_t x = 0; x < t->out.width; x++) {
                float *to = op->out->value + tensor_at(op->out, first, (int)y, (int)x);
                product.taps = taps_of_output(t, y, x, n);
                const int32_t bits = panel_kernels()->code_product(
                    to + j * PANEL_WIDTH, a, b, &product, scale, bias + j * PANEL_WIDTH);
                max = bits > max ? bits : max;
            }
    }
    return max;
}

/* A float product from one image to another; `bias` for each of its channels, or NULL. */
struct float_job {
    struct plane from, image;
    const struct tensor *to;
    float *y;
    const float *a, *b, *bias;
    size_t (*find_taps)(const struct conv_panels *, size_t y, size_t x, size_t n);
    bool adds;
};

/* The depth in parts whose weights stay in the cache. */
static void multiply_floats(const struct conv_panels *t, const struct float_job *job, size_t first,
                            size_t n)
{
    struct panel_product product = make_product(t, job->from, job->to, n);
    const size_t part =
        WEIGHT_BYTES / (panel_kernels()->blocks * t->taps * PANEL_SQUARE * sizeof(float));
    for (size_t p = 0; p < job->from.panels; p += product.panels) {
        product.panels = smaller(part > 0 ? part : 1, job->from.panels - p);
        product.terms = p + product.panels == job->from.panels ? terms_of(job->from) : PANEL_WIDTH;
        for (size_t k = 0; k < job->image.panels; k += product.blocks) {
            const float *bias = job->bias ? job->bias + k * PANEL_WIDTH : no_bias;
            const float *b = job->b + k * product.b_block + p * PANEL_SQUARE;
            product.blocks = smaller(panel_kernels()->blocks, job->image.panels - k);
            product.columns = columns_of(job->image, k + product.blocks);
            for (size_t y = 0; y < job->image.height; y++)
                for (size_t x = 0; x < job->image.width; x++) {
                    float *to = job->y + tensor_at(job->to, first, (int)y, (int)x);
                    product.taps = job->find_taps(t, y, x, n);
                    panel_kernels()->float_product(to + k * PANEL_WIDTH,
                                                   job->a + p * product.a_panel, b, &product, bias,
                                                   p > 0 || job->adds);
                }
        }
    }
}

void conv_panels_forward(struct conv_panels *t, const struct op *op, const struct pass *pass,
                         const float *bias)
{
    const float scale = fixed_point_step(op->in->exponent, pass->bits) *
                        fixed_point_step(op->params->tensor[op->weight].exponent, pass->bits);
    const struct float_job job = {
        t->in,      t->out, op->out,        op->out->value, op->scratch->block,
        t->forward, bias,   taps_of_output, false};
    op->out->max_bits = 0;
    for (size_t first = 0; first < pass->samples; first += t->forward_group) {
        const size_t n = smaller(pass->samples - first, t->forward_group);
        if (!pass->quantise) {
            conv_lay_values(t, op, op->scratch->block, first, n);
            multiply_floats(t, &job, first, n);
            continue;
        }
        conv_lay_codes(t, op, op->scratch->block, first, n);
        const int32_t bits = multiply_codes(t, op, op->scratch->block, first, n, scale, bias);
        op->out->max_bits = bits > op->out->max_bits ? bits : op->out->max_bits;
    }
    if (!pass->quantise)
        op->out->max_bits = fixed_point_max_bits(op->out->value, pass->samples * op->out->stride);
}

/* Group after group of samples of one shard. */
static bool backward_by_groups(struct conv_panels *t, const struct op *op, const struct pass *pass,
                               float *block)
{
    float *x = block, *dy = x + panel_elements(t->in, t->backward_group);
    const struct float_job job = {t->out,      t->in, op->in,        op->in->gradient, dy,
                                  t->backward, NULL,  taps_of_input, op->adds_to_in};
    const double step = pass->quantise ? (double)fixed_point_step(op->in->exponent, pass->bits) : 1;
    bool fits = true, is_first = true;
    for (size_t s = 0; s < pass->shards; s++)
        for (size_t first = pass->begin[s], n; first < pass->begin[s + 1]; first += n) {
            n = smaller(pass->begin[s + 1] - first, t->backward_group);
            if (pass->quantise)
                conv_lay_wide_codes(t, op, x, first, n);
            else
                conv_lay_values(t, op, x, first, n);
            conv_lay_gradients(t, op, dy, first, n);
            fits = conv_panels_weight_gradient(
                       t, x, dy, n, step * (double)((int64_t)1 << NN_SUM_EXPONENT), is_first) &&
                   fits;
            is_first = false;
            if (op->in->gradient)
                multiply_floats(t, &job, first, n);
        }
    return fits;
}

bool conv_panels_backward(struct conv_panels *t, const struct op *op, const struct pass *pass)
{
    t->sum = op->scratch->block;
    float *block = (float *)(void *)(t->sum + sum_count(t));
    if (pass->samples == 0)
        memset(t->sum, 0, sum_count(t) * sizeof *t->sum);
    const bool fits = t->winograd ? conv_winograd_backward(t, op, pass, block)
                                  : backward_by_groups(t, op, pass, block);
    conv_panels_collect_sums(t, op);
    return fits;
}
