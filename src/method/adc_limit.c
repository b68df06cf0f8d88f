/* Train to a given ADC: no crossbar column's digit sum in slice k exceeds 2^adc_bits[k] - 1, so that
 * ADCs of so many bits are lossless for every input, by construction.
 *
 * A column is one output, `rows` consecutive weights in memory order, one sign: columns are disjoint
 * and the nearest point of the set is that of each column (method/adc_column.h, which says when it is
 * found). The points are codes times step; the layer's exponent must not change afterwards, or every
 * digit would. */
#include <math.h>
#include <stdint.h>

#include "hw/fixed_point.h"
#include "method/adc_column.h"
#include "method/constraint.h"

static size_t one_output(const struct constraint_layer *layer)
{
    (void)layer;
    return 1;
}

/* ADCs that can read a full column ask for nothing. */
static bool is_idle(const struct constraint_layer *layer)
{
    const int digit = bit_slice_levels(layer->format) - 1;
    for (int k = 0; k < bit_slice_count(layer->format); k++)
        if ((1 << layer->adc_bits[k]) - 1 < (int)layer->rows * digit)
            return false;
    return true;
}

struct gathered {
    float *x;      /* [rows] magnitudes in codes */
    uint32_t *row; /* [rows] */
    uint8_t *code; /* [rows] */
    struct adc_column *column;
    void *scratch; /* of adc_column_fit */
};

/* Bytes of `count` elements of `size`, padded for what follows. */
static size_t padded(size_t count, size_t size)
{
    return (count * size + 63) / 64 * 64;
}

static size_t scratch_size(const struct constraint_layer *layer, size_t outputs)
{
    (void)outputs;
    const size_t n = layer->rows;
    return padded(n, sizeof(float)) + padded(n, sizeof(uint32_t)) + padded(n, 1) +
           padded(1, sizeof(struct adc_column)) + adc_column_scratch(n);
}

static struct gathered carve(char *scratch, size_t rows)
{
    struct gathered g = {.x = (float *)scratch};
    scratch += padded(rows, sizeof(float));
    g.row = (uint32_t *)scratch;
    scratch += padded(rows, sizeof(uint32_t));
    g.code = (uint8_t *)scratch;
    scratch += padded(rows, 1);
    g.column = (struct adc_column *)(void *)scratch;
    g.scratch = scratch + padded(1, sizeof(struct adc_column));
    return g;
}

/* The weights of one sign on one column, those that round to 0 left out: they stay 0. */
static void project_column(const struct gathered *g, float step, float sign, float *w, size_t rows)
{
    size_t n = 0;
    for (size_t r = 0; r < rows; r++) {
        const float x = sign * w[r] / step;
        if (!(rintf(x) > 0.0f))
            continue;
        g->x[n] = x;
        g->row[n++] = (uint32_t)r;
    }
    adc_column_fit(g->column, g->x, g->code, n, g->scratch);
    for (size_t i = 0; i < n; i++)
        w[g->row[i]] = sign * step * (float)g->code[i];
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    const size_t inputs = layer->in * layer->taps;
    const struct gathered g = carve(scratch, layer->rows);
    adc_column_start(g.column, layer->format);
    for (int k = 0; k < bit_slice_count(layer->format); k++)
        g.column->limit[k] = (1 << layer->adc_bits[k]) - 1;
    for (size_t o = 0; o < outputs; o++)
        for (size_t first = 0; first < inputs; first += layer->rows) {
            float *block = w + o * inputs + first;
            const size_t rows = inputs - first < layer->rows ? inputs - first : layer->rows;
            project_column(&g, layer->step, 1.0f, block, rows);
            project_column(&g, layer->step, -1.0f, block, rows);
            for (size_t r = 0; r < rows; r++) /* what rounds to 0, on the way to -0 as well */
                if (fabsf(block[r]) < layer->step)
                    block[r] = 0.0f;
        }
}

const struct constraint_class constraint_adc_limit = {
    .name = "adc-limit",
    .option = "bits",
    .is_per_slice = true,
    .holds_exponent = true,
    .is_idle = is_idle,
    .unit = one_output,
    .scratch_size = scratch_size,
    .project = project,
};
