/* A YAML document with line numbers, over libyaml's tree of nodes.
 *
 * Opening it refuses what an experiment file never needs and what would make later messages
 * unclear: duplicate keys, keys that are not plain text, tags, NUL bytes, a second document.
 * Anchors, aliases and merge keys (<<) work; a message about an alias gives the line of its anchor.
 * Text is UTF-8, with or without a byte order mark, or UTF-16 with one.
 */
#ifndef RESLICE_SETTINGS_DOCUMENT_H
#define RESLICE_SETTINGS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "base/error.h"

struct document {
    const char *file; /* for messages; not owned */
    yaml_document_t yaml;
};

/* Parses the text. On failure there is nothing to close. Not collective. */
bool document_open(struct document *document, const char *file, const char *text, size_t length,
                   struct error *err);
void document_close(struct document *document);

const yaml_node_t *document_root(const struct document *document);

/* Line of a node, from 1. Not collective. */
int document_line(const yaml_node_t *node);

/* Writes "file:line: …" and returns false. `err` itself may be an argument of the format. Not
 * collective. */
bool document_error(const struct document *document, int line, struct error *err,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Number of pairs of a mapping or of items of a sequence. Not collective. */
size_t document_size(const yaml_node_t *node);

/* Pair i of a mapping. */
struct document_pair {
    const char *key;
    int line; /* of the key */
    const yaml_node_t *value;
};
struct document_pair document_pair(const struct document *document, const yaml_node_t *mapping,
                                   size_t i);

/* Value of a key, or NULL. Not collective. */
const yaml_node_t *document_value(const struct document *document, const yaml_node_t *mapping,
                                  const char *key);

/* Item i of a sequence. Not collective. */
const yaml_node_t *document_item(const struct document *document, const yaml_node_t *sequence,
                                 size_t i);

/* Text of a scalar, owned by the document; NULL for a mapping or a sequence. Not collective. */
const char *document_text(const yaml_node_t *node);

/* False for a scalar in quotes and for a block scalar, which YAML says are text. Not collective. */
bool document_is_plain(const yaml_node_t *node);

#endif
