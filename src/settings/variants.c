#include "settings/variants.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "settings/axes.h"
#include "settings/build_network.h"
#include "settings/data_settings.h"
#include "settings/effects.h"
#include "settings/overrides.h"
#include "settings/rules.h"
#include "settings/rules_constraints.h"

/* What an option that stands in one place of the file, or in one --set, does in the variants it is
 * for. */
struct trace {
    bool has_effect; /* in one of them at least */
    size_t idle;     /* 1 + index in experiment->runs of one where it has none; 0: there is none */
};

struct expansion {
    struct experiment_file *file;
    struct experiment_run *runs;
    struct trace of_section[OPTIONS_MAX];
    struct trace of_run[OPTIONS_MAX]; /* of the run whose variants are being made */
    struct trace *of_set;             /* [override_count], owned */
    struct dataset set;         /* the own data set that was looked at last; channels 0: none */
    char looked[SETTINGS_PATH]; /* its file */
    struct error *err;
};

/* ---- rules ---- */

/* Writes the message of a broken rule with the place that tells most: the --set, else the run, else
 * the section of the experiment. */
static bool rule_error(const struct experiment_file *file, const struct run_entry *run,
                       const struct sourced_settings *variant, const struct rule_check *check,
                       struct error *err)
{
    int of_run = 0, other = 0;
    for (int i = 1; i >= 0; i--) {
        const struct source source = variant->source[check->involved[i]];
        if (source.kind == SOURCE_SET)
            return error_set(err, "--set %.100s: run '%s': %s", file->overrides[source.at].text,
                             run->name, check->err.text);
        if (source.kind == SOURCE_RUN || source.kind == SOURCE_INHERITED)
            of_run = source.at;
        else if (source.kind != SOURCE_DEFAULT)
            other = source.at;
    }
    return experiment_file_error(file, run,
                                 of_run  ? of_run
                                 : other ? other
                                         : run->line,
                                 err, ": %s", check->err.text);
}

/* Whether the layers of a list fit each other and the data set, with the line of the first that does
 * not. */
static bool check_layers(const struct experiment_file *file, const struct run_entry *run,
                         const struct settings *settings, struct error *err)
{
    struct error why;
    int line;
    return build_network_check_layers(settings, &line, &why) ||
           experiment_file_error(file, run, line, err, ": network.layers: %s", why.text);
}

/* Constraints need to know how many layers there are, so the network comes before them. */
static bool check_rules(const struct experiment_file *file, const struct run_entry *run,
                        const struct sourced_settings *variant, struct error *err)
{
    struct rule_check check = {.settings = &variant->settings, .is_recorded = file->is_recorded};
    for (size_t i = 0; i < options_count; i++)
        check.is_given[i] = variant->source[i].kind != SOURCE_DEFAULT;
    if (!rules_check(&check))
        return rule_error(file, run, variant, &check, err);
    if (!check_layers(file, run, &variant->settings, err))
        return false;
    return rules_constraints_check(&check) || rule_error(file, run, variant, &check, err);
}

/* ---- options without effect ---- */

static struct trace *trace_of(struct expansion *x, size_t option, struct source source)
{
    return source.kind == SOURCE_SECTION ? &x->of_section[option]
           : source.kind == SOURCE_RUN   ? &x->of_run[option]
           : source.kind == SOURCE_SET   ? &x->of_set[source.at]
                                         : NULL;
}

/* Notes what the options of variant `at` of the experiment do: once with the file's own settings, since
 * a --set may leave some of them without effect, and once with all. */
static void trace_effects(struct expansion *x, const struct sourced_settings *variant, size_t at)
{
    for (size_t i = 0; i < options_count; i++) {
        struct trace *trace = trace_of(x, i, variant->source[i]);
        struct error why;
        if (!trace || trace->has_effect)
            continue;
        if (effects_has(&options_table[i], &variant->settings, &why))
            trace->has_effect = true;
        else
            trace->idle = at + 1;
    }
}

/* True for an option that has been asked for, and does nothing anywhere; `why` says why not. */
static bool is_idle(const struct expansion *x, const struct trace *trace, size_t option,
                    struct error *why)
{
    return !trace->has_effect && trace->idle > 0 &&
           !effects_has(&options_table[option], &x->runs[trace->idle - 1].settings, why);
}

static bool check_effects_of_run(const struct expansion *x, const struct run_entry *run)
{
    for (size_t i = 0; i < options_count; i++) {
        struct error why;
        int line = run->given.source[i].at;
        if (!is_idle(x, &x->of_run[i], i, &why))
            continue;
        for (size_t a = 0; a < run->axis_count; a++)
            if (run->axes[a].option == (int)i)
                line = run->axes[a].line;
        return experiment_file_error(x->file, run, line, x->err, ": %s", why.text);
    }
    return true;
}

