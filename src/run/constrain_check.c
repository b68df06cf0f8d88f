#include "run/constrain_check.h"

#include <string.h>

#include "hw/bit_slice.h"
#include "run/build_network.h"
#include "run/options.h"

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
    const size_t cell = (size_t)s->crossbar.cell_bits;
    const size_t width = cell > 0 ? cell : (size_t)s->fixed_point.slice_bits;
    const size_t numbers = class->is_per_slice ? (size_t)s->fixed_point.bits / width : 1;
    return check_list(option_amounts(s, class), options_table[option_of_constraint(class)].path,
                      numbers, layers, involved, err);
}

/* The group lasso: a second penalty with a list of its own. */
static bool check_groups(const struct settings *s, const bool *given, int involved[2],
                         struct error *err)
{
    static const char group[] = "group-lasso.group", alpha[] = "group-lasso.alpha";
    const bool has_groups = s->group_lasso.group.count > 0;
    for (size_t i = 0; i < options_count; i++)
        if (given[i] && !has_groups && strncmp(options_table[i].path, "group-lasso.", 12) == 0) {
            broken(involved, options_table[i].path, group);
            return error_set(err, "%s without %s: which layers have groups?", options_table[i].path,
                             group);
        }
    if (has_groups && !given[option_find(alpha)]) {
        broken(involved, group, alpha);
        return error_set(err, "%s is given, but %s is missing", group, alpha);
    }
    return !has_groups ||
           check_list(&s->group_lasso.group, group, 1, count_weight_layers(s), involved, err);
}

/* Whether a constraint is asked of a weight layer; those with a number for each slice of all. */
static bool is_asked(const struct settings *s, const struct constraint_class *class, size_t layer)
{
    const struct real_list *list = option_amounts(s, class);
    return list->count > 0 &&
           (class->is_per_slice || list->value[list->count > 1 ? layer : 0] > 0.0);
}

/* What one constraint has made must not be undone by another, or by weights that are masked. */
static bool check_alone(const struct settings *s, const struct constraint_class *class,
                        size_t layers, int involved[2], struct error *err)
{
    const char *path = options_table[option_of_constraint(class)].path;
    for (size_t i = 0; i < constraint_count; i++) {
        const char *other = options_table[option_of_constraint(constraint_table[i])].path;
        for (size_t l = 0; l < layers && constraint_table[i] != class; l++)
            if (is_asked(s, class, l) && is_asked(s, constraint_table[i], l)) {
                broken(involved, path, other);
                return error_set(err, "%s and %s on weight layer %zu: one would undo the other",
                                 path, other, l + 1);
            }
    }
    if (s->prune.threshold == 0.0)
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
    static const char *const only_admm[] = {"impose.rho", "impose.growth"};
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
    if (s->impose.every > 0 && strcmp(s->impose.by, "forward") == 0) {
        broken(involved, "impose.every", "impose.by");
        return error_set(err, "impose.every: impose.by is forward, which projects in every step");
    }
    return true;
}

bool constrain_check(const struct settings *s, const bool *given, int involved[2],
                     struct error *err)
{
    size_t layers = 0;
    for (size_t i = 0; i < constraint_count; i++) {
        const struct constraint_class *class = constraint_table[i];
        const char *path = options_table[option_of_constraint(class)].path;
        if (option_amounts(s, class)->count == 0)
            continue;
        layers = layers > 0 ? layers : count_weight_layers(s);
        if (!check_length(s, class, layers, involved, err))
            return false;
        if (class->stands_alone && !check_alone(s, class, layers, involved, err))
            return false;
        if (class->holds_exponent && !s->fixed_point.quantise) {
            broken(involved, path, "fixed_point.quantise");
            return error_set(err, "%s needs fixed-point codes, but fixed_point.quantise is false",
                             path);
        }
    }
    return check_groups(s, given, involved, err) &&
           check_imposing(s, given, layers > 0, involved, err);
}
