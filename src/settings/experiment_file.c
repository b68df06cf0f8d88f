#include "settings/experiment_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "settings/node_value.h"

static const char *const ROOT_KEYS[] = {"experiment", "data",     "network", "fixed_point",
                                        "training",   "crossbar", "runs",    NULL};

/* Keys of a run: its own sections of the table first, then those that the experiment has too. */
static void list_run_keys(const char *keys[OPTIONS_MAX + 4], char text[OPTIONS_MAX][32])
{
    static const char *const first[] = {"name", "from", "matrix"};
    size_t count = 0, sections = 0;
    for (int of_run = 1; of_run >= 0; of_run--) {
        for (size_t i = 0; i < 2 && of_run; i++)
            keys[count++] = first[i];
        for (size_t i = 0; i < options_count; i++) {
            const char *path = options_table[i].path;
            if (option_of_run(path) != (of_run == 1))
                continue;
            snprintf(text[sections], 32, "%.*s", (int)strcspn(path, "."), path);
            if (sections > 0 && strcmp(text[sections], text[sections - 1]) == 0)
                continue;
            keys[count++] = text[sections++];
        }
        if (of_run)
            keys[count++] = first[2];
    }
    keys[count] = NULL;
}

/* What is read, and where to. */
struct reader {
    const struct document *document;
    struct experiment_file *file;
    struct error *err;
    struct node_reader values;
    size_t variants; /* of the runs so far, by their own matrices */
};

static bool is_mapping(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE;
}

static bool is_list(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE;
}

/* Sets an option of the experiment or of a run; `line` is that of its key. */
static bool read_option(struct reader *r, const yaml_node_t *node, int option, int line,
                        enum source_kind kind, struct sourced_settings *to)
{
    union option_value value;
    if (!node_value_read(&r->values, node, &options_table[option], &value))
        return false;
    option_value_put(&options_table[option], &to->settings, &value);
    to->source[option] = (struct source){r->file->is_recorded ? SOURCE_RECORDED : kind, line};
    return true;
}

/* Reads "section: {key: value, …}". */
static bool read_section(struct reader *r, const struct document_pair *section,
                         enum source_kind kind, struct sourced_settings *to)
{
    if (!is_mapping(section->value))
        return document_error(r->document, section->line, r->err,
                              "%s must have keys and values, as %s: {key: value}", section->key,
                              section->key);
    for (size_t i = 0; i < document_size(section->value); i++) {
        const struct document_pair pair = document_pair(r->document, section->value, i);
        char path[OPTIONS_TEXT];
        snprintf(path, sizeof path, "%.20s.%.60s", section->key, pair.key);
        const int option = option_find(path);
        if (option < 0) {
            option_unknown(path, r->err);
            return document_error(r->document, pair.line, r->err, "%s", r->err->text);
        }
        if (!read_option(r, pair.value, option, pair.line, kind, to))
            return false;
    }
    return true;
}

/* A name that will be a file or a folder. */
static bool read_name(struct reader *r, const yaml_node_t *owner, const char *key,
                      char name[EXPERIMENT_NAME])
{
    const yaml_node_t *node = document_value(r->document, owner, key);
    if (!node)
        return document_error(r->document, document_line(owner), r->err, "the key '%s' is missing",
                              key);
    const char *text = document_text(node);
    if (!text || !option_is_name(text) || strlen(text) >= EXPERIMENT_NAME)
        return document_error(r->document, document_line(node), r->err,
                              "%s: value '%.60s' is not valid; allowed: at most %d letters, "
                              "digits, '-', '_' and '.', not starting with '-' or '.'",
                              key, text ? text : "(not a name)", EXPERIMENT_NAME - 1);
    strcpy(name, text);
    return true;
}

/* ---- runs ---- */

