#include "settings/axes.h"

#include <stdio.h>
#include <string.h>

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

static const struct axis *find_axis(const struct axis *axes, size_t count, int option)
{
    for (size_t i = 0; i < count; i++)
        if (axes[i].option == option)
            return &axes[i];
    return NULL;
}

/* Index of a value, or axis->count. */
static size_t find_value(const struct axis *axis, const union option_value *value)
{
    for (size_t i = 0; i < axis->count; i++)
        if (option_value_same(entry_of(axis), &axis->values[i], value))
            return i;
    return axis->count;
}

/* ---- inheritance ---- */

/* A child may narrow an axis of its parent, not widen it: each variant needs its parent variant. */
static bool check_subset(const struct experiment_file *file, const struct run_entry *run,
                         const struct axis *own, const struct axis *of_parent, struct error *err)
{
    for (size_t i = 0; i < own->count; i++)
        if (find_value(of_parent, &own->values[i]) == of_parent->count) {
            char text[OPTIONS_TEXT];
            option_value_print(entry_of(own), &own->values[i], text);
            return experiment_file_error(
                file, run, own->line, err,
                " varies %s, but its parent '%s' has no variant with value '%s'",
                entry_of(own)->path, file->runs[run->parent].name, text);
        }
    return true;
}

/* Axes of the parent that the run does not have itself, then its own as written. */
static bool inherit_axes(const struct experiment_file *file, struct run_entry *run,
                         struct error *err)
{
    if (run->parent < 0)
        return true;
    struct run_entry *parent = &file->runs[run->parent];
    struct axis axes[2 * EXPERIMENT_MATRIX_AXES];
    size_t count = 0;
    for (size_t i = 0; i < parent->axis_count; i++) {
        const struct axis *axis = &parent->axes[i];
        const struct axis *own = find_axis(run->axes, run->axis_count, axis->option);
        if (own) {
            if (!check_subset(file, run, own, axis, err))
                return false;
            continue;
        }
        if (run->given.source[axis->option].kind == SOURCE_RUN)
            return experiment_file_error(
                file, run, run->line, err,
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
        return experiment_file_error(
            file, run, run->line, err,
            " has %zu matrix axes with those of its parent '%s'; allowed: at most %d", count,
            parent->name, EXPERIMENT_MATRIX_AXES);
    memcpy(run->axes, axes, count * sizeof *axes);
    run->axis_count = count;
    return true;
}

/* Names of variants use the last component of a path only. */
static bool check_keys(const struct experiment_file *file, const struct run_entry *run,
                       struct error *err)
{
    for (size_t i = 0; i < run->axis_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(key_of(&run->axes[i]), key_of(&run->axes[j])) == 0)
                return experiment_file_error(
                    file, run, run->axes[i].line, err,
                    " varies both %s and %s: in names of variants both are '%s'",
                    entry_of(&run->axes[j])->path, entry_of(&run->axes[i])->path,
                    key_of(&run->axes[i]));
    return true;
}

static bool count_variants(const struct experiment_file *file, struct run_entry *run, size_t *total,
                           struct error *err)
{
    run->first = *total;
    run->variants = 1;
    for (size_t i = 0; i < run->axis_count && run->variants <= EXPERIMENT_RUNS; i++)
        run->variants *= run->axes[i].count;
    *total += run->variants;
    if (*total > EXPERIMENT_RUNS)
        return experiment_file_error(file, run, run->line, err,
                                     " and its variants make more than %d runs in all",
                                     EXPERIMENT_RUNS);
    return true;
}

bool axes_inherit(const struct experiment_file *file, struct run_entry *run, size_t *total,
                  struct error *err)
{
    return inherit_axes(file, run, err) && check_keys(file, run, err) &&
           count_variants(file, run, total, err);
}

bool axes_vary(const struct run_entry *run, int option)
{
    return find_axis(run->axes, run->axis_count, option) != NULL;
}

/* ---- variants ---- */

/* Index of value `axis` of variant `variant`: the last axis as written runs fastest. */
static size_t value_index(const struct run_entry *run, size_t variant, size_t axis)
{
    for (size_t i = run->axis_count - 1; i > axis; i--)
        variant /= run->axes[i].count;
    return variant % run->axes[axis].count;
}

static const union option_value *value_of(const struct run_entry *run, size_t variant, size_t axis)
{
    return &run->axes[axis].values[value_index(run, variant, axis)];
}

size_t axes_parent_variant(const struct experiment_file *file, const struct run_entry *run,
                           size_t variant)
{
    const struct run_entry *parent = &file->runs[run->parent];
    size_t index = 0;
    for (size_t i = 0; i < parent->axis_count; i++) {
        const struct axis *axis = find_axis(run->axes, run->axis_count, parent->axes[i].option);
        const union option_value *value = value_of(run, variant, (size_t)(axis - run->axes));
        index = index * parent->axes[i].count + find_value(&parent->axes[i], value);
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

/* Keys in alphabetical order. */
bool axes_name_variant(const struct experiment_file *file, const struct run_entry *run,
                       size_t variant, char name[EXPERIMENT_NAME], struct error *err)
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
        char text[OPTIONS_TEXT], value[OPTIONS_TEXT];
        option_value_print(entry_of(&run->axes[next]), value_of(run, variant, next), text);
        value_for_name(text, value);
        const size_t used = strlen(name);
        const int needed = snprintf(name + used, EXPERIMENT_NAME - used, "%c%s=%s",
                                    n == 0 ? '@' : ',', before, value);
        if (used + (size_t)needed >= EXPERIMENT_NAME)
            return experiment_file_error(
                file, run, run->line, err,
                ": the name of a variant is too long: '%s...'; allowed: at most %d "
                "characters",
                name, EXPERIMENT_NAME - 1);
    }
    return true;
}

void axes_apply(const struct run_entry *run, size_t variant, struct sourced_settings *to)
{
    for (size_t i = 0; i < run->axis_count; i++) {
        const struct axis *axis = &run->axes[i];
        option_value_put(entry_of(axis), &to->settings, value_of(run, variant, i));
        to->source[axis->option] =
            (struct source){axis->inherited ? SOURCE_INHERITED : SOURCE_RUN, axis->line};
    }
}
