#include "nn/conv_winograd.h"

#include <string.h>

#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/winograd.h"

enum {
    TAPS = 9,
    STRIP_BYTES = 512 << 10, /* of the transformed tiles that are multiplied at once … */
    STRIP_TILES = 96,        /* … but at least so many tiles: they pay for fetching weights */
    STRIP_TILES_MOST = 256,
    WEIGHT_BYTES = 12 << 20 /* of the transformed weights, or their gradients, at once */
};

/* ---- sizes ---- */

struct tiles {
    size_t rows, columns;
};

static struct tiles tiles_of(struct plane plane)
{
    return (struct tiles){(plane.height + WINOGRAD_TILE - 1) / WINOGRAD_TILE,
                          (plane.width + WINOGRAD_TILE - 1) / WINOGRAD_TILE};
}

/* Pairs of an output and an input pixel along one axis, which direct convolution multiplies. */
static size_t pairs_of(const struct conv_panels *t, size_t in, size_t out)
{
    size_t pairs = 0;
    for (size_t i = 0; i < out; i++)
        for (size_t u = 0; u < t->kernel; u++)
            pairs += i + u - t->padding < in; /* unsigned: not negative either */
    return pairs;
}

bool conv_winograd_suits(const struct conv_panels *t)
{
    if (t->kernel != 3 || t->step != 1 || t->padding > 2 || t->in.channels < PANEL_WIDTH ||
        t->out.channels < PANEL_WIDTH)
        return false;
    const struct tiles in = tiles_of(t->in), out = tiles_of(t->out);
    const size_t larger = in.rows * in.columns > out.rows * out.columns ? in.rows * in.columns
                                                                        : out.rows * out.columns;
    const size_t direct =
        pairs_of(t, t->in.height, t->out.height) * pairs_of(t, t->in.width, t->out.width);
    return 2 * WINOGRAD_POSITIONS * larger <= direct; /* the other half pays for the transforms */
}

/* Of a strip; the same whatever the number of samples. */
static size_t strip_tiles(const struct conv_panels *t)
{
    const size_t tile =
        WINOGRAD_POSITIONS * (t->in.panels + t->out.panels) * PANEL_WIDTH * sizeof(float);
    const size_t n = STRIP_BYTES / tile;
    return n < STRIP_TILES ? STRIP_TILES : n < STRIP_TILES_MOST ? n : STRIP_TILES_MOST;
}

/* Panels of inputs whose weights are transformed at once. */
static size_t weight_panels(const struct conv_panels *t)
{
    const size_t n =
        WEIGHT_BYTES / (WINOGRAD_POSITIONS * t->out.panels * PANEL_SQUARE * sizeof(float));
    return smaller(n > 0 ? n : 1, t->in.panels);
}

/* Between positions of transformed tiles: a line more, so that they do not fall on each other in
 * the cache. */
static size_t position_of(size_t panels, size_t tiles)
{
    return (panels * tiles + 1) * PANEL_WIDTH;
}

/* Elements of the parts of the scratch memory. */
struct parts {
    size_t inputs, outputs, weights; /* transformed tiles of either side; weights */
};

static struct parts parts_of(const struct conv_panels *t)
{
    const size_t tiles = strip_tiles(t);
    return (struct parts){WINOGRAD_POSITIONS * position_of(t->in.panels, tiles),
                          WINOGRAD_POSITIONS * position_of(t->out.panels, tiles),
                          WINOGRAD_POSITIONS * weight_panels(t) * t->out.panels * PANEL_SQUARE};
}

size_t conv_winograd_bytes(const struct conv_panels *t)
{
    const struct parts parts = parts_of(t);
    return (parts.inputs + parts.outputs + parts.weights + TAPS * PANEL_SQUARE) * sizeof(float);
}

/* ---- a job ---- */

struct job {
    const struct conv_panels *t;
    const struct op *op;
    const struct winograd_kernels *kernels;
    bool quantise;
    float *inputs, *outputs, *weights, *taps; /* scratch; taps [9, 16, 16] */
    size_t first, panels;                     /* those of the inputs that are worked on */
};

/* Some tiles of some samples, `first` counted from the first sample's first. */
struct strip {
    size_t first, n;
};

