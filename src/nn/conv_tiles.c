#include "nn/conv_tiles.h"

#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/scratch.h"
#include "nn/tiles.h"

/* A group has about so many positions: enough that sums over it outweigh making them integers, few
 * enough that its pixels stay in the second-level cache. */
enum { GROUP_PIXELS = 512 };

struct conv_tiles {
    size_t kernel, in, out; /* channel strides */
    size_t pitch, sample;   /* pixels of a row, of a sample */
    size_t reach;           /* pixels from the first tap to the last */
    size_t before;          /* zero pixels in front of the first gradient */
    size_t group;           /* samples at once */
    size_t pixels;          /* of a line: positions of a full group and the reach, whole tiles */
    size_t x_chunks, dy_chunks; /* tiles along a kernel row: kernel x in, kernel x out */
    uint16_t *by_tap;           /* [kernel, out, x_chunks * 32] one kernel row: [column, in] */
    uint16_t *forward;          /* right operand: [out / 16, kernel * x_chunks] tiles */
    uint16_t *backward;         /* right operand: [in / 16, kernel * dy_chunks] tiles, turned */
    uint16_t *row;              /* one output's weights */
    size_t *strip;              /* [in / 16 * taps] see struct tile_outer */
};

/* ---- sizes and memory ---- */

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* A row of the transposed line: not a multiple of 4 KiB, where rows would share cache sets. */
static size_t transposed_row(const struct conv_tiles *t)
{
    return round_up(t->pixels, TILE_DEPTH) + TILE_DEPTH;
}

/* Elements of a line: the last tile of a kernel row reads up to a tile beyond. */
static size_t line_elements(const struct conv_tiles *t, size_t channels)
{
    return t->pixels * channels + 2 * TILE_DEPTH;
}

/* Parts of the scratch block, one after the other. */
struct lines {
    uint16_t *x;          /* [pixels, in] */
    uint16_t *transposed; /* [in, transposed_row] */
    uint16_t *dy;         /* [TILE_PLANES, pixels, out] */
    uint16_t *pairs;      /* [out / 16, TILE_PLANES, positions / 2, 16, 2] */
    void *sums;           /* [positions, out or in] int32 or float */
    int64_t *weight_sum;  /* [in / 16, taps, out / 16, 16, 16] */
    size_t bytes;
};

static size_t positions(const struct conv_tiles *t, size_t samples)
{
    return round_up(samples * t->sample, TILE_ROWS);
}

static size_t weight_count(const struct conv_tiles *t)
{
    return t->in * t->kernel * t->kernel * t->out;
}

static size_t claim(size_t *used, size_t bytes)
{
    const size_t at = *used;
    *used += round_up(bytes, MEM_ALIGNMENT);
    return at;
}

static struct lines lines_in(const struct conv_tiles *t, char *block)
{
    const size_t count = positions(t, t->group), wider = t->in > t->out ? t->in : t->out;
    size_t used = 0;
    const size_t x = claim(&used, line_elements(t, t->in) * sizeof(uint16_t));
    const size_t sums = claim(&used, count * wider * sizeof(float));
    const size_t dy = claim(&used, TILE_PLANES * line_elements(t, t->out) * sizeof(uint16_t));
    const size_t pairs = claim(&used, TILE_PLANES * count * t->out * sizeof(uint16_t));
    const size_t transposed = claim(&used, t->in * transposed_row(t) * sizeof(uint16_t));
    const size_t weight_sum = claim(&used, weight_count(t) * sizeof(int64_t));
    return (struct lines){.x = (uint16_t *)(block + x),
                          .transposed = (uint16_t *)(block + transposed),
                          .dy = (uint16_t *)(block + dy),
                          .pairs = (uint16_t *)(block + pairs),
                          .sums = block + sums,
                          .weight_sum = (int64_t *)(void *)(block + weight_sum),
                          .bytes = used};
}

bool conv_tiles_suit(const struct op *op)
{
    return tile_kernels() && op->padding < op->kernel;
}

static void set_strips(struct conv_tiles *t)
{
    size_t strip = 0;
    for (size_t block = 0; block < t->in / TILE_SIDE; block++)
        for (size_t u = 0; u < t->kernel; u++)
            for (size_t v = 0; v < t->kernel; v++)
                t->strip[strip++] = block * TILE_SIDE * transposed_row(t) + u * t->pitch + v;
}

