#include "train/constrain.h"

#include <math.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"
#include "method/admm.h"

/* ---- project ---- */

static float *weights_of(const struct constrain *constrain, const struct constrained *c)
{
    return constrain->params->value + constrain->params->tensor[c->tensor].offset;
}

/* compact = the weights of the set's layers */
static void gather(const struct constrain *constrain, const struct constrain_set *set,
                   float *compact)
{
    for (size_t l = 0; l < set->layers; l++)
        memcpy(compact + set->layer[l].first, weights_of(constrain, &set->layer[l]),
               set->layer[l].count * sizeof *compact);
}

static void scatter(const struct constrain *constrain, const struct constrain_set *set,
                    const float *compact)
{
    for (size_t l = 0; l < set->layers; l++)
        memcpy(weights_of(constrain, &set->layer[l]), compact + set->layer[l].first,
               set->layer[l].count * sizeof *compact);
}

/* Of a layer after `done` epochs: the amount falls by the third power of what is left of the ramp. */
static double amount_now(const struct constrain *constrain, const struct constraint_layer *layer)
{
    const double end = layer->ramp * constrain->epochs;
    if (layer->start <= layer->amount || constrain->done >= end)
        return layer->amount;
    const double left = 1.0 - constrain->done / end;
    return layer->amount + (layer->start - layer->amount) * left * left * left;
}

/* The layers as they are at this moment, with what they share of the weights. */
static void describe_now(const struct constrain *constrain, const struct constrain_set *set,
                         const float *compact)
{
    for (size_t l = 0; l < set->layers; l++) {
        const struct constrained *c = &set->layer[l];
        const int exponent = constrain->params->tensor[c->tensor].exponent_floor;
        set->now[l] = c->layer;
        set->now[l].amount = amount_now(constrain, &c->layer);
        if (set->class->holds_exponent)
            set->now[l].step = fixed_point_step(exponent, c->layer.format.bits);
    }
    if (set->class->share)
        set->class->share(set->now, set->layers, compact, constrain->scratch);
}

/* Projects the units of this rank, one at a time, and gathers those of the others. */
static void project(const struct constrain *constrain, const struct constrain_set *set,
                    float *compact)
{
    const struct share mine = comm_share(set->units);
    describe_now(constrain, set, compact);
    for (size_t l = 0; l < set->layers; l++) {
        const struct constrained *c = &set->layer[l];
        const struct constraint_layer layer = set->now[l];
        const size_t row = layer.in * layer.taps;
        for (size_t u = 0; u < c->units; u++) {
            if (c->first_unit + u < mine.first || c->first_unit + u >= mine.first + mine.count)
                continue;
            const size_t first = u * c->unit;
            const size_t outputs = layer.out - first < c->unit ? layer.out - first : c->unit;
            set->class->project(&layer, compact + c->first + first * row, outputs,
                                constrain->scratch);
        }
    }
    comm_gather_floats(compact, set->first);
}

enum kind { ZEROS = 1, VALUES = 2, ALL = ZEROS | VALUES };

/* The weights, through the sets that only make zeros, through the others, or through all. */
static void project_weights(struct constrain *constrain, enum kind kind)
{
    for (size_t i = 0; i < constrain->sets; i++) {
        const struct constrain_set *set = &constrain->set[i];
        if (!(kind & (set->class->makes_zeros ? ZEROS : VALUES)))
            continue;
        gather(constrain, set, constrain->point);
        project(constrain, set, constrain->point);
        scatter(constrain, set, constrain->point);
    }
}

/* ---- start ---- */

bool constrain_fits_masks(const struct constrain *constrain, struct error *err)
{
    const struct parameters *params = constrain->params;
    for (size_t i = 0; i < constrain->sets; i++) {
        const struct constrain_set *set = &constrain->set[i];
        for (size_t l = 0; l < set->layers && set->class->stands_alone; l++) {
            const struct parameter *tensor = &params->tensor[set->layer[l].tensor];
            const uint8_t *mask = params->mask + tensor->offset;
            if (memchr(mask, 0, tensor->count))
                return error_set(err,
                                 "%s on %s, which the parent run has pruned: the zeros would not "
                                 "stay; let the run come from one without prune and sparsity",
                                 set->class->name, tensor->name);
        }
    }
    return true;
}