/* Calls work for strips of all tiles of samples [begin, end). */
static void for_strips(const struct job *job, struct plane plane, size_t begin, size_t end,
                       void (*work)(const struct job *, struct strip))
{
    const struct tiles tiles = tiles_of(plane);
    const size_t last = end * tiles.rows * tiles.columns, most = strip_tiles(job->t);
    for (size_t first = begin * tiles.rows * tiles.columns, n; first < last; first += n) {
        n = smaller(last - first, most);
        work(job, (struct strip){first, n});
    }
}

/* A tile's sample and the pixel where it begins. */
struct corner {
    size_t sample;
    int y, x;
};

static struct corner corner_of(struct plane plane, size_t tile)
{
    const struct tiles tiles = tiles_of(plane);
    const size_t of_sample = tile % (tiles.rows * tiles.columns);
    return (struct corner){tile / (tiles.rows * tiles.columns),
                           (int)(of_sample / tiles.columns * WINOGRAD_TILE),
                           (int)(of_sample % tiles.columns * WINOGRAD_TILE)};
}

/* ---- tiles of a tensor ---- */

/* Whether `size` x `size` pixels lie inside the tensor and its border of zeros. */
static bool lies_inside(const struct tensor *tensor, struct corner corner, int size)
{
    return corner.y >= -tensor->border && corner.x >= -tensor->border &&
           corner.y + size <= tensor->height + tensor->border &&
           corner.x + size <= tensor->width + tensor->border;
}

/* Copies one panel of them, zeros where they lie outside, to [6, 6, 16] of elements of `bytes`. */
static void copy_window(void *to, const void *from, size_t bytes, const struct tensor *tensor,
                        struct corner corner, int size)
{
    memset(to, 0, WINOGRAD_POSITIONS * PANEL_WIDTH * bytes);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            const int row = corner.y + y, column = corner.x + x;
            if (row < 0 || row >= tensor->height || column < 0 || column >= tensor->width)
                continue;
            memcpy((char *)to + (size_t)(y * WINOGRAD_WINDOW + x) * PANEL_WIDTH * bytes,
                   (const char *)from + tensor_at(tensor, corner.sample, row, column) * bytes,
                   PANEL_WIDTH * bytes);
        }
}

static const struct winograd_pixels in_copy = {WINOGRAD_WINDOW * PANEL_WIDTH, PANEL_WIDTH};

typedef void transform_floats(float *v, struct winograd_place place, const float *d,
                              struct winograd_pixels from, size_t panels);

/* `panels` panels of `size` x `size` pixels of floats of a tensor, transformed. */
static void put_floats(transform_floats *transform, float *v, struct winograd_place place,
                       const struct tensor *tensor, const float *values, struct corner corner,
                       int size, size_t panels)
{
    const struct winograd_pixels pixels = {tensor->row, tensor->channel_stride};
    if (lies_inside(tensor, corner, size)) {
        transform(v, place, values + tensor_at(tensor, corner.sample, corner.y, corner.x), pixels,
                  panels);
        return;
    }
    for (size_t p = 0; p < panels; p++) {
        float copy[WINOGRAD_POSITIONS * PANEL_WIDTH];
        copy_window(copy, values + p * PANEL_WIDTH, sizeof *copy, tensor, corner, size);
        transform(v + p * place.panel, place, copy, in_copy, 1);
    }
}

static void put_codes(const struct job *job, float *v, struct winograd_place place,
                      const struct tensor *tensor, const int16_t *codes, struct corner corner)
{
    const struct winograd_pixels pixels = {tensor->row, tensor->channel_stride};
    if (lies_inside(tensor, corner, WINOGRAD_WINDOW)) {
        job->kernels->window_of_codes(v, place,
                                      codes + tensor_at(tensor, corner.sample, corner.y, corner.x),
                                      pixels, job->panels);
        return;
    }
    for (size_t p = 0; p < job->panels; p++) {
        int16_t copy[WINOGRAD_POSITIONS * PANEL_WIDTH];
        copy_window(copy, codes + p * PANEL_WIDTH, sizeof *copy, tensor, corner, WINOGRAD_WINDOW);
        job->kernels->window_of_codes(v + p * place.panel, place, copy, in_copy, 1);
    }
}

static struct winograd_place place_of(size_t panels, size_t tiles)
{
    return (struct winograd_place){position_of(panels, tiles), tiles * PANEL_WIDTH};
}

