#include "settings/variants.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "settings/build_network.h"
#include "settings/rules.h"
#include "settings/rules_constraints.h"

static const struct option_entry *entry_of(const struct axis *axis)
{
    return &options_table[axis->option];
}

/* "penalty.alpha" appears in names as "alpha". */
static const char *key_of(const struct axis *axis)
{
    const char *dot = strrchr(entry_of(axis)->path, '.');
    return dot ? dot + 1 : entry_of(axis)->path;
}

static struct axis *find_axis(struct axis *axes, size_t count, int option)
{
    for (size_t i = 0; i < count; i++)
        if (axes[i].option == option)
            return &axes[i];
    return NULL;
}

static bool find_value(const struct axis *axis, const char *value, size_t *index)
{
    for (size_t i = 0; i < axis->count; i++)
        if (strcmp(axis->values[i], value) == 0) {
            *index = i;
            return true;
        }
    return false;
}

/* Writes "file:line: run 'x'" and the rest of the sentence; always false. */
__attribute__((format(printf, 5, 6))) static bool run_error(const struct plan *plan,
                                                            const struct plan_run *run, int line,
                                                            struct error *err, const char *format,
                                                            ...)
{
    struct error message;
    va_list args;
    va_start(args, format);
    vsnprintf(message.text, sizeof message.text, format, args);
    va_end(args);
    return error_set(err, "%.400s:%d: run '%s'%s", plan->file, line, run->name, message.text);
}

/* ---- inheritance ---- */

/* A child may narrow an axis of its parent, not widen it: each variant needs its parent variant. */
static bool check_subset(const struct plan *plan, const struct plan_run *run,
                         const struct axis *own, const struct axis *of_parent, struct error *err)
{
    for (size_t i = 0, at; i < own->count; i++)
        if (!find_value(of_parent, own->values[i], &at))
            return run_error(plan, run, own->line, err,
                             " varies %s, but its parent '%s' has no variant with value '%s'",
                             entry_of(own)->path, plan->runs[run->parent].name, own->values[i]);
    return true;
}

/* Axes of the parent that the run does not have itself, then its own as written. */
static bool inherit_axes(const struct plan *plan, struct plan_run *run, struct error *err)
{
    if (run->parent < 0)
        return true;
    struct plan_run *parent = &plan->runs[run->parent];
    struct axis axes[2 * EXPERIMENT_MATRIX_AXES];
    size_t count = 0;
    for (size_t i = 0; i < parent->axis_count; i++) {
        const struct axis *axis = &parent->axes[i];
        const struct axis *own = find_axis(run->axes, run->axis_count, axis->option);
        if (own) {
            if (!check_subset(plan, run, own, axis, err))
                return false;
            continue;
        }
        if (run->layer.source[axis->option] == SOURCE_RUN)
            return run_error(plan, run, run->line, err,
                             " sets %s, which the matrix of its parent '%s' varies; leave it out, "
                             "or choose some of the values in a matrix of its own",
                             entry_of(axis)->path, parent->name);
        axes[count] = *axis;
        axes[count].inherited = true;
        axes[count++].line = run->line;
    }
    memcpy(axes + count, run->axes, run->axis_count * sizeof *axes);
    count += run->axis_count;
    if (count > EXPERIMENT_MATRIX_AXES)
        return run_error(plan, run, run->line, err,
                         " has %zu matrix axes with those of its parent '%s'; allowed: at most %d",
                         count, parent->name, EXPERIMENT_MATRIX_AXES);
    memcpy(run->axes, axes, count * sizeof *axes);
    run->axis_count = count;
    return true;
}

/* Names of variants use the last component of a path only. */
static bool check_keys(const struct plan *plan, const struct plan_run *run, struct error *err)
{
    for (size_t i = 0; i < run->axis_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(key_of(&run->axes[i]), key_of(&run->axes[j])) == 0)
                return run_error(plan, run, run->axes[i].line, err,
                                 " varies both %s and %s: in names of variants both are '%s'",
                                 entry_of(&run->axes[j])->path, entry_of(&run->axes[i])->path,
                                 key_of(&run->axes[i]));
    return true;
}

static bool count_variants(const struct plan *plan, struct plan_run *run, size_t *total,
                           struct error *err)
{
    run->first = *total;
    run->variants = 1;
    for (size_t i = 0; i < run->axis_count && run->variants <= EXPERIMENT_RUNS; i++)
        run->variants *= run->axes[i].count;
    *total += run->variants;
    if (*total > EXPERIMENT_RUNS)
        return run_error(plan, run, run->line, err,
                         " and its variants make more than %d runs in all", EXPERIMENT_RUNS);
    return true;
}

/* ---- --set ---- */

static bool check_overrides(const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->override_count; i++)
        for (size_t r = 0; r < plan->run_count; r++) {
            const struct plan_override *override = &plan->overrides[i];
            struct plan_run *run = &plan->runs[r];
            if (find_axis(run->axes, run->axis_count, override->option))
                return error_set(err, "--set %.100s: %s is varied by the matrix of run '%s'",
                                 override->text, options_table[override->option].path, run->name);
        }
    return true;
}