struct conv_tiles *conv_tiles_create(const struct op *op)
{
    struct conv_tiles *t = MEM_NEW(struct conv_tiles, 1);
    const size_t padding = (size_t)op->padding, kernel = (size_t)op->kernel, taps = kernel * kernel;
    t->kernel = kernel;
    t->in = op->in->channel_stride;
    t->out = op->out->channel_stride;
    t->pitch = (size_t)op->in->width + padding;
    t->sample = ((size_t)op->in->height + padding) * t->pitch;
    t->reach = (kernel - 1) * (t->pitch + 1);
    t->before = (kernel - 1 - padding) * (t->pitch + 1);
    t->group = t->sample < GROUP_PIXELS ? GROUP_PIXELS / t->sample : 1;
    t->group = t->group < op->capacity || op->capacity == 0 ? t->group : op->capacity;
    t->pixels = round_up(positions(t, t->group) + t->reach, TILE_DEPTH);
    t->x_chunks = round_up(kernel * t->in, TILE_DEPTH) / TILE_DEPTH;
    t->dy_chunks = round_up(kernel * t->out, TILE_DEPTH) / TILE_DEPTH;
    t->by_tap = MEM_NEW(uint16_t, kernel * t->out * t->x_chunks * TILE_DEPTH);
    t->forward = MEM_NEW(uint16_t, t->out / TILE_SIDE * kernel * t->x_chunks * TILE_NUMBERS);
    t->backward = MEM_NEW(uint16_t, t->in / TILE_SIDE * kernel * t->dy_chunks * TILE_NUMBERS);
    t->row = MEM_NEW(uint16_t, round_up((size_t)op->in->channels * taps, NN_LANES));
    t->strip = MEM_NEW(size_t, t->in / TILE_SIDE * taps);
    set_strips(t);
    scratch_reserve(op->scratch, lines_in(t, NULL).bytes);
    return t;
}

void conv_tiles_destroy(struct conv_tiles *t)
{
    mem_free(t->by_tap);
    mem_free(t->forward);
    mem_free(t->backward);
    mem_free(t->row);
    mem_free(t->strip);
    mem_free(t);
}

/* ---- weights ---- */

/* code [out, in, taps] → by_tap */
static void sort_by_tap(struct conv_tiles *t, const struct op *op)
{
    const int16_t *code = op->params->code + op->params->tensor[op->weight].offset;
    const size_t inputs = (size_t)op->in->channels, taps = t->kernel * t->kernel;
    const size_t run = t->x_chunks * TILE_DEPTH, n = inputs * taps;
    for (size_t j = 0; j < (size_t)op->out->channels; j++, code += n) {
        const size_t whole = n / NN_LANES * NN_LANES;
        int16_t rest[NN_LANES] = {0};
        memcpy(rest, code + whole, (n - whole) * sizeof *rest);
        tile_kernels()->from_codes(t->row, code, whole);
        if (whole < n)
            tile_kernels()->from_codes(t->row + whole, rest, NN_LANES);
        for (size_t u = 0; u < t->kernel; u++)
            for (size_t v = 0; v < t->kernel; v++) {
                const uint16_t *from = t->row + u * t->kernel + v;
                uint16_t *to = t->by_tap + (u * t->out + j) * run + v * t->in;
                for (size_t k = 0; k < inputs; k++)
                    to[k] = from[k * taps];
            }
    }
}

static void pack_forward(struct conv_tiles *t)
{
    const size_t run = t->x_chunks * TILE_DEPTH;
    uint16_t *tile = t->forward;
    for (size_t block = 0; block < t->out; block += TILE_SIDE)
        for (size_t u = 0; u < t->kernel; u++)
            for (size_t c = 0; c < t->x_chunks; c++, tile += TILE_NUMBERS)
                tile_kernels()->pack_columns(
                    tile, t->by_tap + (u * t->out + block) * run + c * TILE_DEPTH, run);
}

/* Kernel rows and columns in reverse order: the gradient looks back. */
static void pack_backward(struct conv_tiles *t)
{
    const size_t run = t->x_chunks * TILE_DEPTH, last = t->kernel - 1;
    for (size_t block = 0; block < t->in / TILE_SIDE; block++)
        for (size_t u = 0; u < t->kernel; u++)
            for (size_t e = 0; e < t->kernel * t->out; e += TILE_SIDE) { /* half a tile */
                const size_t v = e / t->out, j = e % t->out;
                uint16_t *to =
                    t->backward +
                    ((block * t->kernel + u) * t->dy_chunks * TILE_DEPTH + e) * TILE_SIDE;
                for (size_t i = 0; i < TILE_SIDE; i += 2) {
                    const uint16_t *from = t->by_tap + ((last - u) * t->out + j + i) * run +
                                           (last - v) * t->in + block * TILE_SIDE;
                    for (size_t k = 0; k < TILE_SIDE; k++) {
                        to[i * TILE_SIDE + 2 * k] = from[k];
                        to[i * TILE_SIDE + 2 * k + 1] = from[run + k];
                    }
                }
            }
}

