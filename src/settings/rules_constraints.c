#include "settings/rules_constraints.h"

#include <string.h>

#include "hw/bit_slice.h"
#include "settings/adc_settings.h"
#include "settings/build_network.h"
#include "settings/constraint_settings.h"
#include "settings/crossbar_settings.h"

/* `numbers` for all layers, or so many for each. */
static bool check_list(struct rule_check *check, const struct real_list *list, const char *path,
                       size_t numbers, size_t layers)
{
    const size_t count = (size_t)list->count;
    if (count == 0 || count == numbers || count == numbers * layers)
        return true;
    return rules_break(check, path, path,
                       "%s has %zu numbers; allowed: %zu for all layers, or %zu, that is %zu for "
                       "each of the %zu weight layers",
                       path, count, numbers, numbers * layers, numbers, layers);
}

/* One number a layer, or one for each slice. */
static bool check_length(struct rule_check *check, const struct constraint_class *class,
                         size_t layers)
{
    const struct settings *s = check->settings;
    const int slices = crossbar_slices(settings_crossbar_format(s));
    const size_t numbers = class->is_per_slice ? (size_t)slices : 1;
    return check_list(check, option_amounts(s, class),
                      options_table[option_of_constraint(class)].path, numbers, layers);
}

/* The group lasso: a second penalty with a list of its own. */
static bool check_groups(struct rule_check *check)
{
    static const char group[] = "group-lasso.group", alpha[] = "group-lasso.alpha";
    const struct real_list *list = &check->settings->group_lasso.group;
    if (list->count == 0)
        return true;
    if (!rules_is_given(check, alpha))
        return rules_break(check, group, alpha, "%s is given, but %s is missing", group, alpha);
    return check_list(check, list, group, 1, build_network_count(check->settings).weights);
}

/* What one constraint has made, and another would not keep. */
static bool is_undone(const struct constraint_class *class, const struct constraint_class *by)
{
    return class != by && (class->stands_alone || (class->shares_values && by->holds_exponent));
}

/* What one constraint has made must not be undone by another, or by weights that are masked. */
static bool check_others(struct rule_check *check, const struct constraint_class *class,
                         size_t layers)
{
    const struct settings *s = check->settings;
    const char *path = options_table[option_of_constraint(class)].path;
    for (size_t i = 0; i < constraint_count; i++) {
        const struct constraint_class *by = constraint_table[i];
        const char *other = options_table[option_of_constraint(by)].path;
        for (size_t l = 0; l < layers && is_undone(class, by); l++)
            if (constraint_settings_asks(s, class, l) && constraint_settings_asks(s, by, l))
                return rules_break(check, path, other,
                                   "%s and %s on weight layer %zu: one would undo the other", path,
                                   other, l + 1);
    }
    if (!class->stands_alone || s->prune.threshold == 0.0)
        return true;
    return rules_break(check, path, "prune.threshold",
                       "%s and prune.threshold: what is pruned would not stay zero", path);
}

/* The lists of all constraints first: rules between two of them look at every layer. */
static bool check_lists(struct rule_check *check, size_t layers)
{
    for (size_t i = 0; i < constraint_count; i++)
        if (!check_length(check, constraint_table[i], layers))
            return false;
    return true;
}

/* Limits of a column are those of its cuts by the first of its own rows. */
static bool check_conv_groups(struct rule_check *check, const char *path)
{
    const bool is_by_column =
        strcmp(path, "adc-limit.bits") == 0 || strcmp(path, "column-sparsity.nonzeros") == 0;
    return !is_by_column || build_network_count(check->settings).cut_groups == 0 ||
           rules_break(check, path, "crossbar.rows",
                       "%s does not know convolutions whose groups have more rows than an array, "
                       "unless crossbar.rows divides them",
                       path);
}