/* "--set epochs=3" is meant for the runs that train, a penalty's strength for those with one, a
 * constraint's options for those that have it. */
static bool concerns(const struct option_entry *entry, const struct settings *settings)
{
    const char *path = entry->path;
    if (!option_of_run(path))
        return true;
    if (strcmp(path, "epochs") == 0)
        return settings->epochs > 0;
    if (strncmp(path, "prune.", 6) == 0)
        return settings->prune.threshold > 0;
    if (strncmp(path, "penalty.", 8) == 0 && strcmp(path, "penalty.name") != 0)
        return strcmp(settings->penalty.name, "none") != 0;
    return !option_is_silent(entry, settings);
}

/* Penalty names first: they decide which runs the others concern, whatever the order given. */
static void apply_overrides(const struct plan *plan, struct layer *layer)
{
    const struct settings before = layer->settings;
    const int penalty = option_find("penalty.name");
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < plan->override_count; i++) {
            struct plan_override *override = &plan->overrides[i];
            const struct option_entry *entry = &options_table[override->option];
            if ((override->option == penalty) != (pass == 0))
                continue;
            /* epochs and prune as in the file, or a second "epochs=…" would not find the run */
            struct settings seen = before;
            seen.penalty = layer->settings.penalty;
            struct error unused; /* the value was checked when it was read */
            if (!concerns(entry, &seen))
                continue;
            option_set(entry, &layer->settings, override->value, &unused);
            layer->source[override->option] = SOURCE_SET + (int)i;
            override->used = true;
        }
}

/* What an option that concerns() only some runs asks of them. */
static const char *asks_for(const struct option_entry *entry)
{
    const struct option_entry *list = option_switch(entry);
    if (list)
        return list->path;
    return strcmp(entry->path, "epochs") == 0         ? "epochs > 0"
           : strncmp(entry->path, "prune.", 6) == 0   ? "prune.threshold > 0"
           : strncmp(entry->path, "penalty.", 8) == 0 ? "a penalty"
                                                      : "a constraint";
}

static bool check_used(const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->override_count; i++)
        if (!plan->overrides[i].used)
            return error_set(err, "--set %.100s: concerns no run: none has %s",
                             plan->overrides[i].text,
                             asks_for(&options_table[plan->overrides[i].option]));
    return true;
}

/* ---- variants ---- */

/* Writes the message of a broken rule with the place that tells most: the --set, else the run, else
 * the line of the experiment's section. */
static bool rule_error(const struct plan *plan, const struct plan_run *run,
                       const struct layer *layer, const int involved[2], struct error *err)
{
    const struct error message = *err;
    int line = 0;
    for (int i = 0; i < 2; i++) {
        const int source = layer->source[involved[i]];
        if (source >= SOURCE_SET)
            return error_set(err, "--set %.100s: run '%s': %s",
                             plan->overrides[source - SOURCE_SET].text, run->name, message.text);
        if (source == SOURCE_RUN)
            line = run->line;
        else if (line == 0)
            line = source;
    }
    return run_error(plan, run, line ? line : run->line, err, ": %s", message.text);
}

/* Constraints need to know how many layers there are. */
enum rules { BEFORE_NETWORK, BEHIND_NETWORK };

static bool check_rules(const struct plan *plan, const struct plan_run *run,
                        const struct layer *layer, enum rules check, struct error *err)
{
    bool given[OPTIONS_MAX];
    for (size_t i = 0; i < options_count; i++)
        given[i] = layer->source[i] != SOURCE_DEFAULT;
    int involved[2];
    return (check == BEFORE_NETWORK ? rules_check : constrain_check)(&layer->settings, given,
                                                                     involved, err) ||
           rule_error(plan, run, layer, involved, err);
}

/* Whether the layers of a list fit each other and the data set, with the line of the first that does
 * not. */
static bool check_layers(const struct plan *plan, const struct plan_run *run,
                         const struct settings *settings, struct error *err)
{
    struct error why;
    int line;
    return check_network(settings, &line, &why) ||
           run_error(plan, run, line, err, ": network.layers: %s", why.text);
}

static bool same_layers(const struct plan *plan, const struct plan_run *run,
                        const struct layer_list *child, const struct layer_list *parent,
                        struct error *err)
{
    const int at = layers_difference(child, parent);
    char place[40] = "";
    if (at < 0)
        return true;
    if (at < child->count)
        snprintf(place, sizeof place, ", the first of them on line %d", child->layer[at].line);
    return run_error(plan, run, run->line, err, " has other network.layers than its parent '%s'%s",
                     plan->runs[run->parent].name, place);
}

/* A child starts from its parent's weights: same network, same numbers. */
static bool check_parent(const struct plan *plan, const struct plan_run *run,
                         const struct settings *child, const struct settings *parent,
                         struct error *err)
{
    if (!same_layers(plan, run, &child->network.layers, &parent->network.layers, err))
        return false;
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        if (strncmp(entry->path, "network.", 8) != 0 &&
            strncmp(entry->path, "fixed_point.", 12) != 0)
            continue;
        char mine[OPTIONS_TEXT], theirs[OPTIONS_TEXT];
        option_print(entry, child, mine);
        option_print(entry, parent, theirs);
        if (strcmp(mine, theirs) != 0)
            return run_error(plan, run, run->line, err,
                             " changes %s of its parent '%s' from %s to %s", entry->path,
                             plan->runs[run->parent].name, theirs, mine);
    }
    return true;
}

