#include "nn/conv_lay.h"

#include <string.h>

#include "base/mem.h"
#include "nn/kernels.h"

enum { GATHER_CHANNELS = 3 }; /* with more, pairs and tiles of rows are full enough */

/* ---- windows of few channels ---- */

bool conv_lay_gathers(const struct op *op)
{
    return op->in->channels <= GATHER_CHANNELS && op->kernel > 1 && !op->in->gradient;
}

/* Pixels of an image's row, border included, that one row of windows reads. */
static size_t line_width(const struct op *op)
{
    return (size_t)((op->out->width - 1) * op->step + op->kernel);
}

void conv_lay_plan(struct conv_panels *t, const struct op *op)
{
    const size_t taps = t->taps, channels = t->in.channels * taps;
    t->gather = MEM_NEW(size_t, channels);
    for (size_t e = 0; e < channels; e++)
        t->gather[e] = e / taps + e % taps / t->kernel * op->in->row +
                       e % taps % t->kernel * op->in->channel_stride;
    t->in = t->out;
    t->in.channels = channels;
    t->in.panels = nn_stride(channels) / PANEL_WIDTH;
    t->row = MEM_NEW(float, t->in.width * t->in.panels * PANEL_WIDTH);
    t->line = MEM_NEW(int16_t, (size_t)(op->in->channels * op->kernel) * line_width(op));
    t->kernel = t->taps = t->step = 1;
    t->padding = 0;
}

void conv_lay_release(struct conv_panels *t)
{
    mem_free(t->gather);
    mem_free(t->row);
    mem_free(t->line);
}

/* ---- lines of panels ---- */

/* Rows of samples [first, first + n) go to [panels, pixels, n, 16]. */
struct lay {
    size_t pixel, panel;
};

static struct lay lay_of(struct plane plane, size_t n)
{
    return (struct lay){n * PANEL_WIDTH, pixels_of(plane) * n * PANEL_WIDTH};
}

static size_t lay_place(struct plane plane, size_t n, size_t sample, int y)
{
    return ((size_t)y * plane.width * n + sample) * PANEL_WIDTH;
}

/* One line after the other, `kernel` codes of each; `run` of them at once where the next line's
 * overwrite the rest. */
static inline void copy_lines(int16_t *restrict to, const int16_t *restrict from, size_t lines,
                              size_t width, size_t kernel, size_t run)
{
    for (size_t i = 0; i + 1 < lines; i++)
        memcpy(to + i * kernel, from + i * width, run * sizeof *to);
    memcpy(to + (lines - 1) * kernel, from + (lines - 1) * width, kernel * sizeof *to);
}

/* Rows of windows of one row of output pixels, [width, panels, 16]; the gaps stay 0. The pixels that
 * they are cut from are first put in lines of one channel. */
static const int16_t *gather_codes(const struct conv_panels *t, const struct op *op, size_t sample,
                                   int y)
{
    const size_t kernel = (size_t)op->kernel, channels = (size_t)op->in->channels;
    const size_t step = (size_t)op->step, width = line_width(op), pixel = op->in->channel_stride;
    for (int u = 0; u < op->kernel; u++) {
        const int16_t *restrict from =
            op->in->code + tensor_at(op->in, sample, y * op->step - op->padding + u, -op->padding);
        for (size_t k = 0; k < channels; k++)
            for (size_t x = 0; x < width; x++)
                t->line[(k * kernel + (size_t)u) * width + x] = from[x * pixel + k];
    }
    int16_t *to = (int16_t *)(void *)t->row;
    for (size_t x = 0; x < t->in.width; x++, to += t->in.panels * PANEL_WIDTH) {
        const int16_t *from = t->line + x * step;
        if (kernel <= 4)
            copy_lines(to, from, channels * kernel, width, kernel, 4);
        else if (kernel <= 8)
            copy_lines(to, from, channels * kernel, width, kernel, 8);
        else
            copy_lines(to, from, channels * kernel, width, kernel, kernel);
    }
    return (const int16_t *)(const void *)t->row;
}

static const float *gather_values(const struct conv_panels *t, const struct op *op, size_t sample,
                                  int y)
{
    const size_t stride = t->in.panels * PANEL_WIDTH;
    float *restrict to = t->row;
    for (int x = 0; x < op->out->width; x++, to += stride) {
        const float *restrict window =
            op->in->value +
            tensor_at(op->in, sample, y * op->step - op->padding, x * op->step - op->padding);
        for (size_t e = 0; e < t->in.channels; e++)
            to[e] = window[t->gather[e]];
    }
    return t->row;
}

/* Codes of the inputs, as codes or, where `wide` is not NULL, as floats. */
static void lay_codes(const struct conv_panels *t, const struct op *op, int16_t *narrow,
                      float *wide, size_t first, size_t n)
{
    const struct lay lay = lay_of(t->in, n);
    const size_t pixels = t->in.width, panels = t->in.panels;
    for (size_t i = 0; i < n; i++)
        for (int y = 0; y < (int)t->in.height; y++) {
            const int16_t *from = t->gather ? gather_codes(t, op, first + i, y)
                                            : op->in->code + tensor_at(op->in, first + i, y, 0);
            const size_t to = lay_place(t->in, n, i, y);
            if (wide)
                panel_kernels()->widen_codes(wide + to, lay.pixel, lay.panel, from, pixels, panels);
            else
                panel_kernels()->lay_codes(narrow + to, lay.pixel, lay.panel, from, pixels, panels);
        }
}

void conv_lay_codes(const struct conv_panels *t, const struct op *op, int16_t *to, size_t first,
                    size_t n)
{
    lay_codes(t, op, to, NULL, first, n);
}

void conv_lay_wide_codes(const struct conv_panels *t, const struct op *op, float *to, size_t first,
                         size_t n)
{
    lay_codes(t, op, NULL, to, first, n);
}

void conv_lay_values(const struct conv_panels *t, const struct op *op, float *to, size_t first,
                     size_t n)
{
    const struct lay lay = lay_of(t->in, n);
    for (size_t i = 0; i < n; i++)
        for (int y = 0; y < (int)t->in.height; y++)
            panel_kernels()->lay_floats(to + lay_place(t->in, n, i, y), lay.pixel, lay.panel,
                                        t->gather
                                            ? gather_values(t, op, first + i, y)
                                            : op->in->value + tensor_at(op->in, first + i, y, 0),
                                        t->in.width, t->in.panels);
}

void conv_lay_gradients(const struct conv_panels *t, const struct op *op, float *to, size_t first,
                        size_t n)
{
    const struct lay lay = lay_of(t->out, n);
    for (size_t i = 0; i < n; i++)
        for (int y = 0; y < (int)t->out.height; y++)
            panel_kernels()->lay_floats(to + lay_place(t->out, n, i, y), lay.pixel, lay.panel,
                                        op->out->gradient + tensor_at(op->out, first + i, y, 0),
                                        t->out.width, t->out.panels);
}