/* ---- gradients of the weights ---- */

/* Both sides of the products of a strip. */
static void spread_strip(const struct job *job, struct strip strip)
{
    const struct conv_panels *t = job->t;
    const struct tensor *in = job->op->in, *out = job->op->out;
    const struct winograd_place x = place_of(job->panels, strip.n),
                                dy = place_of(t->out.panels, strip.n);
    const size_t channel = job->first * PANEL_WIDTH;
    for (size_t i = 0; i < strip.n; i++) {
        struct corner corner = corner_of(t->out, strip.first + i);
        put_floats(job->kernels->tile, job->outputs + i * PANEL_WIDTH, dy, out, out->gradient,
                   corner, WINOGRAD_TILE, t->out.panels);
        corner.y -= (int)t->padding;
        corner.x -= (int)t->padding;
        if (job->quantise)
            put_codes(job, job->inputs + i * PANEL_WIDTH, x, in, in->code + channel, corner);
        else
            put_floats(job->kernels->window_of_floats, job->inputs + i * PANEL_WIDTH, x, in,
                       in->value + channel, corner, WINOGRAD_WINDOW, job->panels);
    }
}

/* Adds the strip to job->weights [panels, out / 16, positions, 16, 16]. */
static void add_strip(const struct job *job, struct strip strip)
{
    const struct conv_panels *t = job->t;
    const struct winograd_place x = place_of(job->panels, strip.n),
                                dy = place_of(t->out.panels, strip.n);
    struct panel_outer outer = {.segments = 1,
                                .count = strip.n,
                                .dy_panel = dy.panel,
                                .acc_block = WINOGRAD_POSITIONS * PANEL_SQUARE};
    spread_strip(job, strip);
    for (size_t p = 0; p < WINOGRAD_POSITIONS; p++)
        for (size_t j = 0; j < t->out.panels; j += outer.blocks) {
            outer.blocks = smaller(panel_kernels()->blocks, t->out.panels - j);
            outer.columns = columns_of(t->out, j + outer.blocks);
            for (size_t k = 0; k < job->panels; k++) {
                outer.channels =
                    smaller(PANEL_WIDTH, t->in.channels - (job->first + k) * PANEL_WIDTH);
                panel_kernels()->outer_add(job->weights +
                                               ((k * t->out.panels + j) * WINOGRAD_POSITIONS + p) *
                                                   PANEL_SQUARE,
                                           job->inputs + p * x.position + k * x.panel,
                                           job->outputs + p * dy.position + j * dy.panel, &outer);
            }
        }
}

/* job->weights → integers in t->sum. False when one does not fit. */
static bool add_to_sums(const struct job *job, double unit, bool is_first)
{
    const struct conv_panels *t = job->t;
    const size_t squares = job->panels * t->out.panels;
    int64_t *sum = t->sum + job->first * t->out.panels * TAPS * PANEL_SQUARE;
    bool fits = true;
    for (size_t i = 0; i < squares; i++) {
        job->kernels->weight_gradient(job->taps, PANEL_SQUARE,
                                      job->weights + i * WINOGRAD_POSITIONS * PANEL_SQUARE,
                                      PANEL_SQUARE, PANEL_SQUARE);
        fits = !panel_kernels()->add_integers(sum + i * TAPS * PANEL_SQUARE, job->taps,
                                              TAPS * PANEL_SQUARE, unit, is_first) &&
               fits;
    }
    return fits;
}

/* Of the panels of inputs that the job is at; shard after shard. */
static bool weight_gradient(const struct job *job, const struct pass *pass, double unit)
{
    const struct conv_panels *t = job->t;
    bool fits = true, is_first = true;
    for (size_t s = 0; s < pass->shards; s++) {
        if (pass->begin[s] == pass->begin[s + 1])
            continue;
        memset(job->weights, 0,
               WINOGRAD_POSITIONS * job->panels * t->out.panels * PANEL_SQUARE * sizeof(float));
        for_strips(job, t->out, pass->begin[s], pass->begin[s + 1], add_strip);
        fits = add_to_sums(job, unit, is_first) && fits;
        is_first = false;
    }
    return fits;
}

/* ---- gradients of the inputs ---- */

