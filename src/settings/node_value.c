#include "settings/node_value.h"

#include <stdio.h>
#include <string.h>

#include "settings/layer_text.h"

static bool is_list(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE;
}

static bool refuse(struct node_reader *r, const yaml_node_t *node, const struct option_entry *entry,
                   const char *what)
{
    char allowed[256];
    option_allowed(entry, allowed, sizeof allowed);
    return document_error(r->document, document_line(node), r->err, "%s: %s; allowed: %s",
                          entry->path, what, allowed);
}

/* The items of a list as "[300, 100]". What does not fit is longer than any valid list. */
static bool join_items(struct node_reader *r, const yaml_node_t *node,
                       const struct option_entry *entry, char text[2 * OPTIONS_TEXT])
{
    size_t used = (size_t)sprintf(text, "[");
    for (size_t i = 0; i < document_size(node) && used < OPTIONS_TEXT; i++) {
        const yaml_node_t *item = document_item(r->document, node, i);
        const char *value = document_is_plain(item) ? document_text(item) : NULL;
        if (!value || !*value || strpbrk(value, ",[] "))
            return refuse(r, item, entry,
                          entry->type == OPTION_REALS ? "a value that is no number"
                                                      : "a value that is no integer");
        used += (size_t)snprintf(text + used, OPTIONS_TEXT, "%s%.*s", i ? ", " : "",
                                 OPTIONS_TEXT / 2, value);
    }
    strcpy(text + used, "]");
    return true;
}

/* A list of layers; one that an alias names again is not read again. */
static bool read_layers(struct node_reader *r, const yaml_node_t *node, union option_value *value)
{
    if (node != r->layers_node) {
        struct layer_list *layers = settings_new_layers(r->lists);
        if (!layer_text_read(r->document, node, layers, r->err))
            return false;
        r->layers_node = node;
        r->layers = layers;
    }
    value->layers = r->layers;
    return true;
}

bool node_value_read(struct node_reader *r, const yaml_node_t *node,
                     const struct option_entry *entry, union option_value *value)
{
    char list[2 * OPTIONS_TEXT];
    const char *text = document_text(node);
    if (entry->type == OPTION_LAYERS)
        return read_layers(r, node, value);
    if (entry->type == OPTION_INTEGERS || (entry->type == OPTION_REALS && is_list(node))) {
        if (!is_list(node))
            return refuse(r, node, entry, "the value is not a list");
        if (!join_items(r, node, entry, list))
            return false;
        text = list;
    } else if (!text) {
        return refuse(r, node, entry,
                      is_list(node) ? "the value is a list (lists of values stand in a matrix)"
                                    : "the value is a mapping");
    } else if (!document_is_plain(node) && entry->type != OPTION_CHOICE &&
               entry->type != OPTION_PATH) {
        return refuse(r, node, entry, "the value is text in quotes");
    }
    return option_value_parse(entry, text, r->lists, value, r->err) ||
           document_error(r->document, document_line(node), r->err, "%s", r->err->text);
}
