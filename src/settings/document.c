#include "settings/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* No experiment file comes near. The search for duplicate keys is quadratic, and so is libyaml in
 * the depth: 100,000 times '[' take it 20 seconds. */
enum { KEYS_MAX = 100, DEPTH_MAX = 20, MERGED_MAX = 100000 /* keys looked at for all '<<' */ };

bool document_error(const struct document *document, int line, struct error *err,
                    const char *format, ...)
{
    struct error message;
    va_list args;
    va_start(args, format);
    vsnprintf(message.text, sizeof message.text, format, args);
    va_end(args);
    return error_set(err, "%.400s:%d: %s", document->file, line, message.text);
}

int document_line(const yaml_node_t *node)
{
    return (int)node->start_mark.line + 1;
}

const char *document_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

bool document_is_plain(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* libyaml's getters do not change the document but take it without const. */
static const yaml_node_t *node_of(const struct document *document, int id)
{
    return document->yaml.nodes.start + id - 1;
}

const yaml_node_t *document_root(const struct document *document)
{
    return node_of(document, 1);
}

size_t document_size(const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE)
        return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (node->type == YAML_SEQUENCE_NODE)
        return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    return 0;
}

struct document_pair document_pair(const struct document *document, const yaml_node_t *mapping,
                                   size_t i)
{
    const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start + i;
    const yaml_node_t *key = node_of(document, pair->key);
    return (struct document_pair){document_text(key), document_line(key),
                                  node_of(document, pair->value)};
}

const yaml_node_t *document_value(const struct document *document, const yaml_node_t *mapping,
                                  const char *key)
{
    for (size_t i = 0; i < document_size(mapping); i++) {
        const struct document_pair pair = document_pair(document, mapping, i);
        if (strcmp(pair.key, key) == 0)
            return pair.value;
    }
    return NULL;
}

const yaml_node_t *document_item(const struct document *document, const yaml_node_t *sequence,
                                 size_t i)
{
    return node_of(document, sequence->data.sequence.items.start[i]);
}

static bool check_keys(const struct document *document, const yaml_node_t *mapping,
                       struct error *err)
{
    const size_t n = document_size(mapping);
    if (n > KEYS_MAX)
        return document_error(document, document_line(mapping), err,
                              "a mapping with %zu keys; allowed: at most %d", n, KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct document_pair pair = document_pair(document, mapping, i);
        if (!pair.key)
            return document_error(document, pair.line, err,
                                  "a list or a mapping cannot be a key; allowed: a word");
        for (size_t j = 0; j < i; j++) {
            const struct document_pair first = document_pair(document, mapping, j);
            if (strcmp(pair.key, first.key) == 0)
                return document_error(document, pair.line, err,
                                      "key '%.60s' is given twice, first on line %d", pair.key,
                                      first.line);
        }
    }
    return true;
}

static bool check_node(const struct document *document, const yaml_node_t *node, struct error *err)
{
    const char *standard = node->type == YAML_SCALAR_NODE     ? YAML_DEFAULT_SCALAR_TAG
                           : node->type == YAML_SEQUENCE_NODE ? YAML_DEFAULT_SEQUENCE_TAG
                                                              : YAML_DEFAULT_MAPPING_TAG;
    const int line = document_line(node);
    if (strcmp((const char *)node->tag, standard) != 0)
        return document_error(document, line, err, "tags are not allowed: '%.60s'",
                              (const char *)node->tag);
    const char *text = document_text(node);
    if (text && strlen(text) != node->data.scalar.length)
        return document_error(document, line, err, "a value contains a NUL byte: '%.60s'", text);
    return true;
}

static bool check(const struct document *document, struct error *err)
{
    const yaml_node_t *end = document->yaml.nodes.top;
    for (const yaml_node_t *node = document->yaml.nodes.start; node < end; node++)
        if (!check_node(document, node, err))
            return false;
    for (const yaml_node_t *node = document->yaml.nodes.start; node < end; node++)
        if (node->type == YAML_MAPPING_NODE && !check_keys(document, node, err))
            return false;
    return true;
}