/* job->weights [positions, panels, out, 16] */
static void transform_weights(const struct job *job)
{
    const struct conv_panels *t = job->t;
    const size_t panel = t->out.panels * PANEL_SQUARE;
    for (size_t k = 0; k < job->panels; k++)
        job->kernels->turned_weights(job->weights + k * panel, job->panels * panel,
                                     t->backward + (job->first + k) * TAPS * panel, panel, panel);
}

static void multiply_strip(const struct job *job, struct strip strip)
{
    static const struct panel_tap whole = {0, 0};
    static const float no_bias[PANEL_BLOCKS * PANEL_WIDTH];
    const struct conv_panels *t = job->t;
    const struct winograd_place dy = place_of(t->out.panels, strip.n);
    const size_t row = job->panels * PANEL_WIDTH, position = position_of(job->panels, strip.n);
    struct panel_product product = {.tap = &whole,
                                    .taps = 1,
                                    .panels = t->out.panels,
                                    .terms = terms_of(t->out),
                                    .a_panel = dy.panel,
                                    .b_block = t->out.panels * PANEL_SQUARE,
                                    .rows = strip.n,
                                    .y_row = row};
    for (size_t p = 0; p < WINOGRAD_POSITIONS; p++)
        for (size_t k = 0; k < job->panels; k += product.blocks) {
            product.blocks = smaller(panel_kernels()->blocks, job->panels - k);
            product.columns = columns_of(t->in, job->first + k + product.blocks);
            panel_kernels()->float_product(
                job->inputs + p * position + k * PANEL_WIDTH, job->outputs + p * dy.position,
                job->weights + (p * job->panels + k) * product.b_block, &product, no_bias, 0);
        }
}

static void input_strip(const struct job *job, struct strip strip)
{
    const struct conv_panels *t = job->t;
    const struct tensor *in = job->op->in, *out = job->op->out;
    const struct winograd_place dy = place_of(t->out.panels, strip.n);
    const struct winograd_place dx = {position_of(job->panels, strip.n), PANEL_WIDTH};
    const size_t row = job->panels * PANEL_WIDTH, channel = job->first * PANEL_WIDTH;
    const int border = 2 - (int)t->padding; /* dx[y] reads dy[y - border] to dy[y - border + 2] */
    for (size_t i = 0; i < strip.n; i++) {
        struct corner corner = corner_of(t->in, strip.first + i);
        corner.y -= border;
        corner.x -= border;
        put_floats(job->kernels->window_of_floats, job->outputs + i * PANEL_WIDTH, dy, out,
                   out->gradient, corner, WINOGRAD_WINDOW, t->out.panels);
    }
    multiply_strip(job, strip);
    for (size_t i = 0; i < strip.n; i++) {
        const struct corner corner = corner_of(t->in, strip.first + i);
        job->kernels->result(
            in->gradient + tensor_at(in, corner.sample, corner.y, corner.x) + channel,
            (struct winograd_pixels){in->row, in->channel_stride},
            smaller(WINOGRAD_TILE, t->in.height - (size_t)corner.y),
            smaller(WINOGRAD_TILE, t->in.width - (size_t)corner.x), job->inputs + i * row, dx,
            smaller(row, t->in.channels - channel), job->op->adds_to_in);
    }
}

bool conv_winograd_backward(const struct conv_panels *t, const struct op *op,
                            const struct pass *pass, float *block)
{
    const struct parts parts = parts_of(t);
    const double step = pass->quantise ? (double)fixed_point_step(op->in->exponent, pass->bits) : 1;
    struct job job = {.t = t,
                      .op = op,
                      .kernels = winograd_kernels(),
                      .quantise = pass->quantise,
                      .inputs = block,
                      .outputs = block + parts.inputs,
                      .weights = block + parts.inputs + parts.outputs};
    job.taps = job.weights + parts.weights;
    bool fits = true;
    for (size_t k = 0; k < t->in.panels; k += job.panels) {
        job.first = k;
        job.panels = smaller(weight_panels(t), t->in.panels - k);
        fits = weight_gradient(&job, pass, step * (double)((int64_t)1 << NN_SUM_EXPONENT)) && fits;
        if (!op->in->gradient)
            continue;
        transform_weights(&job);
        for_strips(&job, t->in, 0, pass->samples, input_strip);
    }
    return fits;
}