static bool check_constraint(struct rule_check *check, const struct constraint_class *class,
                             size_t layers)
{
    const char *path = options_table[option_of_constraint(class)].path;
    if (option_amounts(check->settings, class)->count == 0)
        return true;
    if (class->holds_exponent && !check->settings->fixed_point.quantise)
        return rules_break(check, path, "fixed_point.quantise",
                           "%s needs fixed-point codes, but fixed_point.quantise is false", path);
    return check_conv_groups(check, path) && check_others(check, class, layers);
}

/* One share of the network is one number; a start that is not above the end is none. */
static bool check_slices(struct rule_check *check)
{
    static const char keep[] = "slice-sparsity.keep", prices[] = "slice-sparsity.prices";
    static const char start[] = "slice-sparsity.start", ramp[] = "slice-sparsity.ramp";
    const struct settings *s = check->settings;
    const int slices = crossbar_slices(settings_crossbar_format(s));
    if (s->slice_sparsity.keep.count == 0)
        return true;
    if (s->slice_sparsity.keep.count > 1 && strcmp(s->slice_sparsity.over, "network") == 0)
        return rules_break(check, keep, "slice-sparsity.over",
                           "%s has %d numbers, but slice-sparsity.over is network; allowed: one",
                           keep, (int)s->slice_sparsity.keep.count);
    if (s->slice_sparsity.prices.count > 0 && s->slice_sparsity.prices.count != slices)
        return rules_break(check, prices, prices, "%s has %d numbers; allowed: %d, one a slice",
                           prices, (int)s->slice_sparsity.prices.count, slices);
    if (s->slice_sparsity.ramp == 0.0 && s->slice_sparsity.start < 1.0)
        return rules_break(check, start, ramp, "%s has no effect: %s is 0", start, ramp);
    for (int i = 0; i < s->slice_sparsity.keep.count; i++)
        if (s->slice_sparsity.start < s->slice_sparsity.keep.value[i])
            return rules_break(check, start, keep, "%s is %g, less than %s, which is %g", start,
                               s->slice_sparsity.start, keep, s->slice_sparsity.keep.value[i]);
    return true;
}

/* Converters in the loop: as many numbers a layer as it has slices, or one. */
static bool check_adc(struct rule_check *check)
{
    static const char path[] = "adc.bits";
    const struct settings *s = check->settings;
    if (!adc_settings_are_on(s))
        return true;
    if (!s->fixed_point.quantise)
        return rules_break(check, path, "fixed_point.quantise",
                           "%s needs fixed-point codes, but fixed_point.quantise is false", path);
    if (s->adc.bits.count == 1) /* for all slices of all layers */
        return true;
    return check_list(check, &s->adc.bits, path,
                      (size_t)crossbar_slices(settings_crossbar_format(s)),
                      build_network_count(s).weights);
}

static bool check_recalibration(struct rule_check *check)
{
    static const char path[] = "recalibrate";
    const struct settings *s = check->settings;
    if (strcmp(s->recalibrate, "none") == 0)
        return true;
    const struct network_counts counts = build_network_count(s);
    if (strcmp(s->recalibrate, "batch-norm") == 0)
        return counts.batch_norms > 0 ||
               rules_break(check, path, "network.model",
                           "%s is batch-norm, but the network has none; allowed: none%s", path,
                           adc_settings_are_on(s) && counts.biases > 0 ? ", bias" : "");
    if (!adc_settings_are_on(s))
        return rules_break(
            check, path, "adc.bits",
            "%s is bias, but without adc.bits nothing is lost that biases could make "
            "up for",
            path);
    return counts.biases > 0 ||
           rules_break(check, path, "network.model",
                       "%s is bias, but no weight layer has one; allowed: none%s", path,
                       counts.batch_norms > 0 ? ", batch-norm" : "");
}

bool rules_constraints_check(struct rule_check *check)
{
    if (options_have_constraint(check->settings)) {
        const size_t layers = build_network_count(check->settings).weights;
        if (!check_lists(check, layers))
            return false;
        for (size_t i = 0; i < constraint_count; i++)
            if (!check_constraint(check, constraint_table[i], layers))
                return false;
    }
    return check_slices(check) && check_groups(check) && check_adc(check) &&
           check_recalibration(check);
}
