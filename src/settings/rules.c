#include "settings/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "method/penalty.h"
#include "settings/data_settings.h"

bool rules_break(struct rule_check *check, const char *a, const char *b, const char *format, ...)
{
    check->involved[0] = option_find(a);
    check->involved[1] = option_find(b);
    va_list args;
    va_start(args, format);
    vsnprintf(check->err.text, sizeof check->err.text, format, args);
    va_end(args);
    return false;
}

bool rules_is_given(const struct rule_check *check, const char *path)
{
    return check->is_given[option_find(path)];
}

static bool check_bits(struct rule_check *check)
{
    const struct settings *s = check->settings;
    const int bits = (int)s->fixed_point.bits;
    const int slice = (int)s->fixed_point.slice_bits, cell = (int)s->crossbar.cell_bits;
    if (bits % slice != 0)
        return rules_break(check, "fixed_point.slice_bits", "fixed_point.bits",
                           "fixed_point.slice_bits %d does not divide fixed_point.bits %d", slice,
                           bits);
    if (cell != 0 && bits % cell != 0)
        return rules_break(check, "crossbar.cell_bits", "fixed_point.bits",
                           "crossbar.cell_bits %d does not divide fixed_point.bits %d", cell, bits);
    return true;
}

/* A number a channel, or none. */
static bool check_channels(struct rule_check *check, const struct real_list *list, const char *path)
{
    struct dataset set;
    data_settings_describe(&set, check->settings);
    if (list->count == 0 || list->count == set.channels)
        return true;
    return rules_break(check, path, "data.name",
                       "%s has %" PRId64 " numbers; allowed: %d, one for each channel of %s", path,
                       list->count, set.channels, set.name);
}

/* Shape and classes of an own set; what comes from its files is right already. */
static bool check_shape(struct rule_check *check)
{
    const struct settings *s = check->settings;
    const double *shape = s->data.shape.value;
    if (!data_settings_are_own(s))
        return true;
    if (s->data.shape.count != 3 || s->data.classes == 0)
        return rules_break(check, "data.shape", "data.file",
                           "data.file needs data.shape, as [channels, height, width], and "
                           "data.classes");
    return (shape[0] <= DATASET_CHANNELS &&
            shape[0] * shape[1] * shape[2] <= DATASET_SAMPLE_BYTES) ||
           rules_break(check, "data.shape", "data.file",
                       "data.shape is too large; allowed: %d channels, %d pixels in all",
                       DATASET_CHANNELS, DATASET_SAMPLE_BYTES);
}

static bool check_data(struct rule_check *check)
{
    const struct settings *s = check->settings;
    if (!check_shape(check))
        return false;
    return check_channels(check, &s->data.mean, "data.mean") &&
           check_channels(check, &s->data.std, "data.std");
}

static bool check_training(struct rule_check *check)
{
    const struct settings *s = check->settings;
    if (s->training.shards > s->training.batch)
        return rules_break(check, "training.shards", "training.batch",
                           "training.shards %" PRId64 " is more than training.batch %" PRId64
                           ": every shard needs a sample",
                           s->training.shards, s->training.batch);
    if (s->training.nesterov && s->training.momentum == 0)
        return rules_break(check, "training.nesterov", "training.momentum",
                           "training.nesterov needs training.momentum > 0");
    if (strcmp(s->training.select, "validation") == 0 && s->data.validation == 0)
        return rules_break(
            check, "training.select", "data.validation",
            "training.select is validation, but data.validation is 0: set "
            "data.validation to a number of samples, or training.select to test or last");
    return true;
}

/* The list is the whole network; an option of a model beside it would be ignored. */
static bool check_layers(struct rule_check *check)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        if (check->is_given[i] && entry->type != OPTION_LAYERS && option_is_in(entry, "network"))
            return rules_break(check, entry->path, "network.layers",
                               "network.layers is the whole network; leave %s out", entry->path);
    }
    return true;
}

static bool check_network(struct rule_check *check)
{
    const struct settings *s = check->settings;
    if (s->network.layers)
        return check_layers(check);
    if (strcmp(s->network.model, "resnet") == 0 && s->network.depth % 6 != 2)
        return rules_break(check, "network.depth", "network.model",
                           "network.depth %" PRId64
                           " of a resnet; allowed: 6n + 2, as 8, 14, 20, 32",
                           s->network.depth);
    return true;
}

static bool check_penalty(struct rule_check *check)
{
    const struct settings *s = check->settings;
    const struct penalty_class *penalty = penalty_find(s->penalty.name);
    if (!penalty)
        return true;
    if (!rules_is_given(check, "penalty.alpha"))
        return rules_break(check, "penalty.name", "penalty.alpha",
                           "penalty.name is %s, but penalty.alpha is missing", s->penalty.name);
    if (penalty->needs_codes && !s->fixed_point.quantise && !check->is_recorded)
        return rules_break(check, "penalty.name", "fixed_point.quantise",
                           "penalty.name %s needs fixed-point codes, but fixed_point.quantise is "
                           "false: there would be no penalty",
                           s->penalty.name);
    return true;
}

bool rules_check(struct rule_check *check)
{
    return check_bits(check) && check_data(check) && check_training(check) &&
           check_network(check) && check_penalty(check);
}