/* ---- merge keys ---- */

/* Of each mapping, by its place among the nodes. */
enum merge_state { NOT_MERGED, MERGING, MERGED };

struct merge {
    struct document *document;
    enum merge_state *state; /* [nodes] */
    size_t keys;             /* looked at so far */
    struct error *err;
};

static bool merge_mapping(struct merge *merge, yaml_node_t *node);

/* Appends the pairs of one mapping whose keys are not there yet. */
static bool merge_pairs(struct merge *merge, yaml_node_t *to, yaml_node_t *from, int line)
{
    struct document *document = merge->document;
    if (from->type != YAML_MAPPING_NODE)
        return document_error(document, line, merge->err,
                              "'<<' merges mappings only; write '<<: *name' or '<<: [*a, *b]'");
    if (!merge_mapping(merge, from))
        return false;
    merge->keys += document_size(from);
    if (merge->keys > MERGED_MAX)
        return document_error(document, line, merge->err, "'<<' merges more than %d keys in all",
                              MERGED_MAX);
    for (size_t i = 0; i < document_size(from); i++) {
        const yaml_node_pair_t pair = from->data.mapping.pairs.start[i];
        if (document_value(document, to, document_pair(document, from, i).key))
            continue;
        if (!yaml_document_append_mapping_pair(
                &document->yaml, (int)(to - document->yaml.nodes.start) + 1, pair.key, pair.value))
            log_fatal("memory: libyaml has none left");
    }
    if (document_size(to) > KEYS_MAX)
        return document_error(document, line, merge->err,
                              "a mapping with %zu keys; allowed: at most %d", document_size(to),
                              KEYS_MAX);
    return true;
}

/* Replaces the pair '<<: mapping' or '<<: [mapping, …]' by the pairs of those mappings: what the mapping
 * has itself comes first, then what an earlier one has (yaml.org/type/merge.html). */
static bool merge_mapping(struct merge *merge, yaml_node_t *node)
{
    struct document *document = merge->document;
    yaml_node_t *nodes = document->yaml.nodes.start;
    enum merge_state *state = &merge->state[node - nodes];
    const size_t n = document_size(node);
    yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
    size_t at = 0;
    while (at < n && (strcmp(document_pair(document, node, at).key, "<<") != 0 ||
                      !document_is_plain(&nodes[pairs[at].key - 1])))
        at++;
    if (*state == MERGING)
        return document_error(document, document_line(node), merge->err,
                              "'<<' merges this mapping into itself");
    if (*state == MERGED || at == n)
        return true;
    *state = MERGING;
    const int line = document_pair(document, node, at).line;
    yaml_node_t *value = &nodes[pairs[at].value - 1];
    memmove(pairs + at, pairs + at + 1, (n - at - 1) * sizeof *pairs);
    node->data.mapping.pairs.top--;
    const bool is_list = value->type == YAML_SEQUENCE_NODE;
    for (size_t i = 0; i < (is_list ? document_size(value) : 1); i++) {
        const int item = is_list ? value->data.sequence.items.start[i] : 0;
        if (!merge_pairs(merge, node, is_list ? &nodes[item - 1] : value, line))
            return false;
    }
    *state = MERGED;
    return true;
}

static bool merge_all(struct document *document, struct error *err)
{
    yaml_node_t *begin = document->yaml.nodes.start, *end = document->yaml.nodes.top;
    struct merge merge = {document, MEM_NEW(enum merge_state, end - begin), 0, err};
    bool fine = true;
    for (yaml_node_t *node = begin; node < end && fine; node++)
        fine = node->type != YAML_MAPPING_NODE || merge_mapping(&merge, node);
    mem_free(merge.state);
    return fine;
}

/* ---- reading ---- */

