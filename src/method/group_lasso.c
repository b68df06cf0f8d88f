#include "method/group_lasso.h"

#include <math.h>

static size_t groups_of_output(const struct group_lasso_layer *layer)
{
    return (layer->in + layer->group - 1) / layer->group;
}

size_t group_lasso_groups(const struct group_lasso_layer *layer)
{
    return layer->out * groups_of_output(layer);
}

/* Weights of group g, contiguous in memory. */
static size_t find_group(const struct group_lasso_layer *layer, size_t g, size_t *first)
{
    const size_t groups = groups_of_output(layer), begin = g % groups * layer->group;
    const size_t left = layer->in - begin, width = layer->group < left ? layer->group : left;
    *first = (g / groups * layer->in + begin) * layer->taps;
    return width * layer->taps;
}

/* Fills norm; returns a, infinite without clipping. */
static double find_limit(struct group_lasso spec, const struct group_lasso_layer *layer)
{
    const size_t groups = group_lasso_groups(layer);
    double sum = 0.0;
    for (size_t g = 0; g < groups; g++) {
        size_t first;
        const size_t n = find_group(layer, g, &first);
        double squares = 0.0;
        for (size_t i = first; i < first + n; i++)
            squares += (double)layer->value[i] * (double)layer->value[i];
        layer->norm[g] = sqrt(squares);
        sum += layer->norm[g];
    }
    return spec.ratio > 0.0 ? spec.ratio * sum / (double)groups : INFINITY;
}

double group_lasso_value(struct group_lasso spec, const struct group_lasso_layer *layer,
                         size_t layers)
{
    double sum = 0.0;
    for (size_t l = 0; l < layers; l++) {
        const double limit = find_limit(spec, &layer[l]);
        for (size_t g = 0; g < group_lasso_groups(&layer[l]); g++)
            sum += fmin(layer[l].norm[g], limit);
    }
    return spec.alpha * sum;
}

/* What goes through the mean: ratio K / G. */
static double slope_of_limit(struct group_lasso spec, const struct group_lasso_layer *layer,
                             double limit)
{
    const size_t groups = group_lasso_groups(layer);
    size_t clipped = 0;
    for (size_t g = 0; g < groups; g++)
        clipped += layer->norm[g] >= limit;
    return spec.detach ? 0.0 : spec.ratio * (double)clipped / (double)groups;
}

static void add_layer(struct group_lasso spec, const struct group_lasso_layer *layer)
{
    const double limit = find_limit(spec, layer), common = slope_of_limit(spec, layer, limit);
    for (size_t g = 0; g < group_lasso_groups(layer); g++) {
        const double norm = layer->norm[g];
        const double slope = (norm < limit ? 1.0 : 0.0) + common;
        size_t first;
        const size_t n = find_group(layer, g, &first);
        const float factor = norm > 0.0 ? (float)(spec.alpha * slope / norm) : 0.0F;
        for (size_t i = first; i < first + n; i++)
            layer->gradient[i] += factor * layer->value[i];
    }
}

void group_lasso_add_gradient(struct group_lasso spec, const struct group_lasso_layer *layer,
                              size_t layers)
{
    for (size_t l = 0; l < layers; l++)
        add_layer(spec, &layer[l]);
}
