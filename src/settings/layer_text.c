#include "settings/layer_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "settings/layer_keys.h"
#include "settings/options.h"

/* ---- one layer ---- */

struct reader {
    const struct document *document;
    struct layer_list *list;
    struct error *err;
};

static bool read_branch(struct reader *r, const char *what, const yaml_node_t *node, int *count);

static bool refuse(struct reader *r, const yaml_node_t *node, const struct layer_kind_keys *kind,
                   const struct layer_key *key, const char *allowed)
{
    const char *text = document_text(node);
    return document_error(r->document, document_line(node), r->err,
                          "%s: %s: value '%.60s' is not valid; allowed: %s", kind->name, key->name,
                          text ? text : "(a list or a mapping)", allowed);
}

/* A number of the key's range. */
static bool is_integer(const yaml_node_t *node, const struct layer_key *key, int *value)
{
    const char *text = document_is_plain(node) ? document_text(node) : NULL;
    const size_t n = text ? strspn(text, "0123456789") : 0;
    const bool is_number = n > 0 && n < 9 && !text[n] && (n == 1 || text[0] != '0');
    *value = is_number ? atoi(text) : 0;
    return is_number && *value >= key->low && *value <= key->high;
}

static bool read_integer(struct reader *r, const yaml_node_t *node,
                         const struct layer_kind_keys *kind, const struct layer_key *key,
                         int *value)
{
    if (is_integer(node, key, value))
        return true;
    char allowed[64];
    snprintf(allowed, sizeof allowed, "an integer from %d to %d", key->low, key->high);
    return refuse(r, node, kind, key, allowed);
}

/* 3, or [3, 1]: height and width. */
static bool read_kernel(struct reader *r, const yaml_node_t *node,
                        const struct layer_kind_keys *kind, const struct layer_key *key,
                        struct layer_spec *spec)
{
    const bool is_pair = node->type == YAML_SEQUENCE_NODE && document_size(node) == 2;
    bool fine;
    if (is_pair)
        fine = is_integer(document_item(r->document, node, 0), key, &spec->window) &&
               is_integer(document_item(r->document, node, 1), key, &spec->width_of_window);
    else
        fine = is_integer(node, key, &spec->window);
    if (!is_pair)
        spec->width_of_window = spec->window;
    char allowed[96];
    snprintf(allowed, sizeof allowed, "an integer from %d to %d, or [height, width]", key->low,
             key->high);
    return fine || refuse(r, node, kind, key, allowed);
}

/* What batch norm adds to the variance. */
static bool read_epsilon(struct reader *r, const yaml_node_t *node,
                         const struct layer_kind_keys *kind, const struct layer_key *key,
                         double *value)
{
    const char *text = document_is_plain(node) ? document_text(node) : NULL;
    char *end = NULL;
    *value = text && strspn(text, "0123456789.eE+-") == strlen(text) ? strtod(text, &end) : 0.0;
    if (end && !*end && *value > 0.0 && *value <= 1.0)
        return true;
    return refuse(r, node, kind, key, "a number above 0, at most 1");
}

/* 1, same, [1, 2] (above and below, left and right), [1, 0, 2, 1] (top, left, bottom, right). */
static bool read_sides(struct reader *r, const yaml_node_t *node,
                       const struct layer_kind_keys *kind, const struct layer_key *key,
                       struct layer_sides *sides)
{
    const char *text = document_text(node);
    const size_t count = node->type == YAML_SEQUENCE_NODE ? document_size(node) : 0;
    int v[4];
    *sides = (struct layer_sides){.same = text && strcmp(text, "same") == 0};
    bool fine = sides->same || is_integer(node, key, v);
    for (int i = 1; i < 4 && count == 0; i++)
        v[i] = v[0];
    if (count == 2 || count == 4) {
        fine = true;
        for (size_t i = 0; i < 4; i++)
            fine = is_integer(document_item(r->document, node, i % count), key, &v[i]) && fine;
    }
    if (fine && !sides->same)
        sides->by = (struct op_sides){v[0], v[1], v[2], v[3]};
    char allowed[128];
    snprintf(allowed, sizeof allowed,
             "same, an integer from %d to %d, or a list of them: [vertical, horizontal] or [top, "
             "left, bottom, right]",
             key->low, key->high);
    return fine || refuse(r, node, kind, key, allowed);
}

/* Two groups of a result file would get the name of another one. */
static bool is_reserved(const char *text)
{
    const size_t n = strlen(text);
    return strcmp(text, "total") == 0 || (n >= 5 && strcmp(text + n - 5, ".bias") == 0);
}