/* Index of value `axis` of variant `variant`: the last axis as written runs fastest. */
static size_t value_index(const struct plan_run *run, size_t variant, size_t axis)
{
    for (size_t i = run->axis_count - 1; i > axis; i--)
        variant /= run->axes[i].count;
    return variant % run->axes[axis].count;
}

/* The variant of the parent that has the same values on the parent's axes. */
static size_t parent_variant(const struct plan *plan, struct plan_run *run, size_t variant)
{
    const struct plan_run *parent = &plan->runs[run->parent];
    size_t index = 0;
    for (size_t i = 0; i < parent->axis_count; i++) {
        const struct axis *axis = find_axis(run->axes, run->axis_count, parent->axes[i].option);
        const char *value = axis->values[value_index(run, variant, (size_t)(axis - run->axes))];
        size_t at = 0;
        find_value(&parent->axes[i], value, &at);
        index = index * parent->axes[i].count + at;
    }
    return parent->first + index;
}

/* A list has no place in a file name: "[300, 100]" becomes "300+100", "[]" becomes "none". */
static void value_for_name(const char *value, char text[OPTIONS_TEXT])
{
    if (strcmp(value, "[]") == 0)
        value = "none";
    size_t n = 0;
    for (; *value; value++)
        if (*value == ',')
            text[n++] = '+';
        else if (!strchr("[] ", *value))
            text[n++] = *value;
    text[n] = '\0';
}

/* "bitslice@alpha=2,seed=1": keys in alphabetical order. */
static bool name_variant(const struct plan *plan, const struct plan_run *run, size_t variant,
                         char name[EXPERIMENT_NAME], struct error *err)
{
    snprintf(name, EXPERIMENT_NAME, "%s", run->name);
    const char *before = "";
    for (size_t n = 0; n < run->axis_count; n++) {
        size_t next = run->axis_count; /* smallest key after `before` */
        for (size_t i = 0; i < run->axis_count; i++)
            if (strcmp(key_of(&run->axes[i]), before) > 0 &&
                (next == run->axis_count ||
                 strcmp(key_of(&run->axes[i]), key_of(&run->axes[next])) < 0))
                next = i;
        before = key_of(&run->axes[next]);
        char value[OPTIONS_TEXT];
        value_for_name(run->axes[next].values[value_index(run, variant, next)], value);
        const size_t used = strlen(name);
        const int needed = snprintf(name + used, EXPERIMENT_NAME - used, "%c%s=%s",
                                    n == 0 ? '@' : ',', before, value);
        if (used + (size_t)needed >= EXPERIMENT_NAME)
            return run_error(plan, run, run->line, err,
                             ": the name of a variant is too long: '%s...'; allowed: at most %d "
                             "characters",
                             name, EXPERIMENT_NAME - 1);
    }
    return true;
}

static bool make_variant(const struct plan *plan, struct plan_run *run, size_t variant,
                         struct experiment_run *runs, struct error *err)
{
    struct layer layer = run->layer;
    for (size_t i = 0; i < run->axis_count; i++) {
        const struct axis *axis = &run->axes[i];
        struct error unused; /* the value was checked when it was read */
        option_set(entry_of(axis), &layer.settings, axis->values[value_index(run, variant, i)],
                   &unused);
        layer.source[axis->option] = SOURCE_RUN;
    }
    apply_overrides(plan, &layer);

    struct experiment_run *out = &runs[run->first + variant];
    out->settings = layer.settings;
    out->parent = run->parent < 0 ? -1 : (int)parent_variant(plan, run, variant);
    snprintf(out->base, sizeof out->base, "%s", run->name);
    return name_variant(plan, run, variant, out->name, err) &&
           check_rules(plan, run, &layer, BEFORE_NETWORK, err) &&
           check_layers(plan, run, &out->settings, err) &&
           check_rules(plan, run, &layer, BEHIND_NETWORK, err) &&
           (out->parent < 0 ||
            check_parent(plan, run, &out->settings, &runs[out->parent].settings, err));
}

bool matrix_expand(struct plan *plan, struct experiment *experiment, struct error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < plan->run_count; i++) {
        struct plan_run *run = &plan->runs[i];
        if (!inherit_axes(plan, run, err) || !check_keys(plan, run, err) ||
            !count_variants(plan, run, &total, err))
            return false;
    }
    if (!check_overrides(plan, err))
        return false;
    experiment->run_count = total;
    experiment->runs = MEM_NEW(struct experiment_run, total);
    for (size_t i = 0; i < plan->run_count; i++)
        for (size_t v = 0; v < plan->runs[i].variants; v++)
            if (!make_variant(plan, &plan->runs[i], v, experiment->runs, err))
                return false;
    return check_used(plan, err);
}