/* A layer's exponent is that of its weights, plus a shift. */
static void set_exponents(const struct constrain *constrain, const struct constrain_set *set,
                          int shift)
{
    for (size_t l = 0; l < set->layers; l++) {
        const struct constrained *c = &set->layer[l];
        const int32_t max = fixed_point_max_bits(weights_of(constrain, c), c->count);
        constrain->params->tensor[c->tensor].exponent_floor =
            fixed_point_exponent(fixed_point_from_bits(max)) + shift;
    }
}

/* Digit sums limit the sum of a column's weights in codes: a larger step has room for more of them,
 * a smaller one is finer. The shift with the nearest projection, layer by layer. */
static void fit_exponents(struct constrain *constrain, const struct constrain_set *set)
{
    double *least = MEM_NEW(double, set->layers);
    int *best = MEM_NEW(int, set->layers);
    for (int shift = 0; shift < CONSTRAIN_SHIFTS; shift++) {
        set_exponents(constrain, set, shift);
        gather(constrain, set, constrain->point);
        project(constrain, set, constrain->point);
        for (size_t l = 0; l < set->layers; l++) {
            const struct constrained *c = &set->layer[l];
            double distance = 0.0, norm = 0.0;
            admm_residual(weights_of(constrain, c), constrain->point + c->first, c->count,
                          &distance, &norm);
            if (shift == 0 || distance < least[l]) {
                least[l] = distance;
                best[l] = constrain->params->tensor[c->tensor].exponent_floor;
            }
        }
    }
    for (size_t l = 0; l < set->layers; l++)
        constrain->params->tensor[set->layer[l].tensor].exponent_floor = best[l];
    mem_free(least);
    mem_free(best);
}

/* Whether the parent run has held the exponents. */
static bool are_held(const struct constrain *constrain, const struct constrain_set *set)
{
    for (size_t l = 0; l < set->layers; l++)
        if (constrain->params->tensor[set->layer[l].tensor].exponent_floor == PARAMETER_NO_FLOOR)
            return false;
    return true;
}

/* From now on; those of a parent run stay, unless the settings name a shift. */
static void hold_exponents(struct constrain *constrain)
{
    for (size_t i = constrain->sets; i-- > 0;) { /* the last set is the one that is kept in full */
        const struct constrain_set *set = &constrain->set[i];
        if (!set->class->holds_exponent)
            continue;
        if (constrain->shift != CONSTRAIN_FIT)
            set_exponents(constrain, set, constrain->shift);
        else if (!are_held(constrain, set))
            fit_exponents(constrain, set);
    }
}

static void mask_zeros(struct constrain *constrain, const struct constrain_set *set)
{
    for (size_t l = 0; l < set->layers; l++) {
        const struct parameter *tensor = &constrain->params->tensor[set->layer[l].tensor];
        for (size_t j = tensor->offset; j < tensor->offset + tensor->count; j++)
            if (constrain->params->value[j] == 0.0f)
                constrain->params->mask[j] = 0;
    }
}

void constrain_start(struct constrain *constrain)
{
    constrain->done = constrain->epochs; /* exponents for what the amounts will have become */
    hold_exponents(constrain);
    constrain->done = 0.0;
    if (constrain->by == CONSTRAIN_HARD) {
        project_weights(constrain, ZEROS);
        for (size_t i = 0; i < constrain->sets; i++)
            if (constrain->set[i].class->makes_zeros)
                mask_zeros(constrain, &constrain->set[i]);
        project_weights(constrain, VALUES);
    }
    for (size_t i = 0; i < constrain->sets && constrain->by == CONSTRAIN_ADMM; i++) {
        gather(constrain, &constrain->set[i], constrain->set[i].z);
        project(constrain, &constrain->set[i], constrain->set[i].z);
    }
}

/* ---- train ---- */