static bool check_effects_of_file(const struct expansion *x)
{
    const struct experiment_file *file = x->file;
    struct error why;
    for (size_t i = 0; i < options_count; i++)
        if (is_idle(x, &x->of_section[i], i, &why))
            return error_set(x->err, "%.400s:%d: in no run: %s", file->name,
                             file->base.source[i].at, why.text);
    for (size_t i = 0; i < file->override_count; i++)
        if (is_idle(x, &x->of_set[i], (size_t)file->overrides[i].option, &why))
            return error_set(x->err, "--set %.100s: %s", file->overrides[i].text, why.text);
    return true;
}

/* ---- parents ---- */

static bool same_layers(const struct experiment_file *file, const struct run_entry *run,
                        const struct layer_list *child, const struct layer_list *parent,
                        struct error *err)
{
    char place[40] = "";
    const int at = child && parent ? layers_difference(child, parent) : child == parent ? -1 : 0;
    if (at < 0)
        return true;
    if (child && at < child->count)
        snprintf(place, sizeof place, ", the first of them on line %d", child->layer[at].line);
    return experiment_file_error(file, run, run->line, err,
                                 " has other network.layers than its parent '%s'%s",
                                 file->runs[run->parent].name, place);
}

/* A child starts from its parent's weights: same network, same numbers. */
static bool check_parent(const struct experiment_file *file, const struct run_entry *run,
                         const struct settings *child, const struct settings *parent,
                         struct error *err)
{
    if (!same_layers(file, run, child->network.layers, parent->network.layers, err))
        return false;
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        const bool is_shared = option_is_in(entry, "network") || option_is_in(entry, "fixed_point");
        if (!is_shared || option_value_equal(entry, child, parent))
            continue;
        const union option_value mine = option_value_get(entry, child),
                                 theirs = option_value_get(entry, parent);
        char now[OPTIONS_TEXT], was[OPTIONS_TEXT];
        option_value_print(entry, &mine, now);
        option_value_print(entry, &theirs, was);
        return experiment_file_error(file, run, run->line, err,
                                     " changes %s of its parent '%s' from %s to %s", entry->path,
                                     file->runs[run->parent].name, was, now);
    }
    return true;
}

/* ---- data ---- */

/* Whether the data set of the user's own is to be looked at. What is recorded has its shape; ranks may
 * read it alone. */
static bool is_own_data(const struct expansion *x, const struct sourced_settings *made)
{
    const struct source source = made->source[option_find("data.file")];
    return data_settings_are_own(&made->settings) &&
           (!x->file->is_recorded || source.kind == SOURCE_SET);
}

/* Shape and classes from the files of an own data set, which are looked at once for all runs with it. */
static bool take_shape(struct expansion *x, const struct run_entry *run,
                       struct sourced_settings *made)
{
    struct settings *s = &made->settings;
    if (!is_own_data(x, made))
        return true;
    if (strcmp(x->looked, s->data.file) != 0)
        x->set.channels = 0;
    snprintf(x->looked, sizeof x->looked, "%s", s->data.file);
    const int option = option_find("data.file");
    struct rule_check check = {
        .settings = s, .involved = {option, option}
    };
    return data_settings_look(s, x->file->lists, x->file->data, &x->set, &check.err) ||
           rule_error(x->file, run, made, &check, x->err);
}

/* ---- variants ---- */

static bool make_variant(struct expansion *x, const struct run_entry *run, size_t variant)
{
    struct sourced_settings made = run->given;
    axes_apply(run, variant, &made);
    trace_effects(x, &made, run->first + variant);
    overrides_apply(x->file, &made);
    trace_effects(x, &made, run->first + variant);
    if (!take_shape(x, run, &made))
        return false;

    struct experiment_run *out = &x->runs[run->first + variant];
    out->settings = made.settings;
    out->parent = run->parent < 0 ? -1 : (int)axes_parent_variant(x->file, run, variant);
    snprintf(out->base, sizeof out->base, "%s", run->name);
    return axes_name_variant(x->file, run, variant, out->name, x->err) &&
           check_rules(x->file, run, &made, x->err) &&
           (out->parent < 0 ||
            check_parent(x->file, run, &out->settings, &x->runs[out->parent].settings, x->err));
}

static bool make_variants(struct expansion *x)
{
    for (size_t r = 0; r < x->file->run_count; r++) {
        const struct run_entry *run = &x->file->runs[r];
        memset(x->of_run, 0, sizeof x->of_run);
        for (size_t v = 0; v < run->variants; v++)
            if (!make_variant(x, run, v))
                return false;
        if (!check_effects_of_run(x, run))
            return false;
    }
    return overrides_check_used(x->file, x->err) && check_effects_of_file(x);
}

bool variants_expand(struct experiment_file *file, struct experiment *experiment, struct error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < file->run_count; i++)
        if (!axes_inherit(file, &file->runs[i], &total, err))
            return false;
    if (!overrides_check(file, err))
        return false;
    experiment->run_count = total;
    experiment->runs = MEM_NEW(struct experiment_run, total);
    struct expansion expansion = {.file = file,
                                  .runs = experiment->runs,
                                  .of_set = MEM_NEW(struct trace, file->override_count),
                                  .err = err};
    const bool fine = make_variants(&expansion);
    mem_free(expansion.of_set);
    return fine;
}