void conv_tiles_prepare(struct conv_tiles *t, const struct op *op)
{
    sort_by_tap(t, op);
    pack_forward(t);
    if (op->in->gradient)
        pack_backward(t);
}

/* ---- lines of pixels ---- */

static void clear(uint16_t *line, size_t pixels, size_t channels)
{
    memset(line, 0, pixels * channels * sizeof *line);
}

/* Samples [first, first + n) of the input, each row behind `padding` zero pixels and each sample
 * behind as many zero rows. */
static void lay_codes(const struct conv_tiles *t, const struct op *op, uint16_t *line, size_t first,
                      size_t n)
{
    const size_t padding = (size_t)op->padding, width = (size_t)op->in->width;
    uint16_t *to = line;
    for (size_t i = 0; i < n; i++) {
        clear(to, padding * t->pitch, t->in);
        to += padding * t->pitch * t->in;
        for (int y = 0; y < op->in->height; y++, to += width * t->in) {
            clear(to, padding, t->in);
            to += padding * t->in;
            tile_kernels()->from_codes(to, op->in->code + tensor_at(op->in, first + i, y, 0),
                                       width * t->in);
        }
    }
    memset(to, 0, (size_t)(line + line_elements(t, t->in) - to) * sizeof *to);
}

/* Output gradients at their positions, every `step` pixels and rows, as planes. */
static void lay_gradient(const struct conv_tiles *t, const struct op *op, uint16_t *line,
                         size_t first, size_t n)
{
    const size_t plane = line_elements(t, t->out), step = (size_t)op->step;
    const size_t width = (size_t)op->out->width, row = width * t->out;
    for (size_t p = 0; p < TILE_PLANES; p++)
        memset(line + p * plane, 0, plane * sizeof *line);
    for (size_t i = 0; i < n; i++)
        for (int y = 0; y < op->out->height; y++) {
            const float *dy = op->out->gradient + tensor_at(op->out, first + i, y, 0);
            uint16_t *to =
                line + (t->before + i * t->sample + (size_t)y * step * t->pitch) * t->out;
            if (step == 1)
                tile_kernels()->from_floats(to, plane, dy, row);
            for (size_t x = 0; step > 1 && x < width; x++)
                tile_kernels()->from_floats(to + x * step * t->out, plane, dy + x * t->out, t->out);
        }
}

/* ---- forward ---- */

static int32_t store_outputs(const struct conv_tiles *t, const struct op *op, const int32_t *sums,
                             size_t first, size_t n, float scale, const float *bias)
{
    const size_t step = (size_t)op->step, width = (size_t)op->out->width;
    int32_t max = 0;
    for (size_t i = 0; i < n; i++)
        for (int y = 0; y < op->out->height; y++) {
            float *to = op->out->value + tensor_at(op->out, first + i, y, 0);
            const int32_t *from = sums + (i * t->sample + (size_t)y * step * t->pitch) * t->out;
            for (size_t x = 0; x < (step == 1 ? 1 : width); x++) {
                const int32_t bits =
                    tile_kernels()->scale_sums(to + x * t->out, from + x * step * t->out,
                                               step == 1 ? width : 1, t->out, scale, bias);
                max = bits > max ? bits : max;
            }
        }
    return max;
}

void conv_tiles_forward(struct conv_tiles *t, const struct op *op, const struct pass *pass,
                        const float *bias)
{
    const struct lines lines = lines_in(t, op->scratch->block);
    const float scale = fixed_point_step(op->in->exponent, pass->bits) *
                        fixed_point_step(op->params->tensor[op->weight].exponent, pass->bits);
    int32_t max = 0;
    for (size_t first = 0; first < pass->samples; first += t->group) {
        const size_t left = pass->samples - first, n = left < t->group ? left : t->group;
        lay_codes(t, op, lines.x, first, n);
        tile_kernels()->multiply_codes(lines.sums, &(struct tile_product){.a = lines.x,
                                                                          .planes = 1,
                                                                          .row = t->in,
                                                                          .run = t->pitch * t->in,
                                                                          .runs = t->kernel,
                                                                          .chunks = t->x_chunks,
                                                                          .b = t->forward,
                                                                          .rows = positions(t, n),
                                                                          .columns = t->out});
        const int32_t bits = store_outputs(t, op, lines.sums, first, n, scale, bias);
        max = bits > max ? bits : max;
    }
    op->out->max_bits = max;
}

