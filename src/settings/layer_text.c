#include "settings/layer_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "settings/options.h"

/* ---- the table ---- */

enum key_type { KEY_INTEGER, KEY_BOOLEAN, KEY_NAME };

/* `standard` of an integer: NEEDED, or the default; SAME_AS_SIZE is that of a pool's stride. */
enum { NEEDED = -1, SAME_AS_SIZE = -2, KEYS = 7 };

struct key {
    const char *name;
    enum key_type type;
    size_t offset; /* in struct layer_spec */
    int low, high, standard;
};

/* clang-format off */
#define AT(field) offsetof(struct layer_spec, field)
static const struct key
    key_name = {"name", KEY_NAME, AT(name), 0, 0, 0},
    key_outputs = {"outputs", KEY_INTEGER, AT(outputs), 1, 32768, NEEDED},
    key_kernel = {"kernel", KEY_INTEGER, AT(window), 1, LAYERS_WINDOW, NEEDED},
    key_size = {"size", KEY_INTEGER, AT(window), 1, LAYERS_WINDOW, NEEDED},
    key_stride = {"stride", KEY_INTEGER, AT(step), 1, LAYERS_WINDOW, 1},
    key_pool_stride = {"stride", KEY_INTEGER, AT(step), 1, LAYERS_WINDOW, SAME_AS_SIZE},
    key_padding = {"padding", KEY_INTEGER, AT(padding), 0, LAYERS_WINDOW - 1, 0},
    key_channels = {"channels", KEY_INTEGER, AT(channels), 1, 32768, NEEDED},
    key_height = {"height", KEY_INTEGER, AT(height), 1, 1024, NEEDED},
    key_width = {"width", KEY_INTEGER, AT(width), 1, 1024, NEEDED},
    key_bias = {"bias", KEY_BOOLEAN, AT(bias), 0, 0, true},
    key_quantise = {"quantise", KEY_BOOLEAN, AT(quantise), 0, 0, true},
    key_always = {"always", KEY_BOOLEAN, AT(always), 0, 0, false};

/* `stem` is that of made names; NULL: the kind has none. */
static const struct kind {
    const char *name, *stem;
    const struct key *key[KEYS + 1]; /* NULL ends them */
} kinds[LAYER_KINDS] = {
    [LAYER_CONV] = {"conv", "conv", {&key_name, &key_outputs, &key_kernel, &key_stride, &key_padding, &key_bias, &key_quantise}},
    [LAYER_LINEAR] = {"linear", "fc", {&key_name, &key_outputs, &key_quantise}},
    [LAYER_BATCH_NORM] = {"batch-norm", "bn", {&key_name, &key_quantise}},
    [LAYER_RELU] = {"relu", NULL, {NULL}},
    [LAYER_QUANTISE] = {"quantise", NULL, {&key_name}},
    [LAYER_MAX_POOL] = {"max-pool", NULL, {&key_size, &key_pool_stride}},
    [LAYER_AVERAGE_POOL] = {"average-pool", "pool", {&key_name, &key_size, &key_pool_stride, &key_quantise}},
    [LAYER_GLOBAL_AVERAGE_POOL] = {"global-average-pool", "pool", {&key_name, &key_quantise}},
    [LAYER_DROPOUT] = {"dropout", NULL, {&key_always}},
    [LAYER_FLATTEN] = {"flatten", NULL, {NULL}},
    [LAYER_RESHAPE] = {"reshape", NULL, {&key_channels, &key_height, &key_width}},
    [LAYER_RESIDUAL] = {"residual", "block", {&key_name, &key_quantise}},
};
/* clang-format on */

static int *integer_at(struct layer_spec *spec, const struct key *key)
{
    return (int *)((char *)spec + key->offset);
}

static bool *boolean_at(struct layer_spec *spec, const struct key *key)
{
    return (bool *)((char *)spec + key->offset);
}

/* ---- one layer ---- */

struct reader {
    const struct document *document;
    struct layer_list *list;
    struct error *err;
};

static bool read_branch(struct reader *r, const char *what, const yaml_node_t *node, int *count);

static bool refuse(struct reader *r, const yaml_node_t *node, const struct kind *kind,
                   const struct key *key, const char *allowed)
{
    const char *text = document_text(node);
    return document_error(r->document, document_line(node), r->err,
                          "%s: %s: value '%.60s' is not valid; allowed: %s", kind->name, key->name,
                          text ? text : "(a list or a mapping)", allowed);
}

