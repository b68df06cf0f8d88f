#include "nn/conv_panels_gradient.h"

#include <string.h>

enum { BAND_PIXELS = 256 }; /* of a gradient whose panels stay in the L1 cache */

/* Output positions [begin, end) of one axis that tap u reads inside the image. */
struct range {
    size_t begin, end;
};

static struct range valid_range(const struct conv_panels *t, size_t u, size_t in, size_t out)
{
    const size_t begin = u < t->padding ? (t->padding - u + t->step - 1) / t->step : 0;
    const size_t last = in - 1 + t->padding; /* of the padded image */
    const size_t end = last < u ? 0 : (last - u) / t->step + 1;
    return (struct range){begin, smaller(end, out)};
}

/* Rows [band.begin, band.end) of one tap: with step 1 a row of all samples is one segment, else a
 * pixel is. */
static void add_tap(const struct conv_panels *t, const float *x, const float *dy, size_t n,
                    size_t tap, struct range band, struct panel_outer outer)
{
    const size_t u = tap / t->kernel, v = tap % t->kernel, unit = n * PANEL_WIDTH;
    const struct range rows = valid_range(t, u, t->in.height, t->out.height);
    const struct range columns = valid_range(t, v, t->in.width, t->out.width);
    const size_t begin = rows.begin > band.begin ? rows.begin : band.begin;
    const size_t end = smaller(rows.end, band.end), row = t->step == 1 ? end : begin + 1;
    if (begin >= end || columns.begin >= columns.end)
        return;
    const size_t width = columns.end - columns.begin;
    outer.segments = t->step == 1 ? row - begin : width;
    outer.count = t->step == 1 ? width * n : n;
    outer.x_segment = (t->step == 1 ? t->in.width : t->step) * unit;
    outer.dy_segment = (t->step == 1 ? t->out.width : 1) * unit;
    for (size_t y = begin; y < end; y += row - begin)
        panel_kernels()->outer_add(t->acc + tap * PANEL_SQUARE,
                                   x + ((y * t->step + u - t->padding) * t->in.width +
                                        columns.begin * t->step + v - t->padding) *
                                           unit,
                                   dy + (y * t->out.width + columns.begin) * unit, &outer);
}

/* One panel of inputs by some of gradients: bands of rows, all taps over each while it is in the
 * cache. */
static bool add_panels(const struct conv_panels *t, const float *x, const float *dy, size_t n,
                       struct panel_outer outer, int64_t *sum, double unit, bool is_first)
{
    const size_t rows = BAND_PIXELS / (t->out.width * n), height = rows > 0 ? rows : 1;
    const size_t count = outer.blocks * t->taps * PANEL_SQUARE;
    memset(t->acc, 0, count * sizeof *t->acc);
    for (size_t y = 0; y < t->out.height; y += height)
        for (size_t tap = 0; tap < t->taps; tap++)
            add_tap(t, x, dy, n, tap, (struct range){y, y + height}, outer);
    return !panel_kernels()->add_integers(sum, t->acc, count, unit, is_first);
}

bool conv_panels_weight_gradient(const struct conv_panels *t, const float *x, const float *dy,
                                 size_t n, double unit, bool is_first)
{
    const size_t x_panel = pixels_of(t->in) * n * PANEL_WIDTH;
    struct panel_outer outer = {.dy_panel = pixels_of(t->out) * n * PANEL_WIDTH,
                                .acc_block = t->taps * PANEL_SQUARE};
    bool fits = true;
    for (size_t j = 0; j < t->out.panels; j += outer.blocks) {
        outer.blocks = smaller(panel_kernels()->blocks, t->out.panels - j);
        outer.columns = columns_of(t->out, j + outer.blocks);
        for (size_t k = 0; k < t->in.panels; k++) {
            outer.channels = smaller(PANEL_WIDTH, t->in.channels - k * PANEL_WIDTH);
            fits = add_panels(t, x + k * x_panel, dy + j * outer.dy_panel, n, outer,
                              t->sum + (k * t->out.panels + j) * outer.acc_block, unit, is_first) &&
                   fits;
        }
    }
    return fits;
}

void conv_panels_collect_sums(const struct conv_panels *t, const struct op *op)
{
    int64_t *to = op->params->sum + op->params->tensor[op->weight].offset;
    for (size_t j = 0; j < t->out.channels; j++)
        for (size_t k = 0; k < t->in.channels; k++, to += t->taps) {
            const int64_t *from =
                t->sum +
                (k / PANEL_WIDTH * t->out.panels + j / PANEL_WIDTH) * t->taps * PANEL_SQUARE +
                k % PANEL_WIDTH * PANEL_WIDTH + j % PANEL_WIDTH;
            for (size_t tap = 0; tap < t->taps; tap++)
                to[tap] = from[tap * PANEL_SQUARE];
        }
}
