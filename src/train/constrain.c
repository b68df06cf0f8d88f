#include "train/constrain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"
#include "method/admm.h"
#include "settings/options.h"

/* ---- create ---- */

static enum constrain_by by_of(const struct settings *s)
{
    if (strcmp(s->impose.by, "admm") == 0)
        return CONSTRAIN_ADMM;
    return strcmp(s->impose.by, "hard") == 0 ? CONSTRAIN_HARD : CONSTRAIN_FORWARD;
}

static int shift_of(const struct settings *s)
{
    return strcmp(s->adc_limit.exponent, "fit") == 0 ? CONSTRAIN_FIT : atoi(s->adc_limit.exponent);
}

static void add_layer(struct constrain_set *set, const struct constraint_layer *layer, int tensor)
{
    struct constrained *c = &set->layer[set->layers++];
    *c = (struct constrained){.layer = *layer,
                              .tensor = tensor,
                              .first = set->size,
                              .count = layer->out * layer->in * layer->taps,
                              .unit = set->class->unit(layer),
                              .first_unit = set->units};
    c->units = (layer->out + c->unit - 1) / c->unit;
    c->scratch = set->class->scratch_size ? set->class->scratch_size(layer, c->unit) : 0;
    set->size += c->count;
    set->units += c->units;
}

/* Elements in front of a unit of the set. */
static size_t element_of(const struct constrain_set *set, size_t unit)
{
    for (size_t l = 0; l < set->layers; l++) {
        const struct constrained *c = &set->layer[l];
        if (unit < c->first_unit + c->units)
            return c->first + (unit - c->first_unit) * c->unit * c->layer.in * c->layer.taps;
    }
    return set->size;
}

/* Room for the layers of a set as they are projected, and for what they share. */
static void add_sharing(struct constrain_set *set)
{
    set->now = MEM_NEW(struct constraint_layer, set->layers);
    for (size_t l = 0; l < set->layers; l++)
        set->now[l] = set->layer[l].layer;
    set->scratch = set->class->share_scratch ? set->class->share_scratch(set->now, set->layers) : 0;
}

static void add_set(struct constrain *constrain, const struct settings *s,
                    const struct constraint_class *class)
{
    struct constrain_set *set = &constrain->set[constrain->sets++];
    const struct parameters *params = constrain->params;
    *set = (struct constrain_set){.class = class,
                                  .layer = MEM_NEW(struct constrained, params->count),
                                  .first = MEM_NEW(size_t, comm_size() + 1)};
    size_t index = 0;
    for (int t = 0; t < params->count; t++) {
        if (!parameters_is_matrix(&params->tensor[t]))
            continue;
        const struct constraint_layer layer =
            constraint_settings_describe(s, class, &params->tensor[t], index);
        if (constraint_settings_asks(s, class, index++))
            add_layer(set, &layer, t);
    }
    for (int r = 0; r <= comm_size(); r++)
        set->first[r] = element_of(
            set, r < comm_size() ? comm_share_of(set->units, r, comm_size()).first : set->units);
    add_sharing(set);
    constrain->size += set->size;
}

static void take_memory(struct constrain *constrain)
{
    size_t largest = 0, scratch = 0, done = 0;
    if (constrain->by == CONSTRAIN_ADMM) {
        constrain->z = MEM_NEW(float, constrain->size);
        constrain->u = MEM_NEW(float, constrain->size);
    }
    for (size_t i = 0; i < constrain->sets; i++) {
        struct constrain_set *set = &constrain->set[i];
        set->z = constrain->z ? constrain->z + done : NULL;
        set->u = constrain->u ? constrain->u + done : NULL;
        done += set->size;
        largest = set->size > largest ? set->size : largest;
        scratch = set->scratch > scratch ? set->scratch : scratch;
        for (size_t l = 0; l < set->layers; l++)
            scratch = set->layer[l].scratch > scratch ? set->layer[l].scratch : scratch;
    }
    constrain->point = MEM_NEW(float, largest);
    constrain->scratch = MEM_NEW(char, scratch);
    constrain->latent = MEM_NEW(float, constrain->params->size);
}

struct constrain *constrain_create(const struct settings *s, struct parameters *params)
{
    struct constrain made = {.params = params,
                             .by = by_of(s),
                             .every = (size_t)s->impose.every,
                             .rho = s->impose.rho,
                             .growth = s->impose.growth,
                             .shift = shift_of(s),
                             .epochs = (double)s->epochs};
    for (size_t i = 0; i < constraint_count; i++)
        if (option_amounts(s, constraint_table[i])->count > 0)
            add_set(&made, s, constraint_table[i]);
    if (made.sets == 0)
        return NULL;
    take_memory(&made);
    struct constrain *constrain = MEM_NEW(struct constrain, 1);
    *constrain = made;
    return constrain;
}

void constrain_destroy(struct constrain *constrain)
{
    if (!constrain)
        return;
    for (size_t i = 0; i < constrain->sets; i++) {
        mem_free(constrain->set[i].layer);
        mem_free(constrain->set[i].now);
        mem_free(constrain->set[i].first);
    }
    mem_free(constrain->z);
    mem_free(constrain->u);
    mem_free(constrain->point);
    mem_free(constrain->scratch);
    mem_free(constrain->latent);
    mem_free(constrain);
}

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
