#include "settings/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "data/dataset.h"
#include "settings/options.h"

/* Always false; `a` and `b` are the paths of the options that disagree. */
__attribute__((format(printf, 5, 6))) static bool broken(int involved[2], struct error *err,
                                                         const char *a, const char *b,
                                                         const char *format, ...)
{
    involved[0] = option_find(a);
    involved[1] = option_find(b);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

static bool check_bits(const struct settings *s, int involved[2], struct error *err)
{
    const int bits = (int)s->fixed_point.bits;
    const int slice = (int)s->fixed_point.slice_bits, cell = (int)s->crossbar.cell_bits;
    if (bits % slice != 0)
        return broken(involved, err, "fixed_point.slice_bits", "fixed_point.bits",
                      "fixed_point.slice_bits %d does not divide fixed_point.bits %d", slice, bits);
    if (cell != 0 && bits % cell != 0)
        return broken(involved, err, "crossbar.cell_bits", "fixed_point.bits",
                      "crossbar.cell_bits %d does not divide fixed_point.bits %d", cell, bits);
    return true;
}

/* A number a channel, or none. */
static bool check_channels(const struct real_list *list, const char *path, const char *data,
                           int involved[2], struct error *err)
{
    struct dataset set;
    dataset_describe(&set, data);
    if (list->count == 0 || list->count == set.channels)
        return true;
    return broken(involved, err, path, "data.name",
                  "%s has %" PRId64 " numbers; allowed: %d, one for each channel of %s", path,
                  list->count, set.channels, data);
}

static bool check_data(const struct settings *s, int involved[2], struct error *err)
{
    return check_channels(&s->data.mean, "data.mean", s->data.name, involved, err) &&
           check_channels(&s->data.std, "data.std", s->data.name, involved, err);
}

static bool check_training(const struct settings *s, int involved[2], struct error *err)
{
    if (s->training.shards > s->training.batch)
        return broken(involved, err, "training.shards", "training.batch",
                      "training.shards %" PRId64 " is more than training.batch %" PRId64
                      ": every shard needs a sample",
                      s->training.shards, s->training.batch);
    if (s->training.nesterov && s->training.momentum == 0)
        return broken(involved, err, "training.nesterov", "training.momentum",
                      "training.nesterov needs training.momentum > 0");
    if (strcmp(s->training.select, "validation") == 0 && s->data.validation == 0)
        return broken(involved, err, "training.select", "data.validation",
                      "training.select is validation, but data.validation is 0: set "
                      "data.validation to a number of samples, or training.select to test or last");
    return true;
}

/* The list is the whole network; an option of a model beside it would be ignored. */
static bool check_layers(const bool *given, int involved[2], struct error *err)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        if (given[i] && entry->type != OPTION_LAYERS && strncmp(entry->path, "network.", 8) == 0)
            return broken(involved, err, entry->path, "network.layers",
                          "network.layers is the whole network; leave %s out", entry->path);
    }
    return true;
}

static bool check_network(const struct settings *s, const bool *given, int involved[2],
                          struct error *err)
{
    if (s->network.layers.count > 0)
        return check_layers(given, involved, err);
    if (strcmp(s->network.model, "resnet") == 0 && s->network.depth % 6 != 2)
        return broken(involved, err, "network.depth", "network.model",
                      "network.depth %" PRId64 " of a resnet; allowed: 6n + 2, as 8, 14, 20, 32",
                      s->network.depth);
    return true;
}

bool rules_check(const struct settings *settings, const bool *given, int involved[2],
                 struct error *err)
{
    if (!check_bits(settings, involved, err) || !check_data(settings, involved, err) ||
        !check_training(settings, involved, err) || !check_network(settings, given, involved, err))
        return false;
    if (strcmp(settings->penalty.name, "none") != 0 && !given[option_find("penalty.alpha")])
        return broken(involved, err, "penalty.name", "penalty.alpha",
                      "penalty.name is %s, but penalty.alpha is missing", settings->penalty.name);
    return true;
}