/* The values of one axis, each once. */
static bool read_axis(struct reader *r, const struct document_pair *pair, struct axis *axis)
{
    const struct option_entry *entry = &options_table[axis->option];
    const size_t count = document_size(pair->value);
    axis->line = pair->line;
    axis->values = MEM_NEW(union option_value, count);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *node = document_item(r->document, pair->value, i);
        if (!node_value_read(&r->values, node, entry, &axis->values[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (option_value_same(entry, &axis->values[i], &axis->values[j])) {
                char text[OPTIONS_TEXT];
                option_value_print(entry, &axis->values[i], text);
                return document_error(r->document, document_line(node), r->err,
                                      "%s: value '%s' is given twice", entry->path, text);
            }
        axis->count = i + 1;
    }
    return true;
}

/* Whether an axis has a list of values, and not too many with the axes before it; counts the variants
 * that they make. */
static bool check_axis(struct reader *r, const struct document_pair *pair, struct run_entry *run,
                       const struct option_entry *entry)
{
    const size_t count = is_list(pair->value) ? document_size(pair->value) : 0;
    if (entry->type == OPTION_LAYERS)
        return document_error(r->document, pair->line, r->err,
                              "%s cannot stand in a matrix: write a run for each network",
                              entry->path);
    if (entry->type == OPTION_PATH)
        return document_error(r->document, pair->line, r->err,
                              "%s cannot stand in a matrix: write an experiment for each data set",
                              entry->path);
    if (count == 0 || count > EXPERIMENT_RUNS)
        return document_error(r->document, pair->line, r->err,
                              "%s must be a list of 1 to %d values, as [1, 2]", entry->path,
                              EXPERIMENT_RUNS);
    run->variants *= count;
    /* before the values are read: aliases can write more of them than memory holds */
    return r->variants + run->variants <= EXPERIMENT_RUNS ||
           document_error(r->document, run->line, r->err,
                          "run '%s' and its variants make more than %d runs in all", run->name,
                          EXPERIMENT_RUNS);
}

static bool read_matrix(struct reader *r, const struct document_pair *matrix, struct run_entry *run)
{
    const size_t count = is_mapping(matrix->value) ? document_size(matrix->value) : 0;
    if (count == 0 || count > EXPERIMENT_MATRIX_AXES)
        return document_error(r->document, matrix->line, r->err,
                              "matrix must have 1 to %d options with lists of values, as "
                              "{training.seed: [1, 2]}",
                              EXPERIMENT_MATRIX_AXES);
    for (size_t i = 0; i < count; i++) {
        const struct document_pair pair = document_pair(r->document, matrix->value, i);
        struct axis *axis = &run->axes[i];
        axis->option = option_find(pair.key);
        if (axis->option < 0) {
            option_unknown(pair.key, r->err);
            return document_error(r->document, pair.line, r->err, "matrix: %s", r->err->text);
        }
        if (!check_axis(r, &pair, run, &options_table[axis->option]))
            return false;
        run->axis_count = i + 1;
        if (!read_axis(r, &pair, axis))
            return false;
    }
    return true;
}

/* One key of a run other than its name. */
static bool read_run_key(struct reader *r, const struct document_pair *pair, struct run_entry *run)
{
    if (strcmp(pair->key, "name") == 0 || strcmp(pair->key, "from") == 0)
        return true;
    if (strcmp(pair->key, "matrix") == 0)
        return read_matrix(r, pair, run);
    if (option_is_section(pair->key))
        return read_section(r, pair, SOURCE_RUN, &run->given);
    /* "training.seed" is in the table too, but belongs into its section */
    const int option = strchr(pair->key, '.') ? -1 : option_find(pair->key);
    if (option >= 0)
        return read_option(r, pair->value, option, pair->line, SOURCE_RUN, &run->given);
    const char *keys[OPTIONS_MAX + 4];
    char text[OPTIONS_MAX][32];
    list_run_keys(keys, text);
    suggest_key(pair->key, "in a run", keys, r->err);
    return document_error(r->document, pair->line, r->err, "%s", r->err->text);
}

static int find_run(const struct experiment_file *file, const char *name)
{
    for (size_t i = 0; i < file->run_count; i++)
        if (strcmp(file->runs[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* The run that `node` names; NULL: none. */
static bool read_parent(struct reader *r, const yaml_node_t *node, struct run_entry *run)
{
    const struct experiment_file *file = r->file;
    run->parent = -1;
    if (!node)
        return true;
    const char *text = document_text(node);
    run->parent = text ? find_run(file, text) : -1;
    if (run->parent >= 0)
        return true;
    char list[400] = "";
    for (size_t i = 0; i < file->run_count; i++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", file->runs[i].name);
    }
    return document_error(r->document, document_line(node), r->err,
                          "run '%s': from: value '%.60s' is no run above this one; allowed: %s",
                          run->name, text ? text : "(not a name)",
                          file->run_count ? list : "none, this is the first run");
}

/* Appends one run to the file, which has room for it. */
static bool read_run(struct reader *r, const yaml_node_t *node)
{
    struct experiment_file *file = r->file;
    struct run_entry *run = &file->runs[file->run_count];
    run->line = document_line(node);
    run->given = file->base;
    run->variants = 1;
    if (!is_mapping(node))
        return document_error(r->document, run->line, r->err,
                              "a run must have keys and values, as {name: pretrain, epochs: 10}");
    if (!read_name(r, node, "name", run->name))
        return false;
    const int twin = find_run(file, run->name);
    if (twin >= 0)
        return document_error(r->document, run->line, r->err,
                              "run name '%s' is given twice, first on line %d", run->name,
                              file->runs[twin].line);
    if (!read_parent(r, document_value(r->document, node, "from"), run))
        return false;
    file->run_count++; /* from here on experiment_file_free sees its axes */
    for (size_t i = 0; i < document_size(node); i++) {
        const struct document_pair pair = document_pair(r->document, node, i);
        if (!read_run_key(r, &pair, run))
            return false;
    }
    r->variants += run->variants;
    return true;
}

static bool read_runs(struct reader *r, const yaml_node_t *node)
{
    const size_t count = is_list(node) ? document_size(node) : 0;
    if (count == 0 || count > EXPERIMENT_RUNS)
        return document_error(r->document, document_line(node), r->err,
                              "runs must be a list of 1 to %d runs, as [{name: pretrain}]",
                              EXPERIMENT_RUNS);
    r->file->runs = MEM_NEW(struct run_entry, count);
    for (size_t i = 0; i < count; i++)
        if (!read_run(r, document_item(r->document, node, i)))
            return false;
    return true;
}

/* ---- the whole file ---- */

static bool read_root_key(struct reader *r, const struct document_pair *pair)
{
    if (strcmp(pair->key, "experiment") == 0 || strcmp(pair->key, "runs") == 0)
        return true;
    if (option_of_run(pair->key))
        return document_error(r->document, pair->line, r->err,
                              "'%s' belongs into a run, in the list 'runs'", pair->key);
    if (option_is_section(pair->key))
        return read_section(r, pair, SOURCE_SECTION, &r->file->base);
    suggest_key(pair->key, "at the top level", ROOT_KEYS, r->err);
    return document_error(r->document, pair->line, r->err, "%s", r->err->text);
}

static bool read_root(struct reader *r)
{
    const yaml_node_t *root = document_root(r->document);
    if (!is_mapping(root))
        return document_error(r->document, document_line(root), r->err,
                              "not an experiment: the file must start with 'experiment: NAME'");
    option_values_default(&r->file->base.settings);
    for (size_t i = 0; i < document_size(root); i++) {
        const struct document_pair pair = document_pair(r->document, root, i);
        if (!read_root_key(r, &pair))
            return false;
    }
    if (!read_name(r, root, "experiment", r->file->experiment))
        return false;
    const yaml_node_t *runs = document_value(r->document, root, "runs");
    if (!runs)
        return document_error(r->document, document_line(root), r->err,
                              "the key 'runs' is missing");
    return read_runs(r, runs);
}

/* One --set. */
static bool read_override(struct experiment_file *file, const char *text, struct override *override,
                          struct error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return error_set(err, "--set %.100s: no value; write --set training.seed=2", text);
    char path[OPTIONS_TEXT] = "";
    snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
    *override = (struct override){.text = text, .option = option_find(path)};
    struct error why;
    if (override->option < 0)
        option_unknown(path, &why);
    else if (options_table[override->option].type == OPTION_LAYERS)
        error_set(&why, "%s cannot be set here: it stands in the experiment file", path);
    else if (option_value_parse(&options_table[override->option], equals + 1, file->lists,
                                &override->value, &why))
        return true;
    return error_set(err, "--set %.100s: %.800s", text, why.text);
}

bool experiment_file_read(struct experiment_file *file, const struct document *document,
                          struct experiment_overrides overrides, struct error *err)
{
    struct reader reader = {
        .document = document,
        .file = file,
        .err = err,
        .values = {.document = document, .lists = file->lists, .err = err},
    };
    file->name = document->file;
    if (!read_root(&reader))
        return false;
    file->overrides = MEM_NEW(struct override, overrides.count);
    file->override_count = overrides.count;
    for (size_t i = 0; i < overrides.count; i++)
        if (!read_override(file, overrides.text[i], &file->overrides[i], err))
            return false;
    return true;
}

bool experiment_file_error(const struct experiment_file *file, const struct run_entry *run,
                           int line, struct error *err, const char *format, ...)
{
    struct error message;
    va_list args;
    va_start(args, format);
    vsnprintf(message.text, sizeof message.text, format, args);
    va_end(args);
    return error_set(err, "%.400s:%d: run '%s'%s", file->name, line, run->name, message.text);
}

void experiment_file_free(struct experiment_file *file)
{
    for (size_t i = 0; i < file->run_count; i++)
        for (size_t a = 0; a < file->runs[i].axis_count; a++)
            if (!file->runs[i].axes[a].inherited)
                mem_free(file->runs[i].axes[a].values);
    mem_free(file->runs);
    mem_free(file->overrides);
}