static bool read_integer(struct reader *r, const yaml_node_t *node, const struct kind *kind,
                         const struct key *key, int *value)
{
    const char *text = document_is_plain(node) ? document_text(node) : "";
    const size_t n = strspn(text, "0123456789");
    const bool is_number = n > 0 && n < 9 && !text[n] && (n == 1 || text[0] != '0');
    *value = is_number ? atoi(text) : 0;
    if (is_number && *value >= key->low && *value <= key->high)
        return true;
    char allowed[64];
    snprintf(allowed, sizeof allowed, "an integer from %d to %d", key->low, key->high);
    return refuse(r, node, kind, key, allowed);
}

/* Two groups of a result file would get the name of another one. */
static bool is_reserved(const char *text)
{
    const size_t n = strlen(text);
    return strcmp(text, "total") == 0 || (n >= 5 && strcmp(text + n - 5, ".bias") == 0);
}

static bool read_value(struct reader *r, const yaml_node_t *node, const struct kind *kind,
                       const struct key *key, struct layer_spec *spec)
{
    const char *text = document_text(node);
    switch (key->type) {
    case KEY_INTEGER:
        return read_integer(r, node, kind, key, integer_at(spec, key));
    case KEY_BOOLEAN:
        if (!text || !document_is_plain(node) || (strcmp(text, "true") && strcmp(text, "false")))
            return refuse(r, node, kind, key, "true, false");
        *boolean_at(spec, key) = strcmp(text, "true") == 0;
        return true;
    case KEY_NAME:
        if (!text || !option_is_name(text) || strlen(text) >= LAYERS_NAME || is_reserved(text))
            return refuse(r, node, kind, key,
                          "at most 27 letters, digits, '-', '_' and '.', not starting with '-' or "
                          "'.', not ending with '.bias', not 'total'");
        strcpy(spec->name, text);
        return true;
    }
    return false;
}

static const struct key *find_key(const struct kind *kind, const char *text)
{
    for (const struct key *const *key = kind->key; *key; key++)
        if (strcmp((*key)->name, text) == 0)
            return *key;
    return NULL;
}

static bool unknown_key(struct reader *r, const struct document_pair *pair, const struct kind *kind)
{
    const char *names[KEYS + 3] = {NULL};
    char where[40];
    int count = 0;
    for (const struct key *const *key = kind->key; *key; key++)
        names[count++] = (*key)->name;
    if (kind == &kinds[LAYER_RESIDUAL]) {
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
                     const struct kind *kind, struct layer_spec *spec)
{
    for (const struct key *const *at = kind->key; *at; at++) {
        const struct key *key = *at;
        if (body && document_value(r->document, body, key->name))
            continue;
        if (key->standard == NEEDED)
            return document_error(r->document, document_line(node), r->err,
                                  "%s: the key '%s' is missing", kind->name, key->name);
        if (key->type == KEY_INTEGER)
            *integer_at(spec, key) = key->standard == SAME_AS_SIZE ? spec->window : key->standard;
        else if (key->type == KEY_BOOLEAN)
            *boolean_at(spec, key) = key->standard;
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
    const struct kind *kind = &kinds[index];
    for (size_t i = 0; body && i < document_size(body); i++) {
        const struct document_pair pair = document_pair(r->document, body, i);
        const struct key *key = find_key(kind, pair.key);
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
        names[i] = kinds[i].name;
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
    const char *stem = kinds[spec->kind].stem;
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
                              kinds[spec->kind].name, text, LAYERS_NAME - 1);
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
                                      kinds[spec->kind].name, spec->name, kinds[other->kind].name,
                                      other->line);
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

/* ---- printing ---- */

enum { LINE = 256 }; /* bytes of the longest line, indent included */

size_t layer_text_size(const struct layer_list *list)
{
    return (size_t)(5 * list->count + 1) * LINE; /* a residual takes up to five lines */
}

/* "- conv: {name: conv1, …}" of a layer without branches. */
static void print_flat(struct layer_spec spec, int indent, char *text)
{
    const struct kind *kind = &kinds[spec.kind];
    const char *before = ": {";
    text += sprintf(text, "%*s- %s", indent, "", kind->name);
    for (const struct key *const *at = kind->key; *at; at++, before = ", ") {
        const struct key *key = *at;
        text += sprintf(text, "%s%s: ", before, key->name);
        if (key->type == KEY_INTEGER)
            text += sprintf(text, "%d", *integer_at(&spec, key));
        else if (key->type == KEY_BOOLEAN)
            text += sprintf(text, "%s", *boolean_at(&spec, key) ? "true" : "false");
        else
            text += sprintf(text, "%s", spec.name);
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
        text += sprintf(text, "%*s- residual:\n%*sname: %s\n%*squantise: %s\n", inner, "", keys, "",
                        spec->name, keys, "", spec->quantise ? "true" : "false");
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
