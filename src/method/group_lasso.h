/* Group lasso with self-adapting clipping: weight penalty clipping (L. Yang, He, Fan,
 * "Harmonious coexistence of structured weight pruning and ternarization", AAAI 2020).
 *
 * A group is what a processing element multiplies at once: the weights of one output and `group`
 * consecutive inputs (channels), all taps of them; the last group of an output may be smaller.
 *     R = alpha sum_layers sum_g min(||w_g||, a),    a = ratio mean_g ||w_g|| of the layer
 * Groups above a are not shrunk, so that what survives keeps its magnitude. Without clipping
 * (ratio 0) it is the plain group lasso. It works on the latent weights, beside a penalty of
 * method/penalty.h.
 */
#ifndef RESLICE_METHOD_GROUP_LASSO_H
#define RESLICE_METHOD_GROUP_LASSO_H

#include <stdbool.h>
#include <stddef.h>

/* One weight tensor [out, in, taps]; arrays not owned. */
struct group_lasso_layer {
    size_t out, in, taps;
    size_t group; /* inputs of a group, >= 1 */
    const float *value;
    float *gradient; /* added to */
    double *norm;    /* [group_lasso_groups] scratch */
};

struct group_lasso {
    double alpha;
    double ratio; /* of a to the mean norm; 0: no clipping */
    bool detach; /* a is a constant for the gradient; else the gradient goes through the mean too */
};

/* Groups of a layer: out * inputs / group, rounded up. Not collective. */
size_t group_lasso_groups(const struct group_lasso_layer *layer);

/* R; the norms are left in norm. Not collective. */
double group_lasso_value(struct group_lasso spec, const struct group_lasso_layer *layer,
                         size_t layers);

/* gradient += dR/dw. With K clipped groups of G, and 0 where a group's norm is 0:
 *     alpha ([||w_g|| < a] + ratio K / G) w_g / ||w_g||         detach: without ratio K / G.
 * Not collective. */
void group_lasso_add_gradient(struct group_lasso spec, const struct group_lasso_layer *layer,
                              size_t layers);

#endif
