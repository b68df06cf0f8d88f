/* The second half of settings/layer_text.h: lists of layers as text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "settings/layer_keys.h"
#include "settings/layer_text.h"

enum { LINE = 256 }; /* bytes of the longest line, indent included */

size_t layer_text_size(const struct layer_list *list)
{
    return (size_t)(5 * list->count + 1) * LINE; /* a residual takes up to five lines */
}

static bool is_uniform(struct op_sides by)
{
    return by.top == by.left && by.top == by.bottom && by.top == by.right;
}

static bool is_standard(struct layer_spec *spec, const struct layer_key *key)
{
    if (key->type == KEY_BOOLEAN)
        return *layer_boolean(spec, key) == key->standard;
    if (key->type == KEY_INTEGER)
        return *layer_integer(spec, key) == key->standard;
    if (key->type == KEY_EPSILON)
        return fabs(spec->epsilon - LAYERS_EPSILON) <= 0.0;
    const struct layer_sides *sides = layer_sides_of(spec, key);
    return !sides->same && is_uniform(sides->by) && sides->by.top == key->standard;
}

/* Appends a value; returns what stands behind it. */
static char *print_value(struct layer_spec *spec, const struct layer_key *key, char *text)
{
    switch (key->type) {
    case KEY_INTEGER:
        return text + sprintf(text, "%d", *layer_integer(spec, key));
    case KEY_BOOLEAN:
        return text + sprintf(text, "%s", *layer_boolean(spec, key) ? "true" : "false");
    case KEY_NAME:
        return text + sprintf(text, "%s", spec->name);
    case KEY_KERNEL:
        if (spec->window != spec->width_of_window)
            return text + sprintf(text, "[%d, %d]", spec->window, spec->width_of_window);
        return text + sprintf(text, "%d", spec->window);
    case KEY_EPSILON:
        return text + sprintf(text, "%.17g", spec->epsilon);
    case KEY_SIDES:
        break;
    }
    const struct layer_sides *sides = layer_sides_of(spec, key);
    const struct op_sides by = sides->by;
    if (sides->same)
        return text + sprintf(text, "same");
    if (is_uniform(by))
        return text + sprintf(text, "%d", by.top);
    return text + sprintf(text, "[%d, %d, %d, %d]", by.top, by.left, by.bottom, by.right);
}

/* "- conv: {name: conv1, …}" of a layer without branches. */
static void print_flat(struct layer_spec spec, int indent, char *text)
{
    const struct layer_kind_keys *kind = &layer_kinds[spec.kind];
    const char *before = ": {";
    text += sprintf(text, "%*s- %s", indent, "", kind->name);
    for (const struct layer_key *const *at = kind->key; *at; at++) {
        if (((*at)->is_quiet && is_standard(&spec, *at)) ||
            ((*at)->type == KEY_NAME && !*spec.name))
            continue;
        text += sprintf(text, "%s%s: ", before, (*at)->name);
        text = print_value(&spec, *at, text);
        before = ", ";
    }
    strcpy(text, *kind->key ? "}\n" : "\n");
}

static void print_branch(const struct layer_list *list, int begin, int end, const char *key,
                         int indent, char *text)
{
    text += sprintf(text, "%*s%s:\n", indent, "", key);
    for (int i = begin; i < end; i = layers_next(list, i), text += strlen(text)) {
        const struct layer_spec *spec = &list->layer[i];
        const int inner = indent + 2, keys = indent + 6, shortcut = i + 1 + spec->branch;
        if (spec->kind != LAYER_RESIDUAL) {
            print_flat(*spec, inner, text);
            continue;
        }
        text += sprintf(text, "%*s- residual:\n", inner, "");
        if (*spec->name)
            text += sprintf(text, "%*sname: %s\n", keys, "", spec->name);
        text += sprintf(text, "%*squantise: %s\n", keys, "", spec->quantise ? "true" : "false");
        print_branch(list, i + 1, shortcut, "layers", keys, text);
        text += strlen(text);
        if (spec->pads)
            text += sprintf(text, "%*sshortcut: pad\n", keys, "");
        if (spec->shortcut > 0)
            print_branch(list, shortcut, layers_next(list, i), "shortcut", keys, text);
    }
}

void layer_text_print(const struct layer_list *list, int indent, char *text)
{
    print_branch(list, 0, list->count, "layers", indent, text);
}