static bool read_value(struct reader *r, const yaml_node_t *node,
                       const struct layer_kind_keys *kind, const struct layer_key *key,
                       struct layer_spec *spec)
{
    const char *text = document_text(node);
    switch (key->type) {
    case KEY_INTEGER:
        return read_integer(r, node, kind, key, layer_integer(spec, key));
    case KEY_BOOLEAN:
        if (!text || !document_is_plain(node) || (strcmp(text, "true") && strcmp(text, "false")))
            return refuse(r, node, kind, key, "true, false");
        *layer_boolean(spec, key) = strcmp(text, "true") == 0;
        return true;
    case KEY_NAME:
        if (!text || !option_is_name(text) || strlen(text) >= LAYERS_NAME || is_reserved(text))
            return refuse(r, node, kind, key,
                          "at most 27 letters, digits, '-', '_' and '.', not starting with '-' or "
                          "'.', not ending with '.bias', not 'total'");
        strcpy(spec->name, text);
        return true;
    case KEY_KERNEL:
        return read_kernel(r, node, kind, key, spec);
    case KEY_EPSILON:
        return read_epsilon(r, node, kind, key, &spec->epsilon);
    case KEY_SIDES:
        return read_sides(r, node, kind, key, layer_sides_of(spec, key));
    }
    return false;
}

static const struct layer_key *find_key(const struct layer_kind_keys *kind, const char *text)
{
    for (const struct layer_key *const *key = kind->key; *key; key++)
        if (strcmp((*key)->name, text) == 0)
            return *key;
    return NULL;
}

static bool unknown_key(struct reader *r, const struct document_pair *pair,
                        const struct layer_kind_keys *kind)
{
    const char *names[KEYS + 3] = {NULL};
    char where[40];
    int count = 0;
    for (const struct layer_key *const *key = kind->key; *key; key++)
        names[count++] = (*key)->name;
    if (kind == &layer_kinds[LAYER_RESIDUAL]) {
        names[count++] = "layers";
        names[count++] = "shortcut";
    }
    snprintf(where, sizeof where, "of %s", kind->name);
    if (count == 0)
        return document_error(r->document, pair->line, r->err, "%s has no keys, '%.60s' is given",
                              kind->name, pair->key);
    suggest_key(pair->key, where, names, r->err);
    return document_error(r->document, pair->line, r->err, "%s", r->err->text);
}

/* Defaults, then whether all is there that has none. `body` may be NULL. */
static bool complete(struct reader *r, const yaml_node_t *node, const yaml_node_t *body,
                     const struct layer_kind_keys *kind, struct layer_spec *spec)
{
    for (const struct layer_key *const *at = kind->key; *at; at++) {
        const struct layer_key *key = *at;
        if (body && document_value(r->document, body, key->name))
            continue;
        if (key->standard == NEEDED)
            return document_error(r->document, document_line(node), r->err,
                                  "%s: the key '%s' is missing", kind->name, key->name);
        if (key->type == KEY_INTEGER)
            *layer_integer(spec, key) =
                key->standard == SAME_AS_SIZE ? spec->window : key->standard;
        else if (key->type == KEY_BOOLEAN)
            *layer_boolean(spec, key) = key->standard;
        else if (key->type == KEY_EPSILON)
            spec->epsilon = LAYERS_EPSILON;
    }
    return true;
}

/* Both branches of a residual, behind it in the list. */
static bool read_residual(struct reader *r, const yaml_node_t *node, const yaml_node_t *body,
                          struct layer_spec *spec)
{
    const yaml_node_t *layers = body ? document_value(r->document, body, "layers") : NULL;
    const yaml_node_t *shortcut = body ? document_value(r->document, body, "shortcut") : NULL;
    if (!layers)
        return document_error(r->document, document_line(node), r->err,
                              "residual: the key 'layers' is missing");
    const char *word = shortcut ? document_text(shortcut) : NULL;
    spec->pads = word && strcmp(word, "pad") == 0;
    if (word && !spec->pads)
        return document_error(r->document, document_line(shortcut), r->err,
                              "residual: shortcut: value '%.60s' is not valid; allowed: pad, or a "
                              "list of layers",
                              word);
    return read_branch(r, "residual: layers", layers, &spec->branch) &&
           (!shortcut || spec->pads ||
            read_branch(r, "residual: shortcut", shortcut, &spec->shortcut));
}

static bool read_keys(struct reader *r, const yaml_node_t *node, const yaml_node_t *body,
                      enum layer_kind index, struct layer_spec *spec)
{
    const struct layer_kind_keys *kind = &layer_kinds[index];
    for (size_t i = 0; body && i < document_size(body); i++) {
        const struct document_pair pair = document_pair(r->document, body, i);
        const struct layer_key *key = find_key(kind, pair.key);
        const bool is_branch = index == LAYER_RESIDUAL && (strcmp(pair.key, "layers") == 0 ||
                                                           strcmp(pair.key, "shortcut") == 0);
        if (!key && !is_branch)
            return unknown_key(r, &pair, kind);
        if (key && !read_value(r, pair.value, kind, key, spec))
            return false;
    }
    return complete(r, node, body, kind, spec) &&
           (index != LAYER_RESIDUAL || read_residual(r, node, body, spec));
}

static bool find_kind(struct reader *r, const char *text, int line, enum layer_kind *kind)
{
    const char *names[LAYER_KINDS];
    char list[256] = "", hint[64] = "";
    for (int i = 0; i < LAYER_KINDS; i++) {
        names[i] = layer_kinds[i].name;
        if (strcmp(text, names[i]) == 0) {
            *kind = (enum layer_kind)i;
            return true;
        }
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    const char *nearest = suggest_nearest(text, names, LAYER_KINDS);
    if (nearest)
        snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);
    return document_error(r->document, line, r->err, "unknown layer '%.60s'%s; allowed: %s", text,
                          hint, list);
}

