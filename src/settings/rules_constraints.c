#include "settings/rules_constraints.h"

#include <string.h>

#include "hw/bit_slice.h"
#include "settings/build_network.h"
#include "settings/constraint_settings.h"
#include "settings/crossbar_settings.h"
#include "settings/options.h"

static bool broken(int involved[2], const char *a, const char *b)
{
    involved[0] = option_find(a);
    involved[1] = option_find(b);
    return false;
}

/* `numbers` for all layers, or so many for each. */
static bool check_list(const struct real_list *list, const char *path, size_t numbers,
                       size_t layers, int involved[2], struct error *err)
{
    const size_t count = (size_t)list->count;
    if (count == 0 || count == numbers || count == numbers * layers)
        return true;
    broken(involved, path, path);
    return error_set(err,
                     "%s has %zu numbers; allowed: %zu for all layers, or %zu, that is %zu for "
                     "each of the %zu weight layers",
                     path, count, numbers, numbers * layers, numbers, layers);
}

/* One number a layer, or one for each slice. */
static bool check_length(const struct settings *s, const struct constraint_class *class,
                         size_t layers, int involved[2], struct error *err)
{
    const int slices = crossbar_slices(settings_crossbar_format(s));
    const size_t numbers = class->is_per_slice ? (size_t)slices : 1;
    return check_list(option_amounts(s, class), options_table[option_of_constraint(class)].path,
                      numbers, layers, involved, err);
}

/* Options of a constraint or of the group lasso beside the list that says on which layers it is. */
static bool check_switched_on(const struct settings *s, const bool *given, int involved[2],
                              struct error *err)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i], *list = option_switch(entry);
        if (given[i] && list && list != entry && option_is_silent(entry, s)) {
            broken(involved, entry->path, list->path);
            return error_set(err, "%s without %s: of which layers?", entry->path, list->path);
        }
    }
    return true;
}

/* The group lasso: a second penalty with a list of its own. */
static bool check_groups(const struct settings *s, const bool *given, int involved[2],
                         struct error *err)
{
    static const char group[] = "group-lasso.group", alpha[] = "group-lasso.alpha";
    const bool has_groups = s->group_lasso.group.count > 0;
    if (has_groups && !given[option_find(alpha)]) {
        broken(involved, group, alpha);
        return error_set(err, "%s is given, but %s is missing", group, alpha);
    }
    return !has_groups ||
           check_list(&s->group_lasso.group, group, 1, count_weight_layers(s), involved, err);
}

/* What one constraint has made, and another would not keep. */
static bool is_undone(const struct constraint_class *class, const struct constraint_class *by)
{
    return class != by && (class->stands_alone || (class->shares_values && by->holds_exponent));
}

/* What one constraint has made must not be undone by another, or by weights that are masked. */
static bool check_others(const struct settings *s, const struct constraint_class *class,
                         size_t layers, int involved[2], struct error *err)
{
    const char *path = options_table[option_of_constraint(class)].path;
    for (size_t i = 0; i < constraint_count; i++) {
        const char *other = options_table[option_of_constraint(constraint_table[i])].path;
        for (size_t l = 0; l < layers && is_undone(class, constraint_table[i]); l++)
            if (constrain_asks(s, class, l) && constrain_asks(s, constraint_table[i], l)) {
                broken(involved, path, other);
                return error_set(err, "%s and %s on weight layer %zu: one would undo the other",
                                 path, other, l + 1);
            }
    }
    if (!class->stands_alone || s->prune.threshold == 0.0)
        return true;
    broken(involved, path, "prune.threshold");
    return error_set(err, "%s and prune.threshold: what is pruned would not stay zero", path);
}

/* Result files name every option of the section, with its default. */
static bool is_changed(const struct settings *s, const char *path)
{
    const struct option_entry *entry = &options_table[option_find(path)];
    char text[OPTIONS_TEXT];
    option_print(entry, s, text);
    return strcmp(text, entry->standard) != 0;
}

static bool check_imposing(const struct settings *s, const bool *given, bool is_active,
                           int involved[2], struct error *err)
{
    static const char *const only_admm[] = {"impose.rho", "impose.growth"},
                             gain[] = "circulant.gain";
    for (size_t i = 0; i < options_count && !is_active; i++)
        if (given[i] && strncmp(options_table[i].path, "impose.", 7) == 0) {
            broken(involved, options_table[i].path, options_table[i].path);
            return error_set(err, "%s without a constraint; allowed with one of: %s",
                             options_table[i].path, constraint_options());
        }
    for (int i = 0; i < 2; i++)
        if (is_changed(s, only_admm[i]) && strcmp(s->impose.by, "admm") != 0) {
            broken(involved, only_admm[i], "impose.by");
            return error_set(err, "%s is ADMM's, but impose.by is %s", only_admm[i], s->impose.by);
        }
    if (is_changed(s, gain) && strcmp(s->impose.by, "admm") == 0) {
        broken(involved, gain, "impose.by");
        return error_set(err, "%s is for tied weights, but impose.by is admm, which ties none",
                         gain);
    }
    if (s->impose.every > 0 && strcmp(s->impose.by, "forward") == 0) {
        broken(involved, "impose.every", "impose.by");
        return error_set(err, "impose.every: impose.by is forward, which projects in every step");
    }
    return true;
}

/* The lists of all constraints first: rules between two of them look at every layer. */
static bool check_lists(const struct settings *s, size_t layers, int involved[2], struct error *err)
{
    for (size_t i = 0; i < constraint_count; i++)
        if (!check_length(s, constraint_table[i], layers, involved, err))
            return false;
    return true;
}

static bool check_constraint(const struct settings *s, const struct constraint_class *class,
                             size_t layers, int involved[2], struct error *err)
{
    const char *path = options_table[option_of_constraint(class)].path;
    if (class->holds_exponent && !s->fixed_point.quantise) {
        broken(involved, path, "fixed_point.quantise");
        return error_set(err, "%s needs fixed-point codes, but fixed_point.quantise is false",
                         path);
    }
    return check_others(s, class, layers, involved, err);
}

bool constrain_check(const struct settings *s, const bool *given, int involved[2],
                     struct error *err)
{
    size_t layers = 0;
    for (size_t i = 0; i < constraint_count && layers == 0; i++)
        if (option_amounts(s, constraint_table[i])->count > 0)
            layers = count_weight_layers(s);
    if (layers > 0 && !check_lists(s, layers, involved, err))
        return false;
    for (size_t i = 0; i < constraint_count; i++)
        if (option_amounts(s, constraint_table[i])->count > 0 &&
            !check_constraint(s, constraint_table[i], layers, involved, err))
            return false;
    return check_switched_on(s, given, involved, err) && check_groups(s, given, involved, err) &&
           check_imposing(s, given, layers > 0, involved, err);
}