/* Whether a line of the text (from 1) begins with blanks that are not all spaces. */
static bool has_tab(const char *text, size_t length, int line)
{
    const char *end = text + length;
    while (line > 1 && text < end)
        line -= *text++ == '\n';
    while (text < end && *text == ' ')
        text++;
    return text < end && *text == '\t';
}

/* What libyaml says. The reader knows no line, only where in the text it stopped. */
static bool syntax_error(const struct document *document, const yaml_parser_t *parser,
                         const char *text, size_t length, struct error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        log_fatal("memory: libyaml has none left");
    const char *problem = parser->problem ? parser->problem : "cannot be parsed";
    if (parser->error == YAML_READER_ERROR) {
        int line = 1;
        for (size_t i = 0; i < length && i < parser->problem_offset; i++)
            line += text[i] == '\n';
        return document_error(document, line, err, "not YAML text: %s", problem);
    }
    const int line = (int)parser->problem_mark.line + 1;
    if (has_tab(text, length, line))
        return document_error(document, line, err,
                              "not valid YAML: the line is indented with a tab; allowed: spaces");
    if (parser->context && strstr(parser->context, "duplicate anchor"))
        return document_error(
            document, line, err,
            "an anchor (&) is given a second time, first on line %d; allowed: once",
            (int)parser->context_mark.line + 1);
    return document_error(document, line, err, "not valid YAML: %s%s%s",
                          parser->context ? parser->context : "", parser->context ? ": " : "",
                          problem);
}

static void start_parser(yaml_parser_t *parser, const char *text, size_t length)
{
    if (!yaml_parser_initialize(parser))
        log_fatal("memory: libyaml has none left");
    /* the encoding is UTF-8, or what a byte order mark says */
    /* libyaml wants a pointer even for no bytes */
    yaml_parser_set_input_string(parser, (const unsigned char *)(length ? text : ""), length);
}

/* Looks at one event of the stream: depth and number of documents. */
static bool scan_event(const struct document *document, const yaml_event_t *event, int *depth,
                       int *documents, struct error *err)
{
    const int line = (int)event->start_mark.line + 1;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++*documents > 1)
            return document_error(document, line, err,
                                  "a second YAML document starts here; allowed: one");
        return true;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        if (++*depth > DEPTH_MAX)
            return document_error(document, line, err, "nested deeper than %d levels", DEPTH_MAX);
        return true;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        --*depth;
        return true;
    default:
        return true;
    }
}

/* A first pass over the whole stream, before libyaml builds a tree of it. */
static bool scan(const struct document *document, const char *text, size_t length,
                 struct error *err)
{
    yaml_parser_t parser;
    start_parser(&parser, text, length);
    int depth = 0, documents = 0;
    bool ok = true, end = false;
    while (ok && !end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            ok = syntax_error(document, &parser, text, length, err);
        } else {
            ok = scan_event(document, &event, &depth, &documents, err);
            end = event.type == YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
        }
    }
    yaml_parser_delete(&parser);
    if (ok && documents == 0)
        return document_error(document, 1, err, "the file is empty; it needs: experiment, runs");
    return ok;
}

bool document_open(struct document *document, const char *file, const char *text, size_t length,
                   struct error *err)
{
    document->file = file;
    if (length > 1 && (!text[0] || !text[1]))
        return document_error(document, 1, err,
                              "not YAML text: UTF-16 without a byte order mark? Save it as UTF-8");
    if (!scan(document, text, length, err))
        return false;
    yaml_parser_t parser;
    start_parser(&parser, text, length);
    bool ok = yaml_parser_load(&parser, &document->yaml);
    if (!ok) {
        syntax_error(document, &parser, text, length, err);
    } else if (!check(document, err) || !merge_all(document, err)) {
        ok = false;
        yaml_document_delete(&document->yaml);
    }
    yaml_parser_delete(&parser);
    return ok;
}

void document_close(struct document *document)
{
    yaml_document_delete(&document->yaml);
}