/* Clipped straight-through gradient of a layer, or a tied one's between mean and sum. */
static void shape_layer(const struct constrain *constrain, const struct constraint_class *class,
                        const struct constrained *c)
{
    const float clip = constrain->by == CONSTRAIN_FORWARD ? class->clip : 0.0f;
    const float *w = weights_of(constrain, c), gain = (float)c->layer.gain;
    float *gradient = constrain->params->gradient + constrain->params->tensor[c->tensor].offset;
    for (size_t j = 0; j < c->count && clip > 0.0f; j++)
        gradient[j] = fabsf(w[j]) >= clip ? 0.0f : gradient[j];
    for (size_t j = 0; j < c->count && gain != 1.0f; j++)
        gradient[j] *= gain;
}

void constrain_shape_gradient(const struct constrain *constrain)
{
    for (size_t i = 0; i < constrain->sets && constrain->by != CONSTRAIN_ADMM; i++)
        for (size_t l = 0; l < constrain->set[i].layers; l++)
            shape_layer(constrain, constrain->set[i].class, &constrain->set[i].layer[l]);
}

void constrain_add_gradient(const struct constrain *constrain)
{
    for (size_t i = 0; i < constrain->sets && constrain->by == CONSTRAIN_ADMM; i++) {
        const struct constrain_set *set = &constrain->set[i];
        for (size_t l = 0; l < set->layers; l++) {
            const struct constrained *c = &set->layer[l];
            admm_add_gradient(constrain->params->gradient +
                                  constrain->params->tensor[c->tensor].offset,
                              weights_of(constrain, c), set->z + c->first, set->u + c->first,
                              c->count, constrain->rho);
        }
    }
}

/* Z = P(W + U), U += W - Z, rho *= growth. */
static void update_admm(struct constrain *constrain)
{
    for (size_t i = 0; i < constrain->sets; i++) {
        const struct constrain_set *set = &constrain->set[i];
        float *w = constrain->point;
        gather(constrain, set, w);
        admm_target(set->z, w, set->u, set->size);
        project(constrain, set, set->z);
        admm_dual(set->u, w, set->z, set->size, constrain->growth);
    }
    constrain->rho *= constrain->growth;
}

void constrain_after_step(struct constrain *constrain, size_t steps, bool is_last_of_epoch)
{
    const bool is_due = constrain->every > 0 ? steps % constrain->every == 0 : is_last_of_epoch;
    if (is_due && constrain->by == CONSTRAIN_ADMM)
        update_admm(constrain);
    if (is_due && constrain->by == CONSTRAIN_HARD)
        project_weights(constrain, VALUES);
}

void constrain_at(struct constrain *constrain, double epochs)
{
    constrain->done = epochs;
}

bool constrain_is_whole(const struct constrain *constrain)
{
    for (size_t i = 0; i < constrain->sets; i++)
        for (size_t l = 0; l < constrain->set[i].layers; l++) {
            const struct constraint_layer *layer = &constrain->set[i].layer[l].layer;
            if (amount_now(constrain, layer) != layer->amount)
                return false;
        }
    return true;
}

/* ---- show ---- */

double constrain_residual(const struct constrain *constrain)
{
    double distance = 0.0, norm = 0.0;
    const struct parameters *params = constrain->params;
    for (size_t i = 0; i < constrain->sets; i++) {
        const struct constrain_set *set = &constrain->set[i];
        for (size_t l = 0; l < set->layers; l++) {
            const struct constrained *c = &set->layer[l];
            const size_t offset = params->tensor[c->tensor].offset;
            admm_residual(constrain->latent + offset,
                          set->z ? set->z + c->first : params->value + offset, c->count, &distance,
                          &norm);
        }
    }
    return norm > 0.0 ? sqrt(distance / norm) : 0.0;
}

/* Nothing else: running statistics change while a step computes with the projected weights. */
static void copy_matrices(float *to, const float *from, const struct parameters *params)
{
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        if (parameters_is_matrix(tensor))
            memcpy(to + tensor->offset, from + tensor->offset, tensor->count * sizeof *to);
    }
}

void constrain_show(struct constrain *constrain)
{
    copy_matrices(constrain->latent, constrain->params->value, constrain->params);
    project_weights(constrain, constrain->by == CONSTRAIN_HARD ? VALUES : ALL);
}

void constrain_hide(struct constrain *constrain)
{
    copy_matrices(constrain->params->value, constrain->latent, constrain->params);
}