/* "relu", or {conv: {outputs: 20, kernel: 5}}. */
static bool read_layer(struct reader *r, const yaml_node_t *node)
{
    struct layer_spec *spec = &r->list->layer[r->list->count];
    const char *text = document_text(node);
    const yaml_node_t *body = NULL;
    const int line = document_line(node);
    if (r->list->count == LAYERS_MAX)
        return document_error(r->document, line, r->err, "more than %d layers", LAYERS_MAX);
    if (node->type == YAML_MAPPING_NODE && document_size(node) == 1) {
        const struct document_pair pair = document_pair(r->document, node, 0);
        const char *value = document_text(pair.value);
        text = pair.key;
        body = pair.value->type == YAML_MAPPING_NODE ? pair.value : NULL;
        if (!body && (!value || *value))
            return document_error(r->document, document_line(pair.value), r->err,
                                  "layer '%.60s' must have keys and values, as {size: 2}", text);
    }
    if (!text)
        return document_error(r->document, line, r->err,
                              "a layer must be a word or have one key, as relu or conv: {...}");
    *spec = (struct layer_spec){.line = line};
    r->list->count++;
    if (!find_kind(r, text, line, &spec->kind))
        return false;
    spec->quantise = spec->kind == LAYER_QUANTISE;
    return read_keys(r, node, body, spec->kind, spec);
}

static bool read_branch(struct reader *r, const char *what, const yaml_node_t *node, int *count)
{
    const size_t n = node->type == YAML_SEQUENCE_NODE ? document_size(node) : 0;
    const int first = r->list->count;
    if (n == 0)
        return document_error(r->document, document_line(node), r->err,
                              "%s must be a list of 1 to %d layers, as [flatten, linear: "
                              "{outputs: 10}]",
                              what, LAYERS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!read_layer(r, document_item(r->document, node, i)))
            return false;
    *count = r->list->count - first;
    return true;
}

/* ---- names ---- */

/* A name that the file does not give. `last` is that of the nearest layer before with one. */
static bool make_name(struct reader *r, struct layer_spec *spec, const char *prefix,
                      const char *last, int count[LAYER_KINDS])
{
    const char *stem = layer_kinds[spec->kind].stem;
    char text[3 * LAYERS_NAME] = "";
    if (spec->kind == LAYER_QUANTISE)
        snprintf(text, sizeof text, "%s%s", last ? last : "input", last ? ".out" : "");
    else if (stem) /* the two average pools count together */
        snprintf(
            text, sizeof text, "%s%s%d", prefix, stem,
            ++count[spec->kind == LAYER_GLOBAL_AVERAGE_POOL ? LAYER_AVERAGE_POOL : spec->kind]);
    if (*spec->name)
        return true;
    if (strlen(text) >= LAYERS_NAME)
        return document_error(r->document, spec->line, r->err,
                              "%s: its name would be '%s', longer than %d letters; give it one",
                              layer_kinds[spec->kind].name, text, LAYERS_NAME - 1);
    strcpy(spec->name, text);
    return true;
}

static bool name_branch(struct reader *r, int begin, int end, const char *prefix, const char *last)
{
    int count[LAYER_KINDS] = {0};
    for (int i = begin; i < end; i = layers_next(r->list, i)) {
        struct layer_spec *spec = &r->list->layer[i];
        if (!make_name(r, spec, prefix, last, count))
            return false;
        const int shortcut = i + 1 + spec->branch;
        char inner[LAYERS_NAME + 16];
        snprintf(inner, sizeof inner, "%s.", spec->name);
        if (!name_branch(r, i + 1, shortcut, inner, last))
            return false;
        snprintf(inner, sizeof inner, "%s.shortcut.", spec->name);
        if (!name_branch(r, shortcut, layers_next(r->list, i), inner, last))
            return false;
        last = *spec->name ? spec->name : last;
    }
    return true;
}

/* One name, one layer: groups of the result file are called after them. */
static bool check_names(struct reader *r)
{
    for (int i = 0; i < r->list->count; i++)
        for (int j = 0; j < i; j++) {
            const struct layer_spec *spec = &r->list->layer[i], *other = &r->list->layer[j];
            if (*spec->name && strcmp(spec->name, other->name) == 0)
                return document_error(r->document, spec->line, r->err,
                                      "%s: the name '%s' is that of the %s on line %d too",
                                      layer_kinds[spec->kind].name, spec->name,
                                      layer_kinds[other->kind].name, other->line);
        }
    return true;
}

bool layer_text_read(const struct document *document, const yaml_node_t *node,
                     struct layer_list *list, struct error *err)
{
    struct reader r = {document, list, err};
    int count;
    *list = (struct layer_list){0};
    return read_branch(&r, "network.layers", node, &count) &&
           name_branch(&r, 0, list->count, "", NULL) && check_names(&r);
}