/* ---- backward ---- */

static bool weight_gradient(const struct conv_tiles *t, const struct op *op,
                            const struct pass *pass, const struct lines *lines, size_t n,
                            bool is_first)
{
    const size_t plane = line_elements(t, t->out), count = positions(t, n);
    tile_kernels()->transpose(lines->transposed, transposed_row(t), lines->x, t->pixels, t->in);
    for (size_t p = 0; p < TILE_PLANES; p++)
        tile_kernels()->interleave(lines->pairs + p * count * TILE_SIDE,
                                   TILE_PLANES * count * TILE_SIDE,
                                   lines->dy + p * plane + t->before * t->out, count, t->out);
    const double step = (double)fixed_point_step(op->in->exponent, pass->bits);
    return !tile_kernels()->outer_sum(
        lines->weight_sum,
        &(struct tile_outer){.a = lines->transposed,
                             .row = transposed_row(t),
                             .start = t->strip,
                             .strips = t->in / TILE_SIDE * t->kernel * t->kernel,
                             .b = lines->pairs,
                             .depth = count,
                             .columns = t->out,
                             .unit = step * (double)((int64_t)1 << NN_SUM_EXPONENT)},
        is_first);
}

static void input_gradient(const struct conv_tiles *t, const struct op *op, const struct pass *pass,
                           const struct lines *lines, size_t first, size_t n)
{
    float *sums = lines->sums;
    const float step = fixed_point_step(op->params->tensor[op->weight].exponent, pass->bits);
    tile_kernels()->multiply_floats(sums, &(struct tile_product){.a = lines->dy,
                                                                 .planes = TILE_PLANES,
                                                                 .plane = line_elements(t, t->out),
                                                                 .row = t->out,
                                                                 .run = t->pitch * t->out,
                                                                 .runs = t->kernel,
                                                                 .chunks = t->dy_chunks,
                                                                 .b = t->backward,
                                                                 .rows = positions(t, n),
                                                                 .columns = t->in});
    for (size_t i = 0; i < n; i++)
        for (int y = 0; y < op->in->height; y++)
            tile_kernels()->scale_floats(op->in->gradient + tensor_at(op->in, first + i, y, 0),
                                         sums + (i * t->sample + (size_t)y * t->pitch) * t->in,
                                         (size_t)op->in->width * t->in, step, op->adds_to_in);
}

/* sum → the parameter's [out, in, taps] */
static void collect_sums(const struct conv_tiles *t, const struct op *op, const int64_t *sum)
{
    const size_t taps = t->kernel * t->kernel, blocks = t->out / TILE_SIDE;
    const size_t inputs = (size_t)op->in->channels, outputs = (size_t)op->out->channels;
    int64_t *to = op->params->sum + op->params->tensor[op->weight].offset;
    for (size_t j = 0; j < outputs; j++)
        for (size_t k = 0; k < inputs; k++, to += taps) {
            const int64_t *from = sum +
                                  (k / TILE_SIDE * taps * blocks + j / TILE_SIDE) * TILE_SUMS +
                                  k % TILE_SIDE * TILE_SIDE + j % TILE_SIDE;
            for (size_t tap = 0; tap < taps; tap++)
                to[tap] = from[tap * blocks * TILE_SUMS];
        }
}

bool conv_tiles_backward(struct conv_tiles *t, const struct op *op, const struct pass *pass)
{
    const struct lines lines = lines_in(t, op->scratch->block);
    bool fits = true, is_first = true;
    for (size_t s = 0; s < pass->shards; s++)
        for (size_t first = pass->begin[s]; first < pass->begin[s + 1]; first += t->group) {
            const size_t left = pass->begin[s + 1] - first, n = left < t->group ? left : t->group;
            lay_codes(t, op, lines.x, first, n);
            lay_gradient(t, op, lines.dy, first, n);
            fits = weight_gradient(t, op, pass, &lines, n, is_first) && fits;
            is_first = false;
            if (op->in->gradient)
                input_gradient(t, op, pass, &lines, first, n);
        }
    if (is_first) /* no samples here */
        memset(lines.weight_sum, 0, weight_count(t) * sizeof(int64_t));
    collect_sums(t, op, lines.weight_sum);
    return fits;
}
