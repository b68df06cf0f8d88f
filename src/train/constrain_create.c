/* Which constraints a run has, in the form in which training keeps them. */
#include "train/constrain.h"

#include <stdlib.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"
#include "settings/options.h"

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
