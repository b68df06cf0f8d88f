#include "settings/experiment_file.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "settings/layer_text.h"

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

static bool is_mapping(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE;
}

static bool is_list(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE;
}

/* ---- values ---- */

static bool refuse(const struct document *document, const yaml_node_t *node,
                   const struct option_entry *entry, const char *what, struct error *err)
{
    char allowed[256];
    option_allowed(entry, allowed, sizeof allowed);
    return document_error(document, document_line(node), err, "%s: %s; allowed: %s", entry->path,
                          what, allowed);
}

/* The items of a list as "[300, 100]". What does not fit is longer than any valid list. */
static bool join_items(const struct document *document, const yaml_node_t *node,
                       const struct option_entry *entry, char text[2 * OPTIONS_TEXT],
                       struct error *err)
{
    strcpy(text, "[");
    for (size_t i = 0; i < document_size(node); i++) {
        const yaml_node_t *item = document_item(document, node, i);
        const char *value = document_is_plain(item) ? document_text(item) : NULL;
        if (!value || !*value || strpbrk(value, ",[] "))
            return refuse(document, item, entry,
                          entry->type == OPTION_REALS ? "a value that is no number"
                                                      : "a value that is no integer",
                          err);
        const size_t used = strlen(text);
        snprintf(text + used, 2 * OPTIONS_TEXT - used, "%s%s", i ? ", " : "", value);
    }
    const size_t used = strlen(text);
    snprintf(text + used, 2 * OPTIONS_TEXT - used, "]");
    return true;
}

/* Sets one option from a node, with a located message. */
static bool read_value(const struct document *document, const yaml_node_t *node,
                       const struct option_entry *entry, struct settings *settings,
                       struct error *err)
{
    char list[2 * OPTIONS_TEXT];
    const char *text = document_text(node);
    if (entry->type == OPTION_LAYERS)
        return layer_text_read(document, node, &settings->network.layers, err);
    if (entry->type == OPTION_INTEGERS || (entry->type == OPTION_REALS && is_list(node))) {
        if (!is_list(node))
            return refuse(document, node, entry, "the value is not a list", err);
        if (!join_items(document, node, entry, list, err))
            return false;
        text = list;
    } else if (!text) {
        return refuse(document, node, entry,
                      is_list(node) ? "the value is a list (lists of values stand in a matrix)"
                                    : "the value is a mapping",
                      err);
    } else if (!document_is_plain(node) && entry->type != OPTION_CHOICE) {
        return refuse(document, node, entry, "the value is text in quotes", err);
    }
    return option_set(entry, settings, text, err) ||
           document_error(document, document_line(node), err, "%s", err->text);
}

/* Reads "section: {key: value, …}"; `source` is SOURCE_RUN, or SOURCE_DEFAULT for line numbers. */
static bool read_section(const struct document *document, const struct document_pair *section,
                         struct layer *layer, int source, struct error *err)
{
    if (!is_mapping(section->value))
        return document_error(document, section->line, err,
                              "%s must have keys and values, as %s: {key: value}", section->key,
                              section->key);
    for (size_t i = 0; i < document_size(section->value); i++) {
        const struct document_pair pair = document_pair(document, section->value, i);
        char path[OPTIONS_TEXT];
        snprintf(path, sizeof path, "%.20s.%.60s", section->key, pair.key);
        const int option = option_find(path);
        if (option < 0) {
            option_unknown(path, err);
            return document_error(document, pair.line, err, "%s", err->text);
        }
        if (!read_value(document, pair.value, &options_table[option], &layer->settings, err))
            return false;
        layer->source[option] = source == SOURCE_RUN ? SOURCE_RUN : pair.line;
    }
    return true;
}

/* A name that will be a file or a folder. */
static bool read_name(const struct document *document, const yaml_node_t *owner, const char *key,
                      char name[EXPERIMENT_NAME], struct error *err)
{
    const yaml_node_t *node = document_value(document, owner, key);
    if (!node)
        return document_error(document, document_line(owner), err, "the key '%s' is missing", key);
    const char *text = document_text(node);
    if (!text || !option_is_name(text) || strlen(text) >= EXPERIMENT_NAME)
        return document_error(document, document_line(node), err,
                              "%s: value '%.60s' is not valid; allowed: at most %d letters, "
                              "digits, '-', '_' and '.', not starting with '-' or '.'",
                              key, text ? text : "(not a name)", EXPERIMENT_NAME - 1);
    strcpy(name, text);
    return true;
}

/* ---- runs ---- */

/* Values of one axis in the form option_print gives, each once. */
static bool read_axis(const struct document *document, const struct document_pair *pair,
                      struct axis *axis, struct error *err)
{
    const struct option_entry *entry = &options_table[axis->option];
    const size_t count = is_list(pair->value) ? document_size(pair->value) : 0;
    if (entry->type == OPTION_LAYERS)
        return document_error(document, pair->line, err,
                              "%s cannot stand in a matrix: write a run for each network",
                              entry->path);
    if (count == 0 || count > EXPERIMENT_RUNS)
        return document_error(document, pair->line, err,
                              "%s must be a list of 1 to %d values, as [1, 2]", entry->path,
                              EXPERIMENT_RUNS);
    axis->line = pair->line;
    axis->values = mem_alloc(count, sizeof *axis->values, "matrix values");
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *node = document_item(document, pair->value, i);
        struct settings scratch;
        if (!read_value(document, node, entry, &scratch, err))
            return false;
        option_print(entry, &scratch, axis->values[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(axis->values[i], axis->values[j]) == 0)
                return document_error(document, document_line(node), err,
                                      "%s: value '%s' is given twice", entry->path,
                                      axis->values[i]);
        axis->count = i + 1;
    }
    return true;
}

static bool read_matrix(const struct document *document, const struct document_pair *matrix,
                        struct plan_run *run, struct error *err)
{
    const size_t count = is_mapping(matrix->value) ? document_size(matrix->value) : 0;
    if (count == 0 || count > EXPERIMENT_MATRIX_AXES)
        return document_error(document, matrix->line, err,
                              "matrix must have 1 to %d options with lists of values, as "
                              "{training.seed: [1, 2]}",
                              EXPERIMENT_MATRIX_AXES);
    for (size_t i = 0; i < count; i++) {
        const struct document_pair pair = document_pair(document, matrix->value, i);
        struct axis *axis = &run->axes[i];
        axis->option = option_find(pair.key);
        if (axis->option < 0) {
            option_unknown(pair.key, err);
            return document_error(document, pair.line, err, "matrix: %s", err->text);
        }
        run->axis_count = i + 1;
        if (!read_axis(document, &pair, axis, err))
            return false;
    }
    return true;
}

/* One key of a run other than its name. */
static bool read_run_key(const struct document *document, const struct document_pair *pair,
                         struct plan_run *run, struct error *err)
{
    if (strcmp(pair->key, "name") == 0 || strcmp(pair->key, "from") == 0)
        return true;
    if (strcmp(pair->key, "matrix") == 0)
        return read_matrix(document, pair, run, err);
    if (option_is_section(pair->key))
        return read_section(document, pair, &run->layer, SOURCE_RUN, err);
    /* "training.seed" is in the table too, but belongs into its section */
    const int option = strchr(pair->key, '.') ? -1 : option_find(pair->key);
    if (option < 0) {
        const char *keys[OPTIONS_MAX + 4];
        char text[OPTIONS_MAX][32];
        list_run_keys(keys, text);
        suggest_key(pair->key, "in a run", keys, err);
        return document_error(document, pair->line, err, "%s", err->text);
    }
    run->layer.source[option] = SOURCE_RUN;
    return read_value(document, pair->value, &options_table[option], &run->layer.settings, err);
}

static int find_run(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->run_count; i++)
        if (strcmp(plan->runs[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool read_parent(const struct document *document, const yaml_node_t *node,
                        const struct plan *plan, struct plan_run *run, struct error *err)
{
    run->parent = -1;
    if (!node)
        return true;
    const char *text = document_text(node);
    run->parent = text ? find_run(plan, text) : -1;
    if (run->parent >= 0)
        return true;
    char list[400] = "";
    for (size_t i = 0; i < plan->run_count; i++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", plan->runs[i].name);
    }
    return document_error(document, document_line(node), err,
                          "run '%s': from: value '%.60s' is no run above this one; allowed: %s",
                          run->name, text ? text : "(not a name)",
                          plan->run_count ? list : "none, this is the first run");
}

/* Appends one run to the plan, which has room for it. */
static bool read_run(const struct document *document, const yaml_node_t *node, struct plan *plan,
                     struct error *err)
{
    struct plan_run *run = &plan->runs[plan->run_count];
    run->line = document_line(node);
    run->layer = plan->base;
    if (!is_mapping(node))
        return document_error(document, run->line, err,
                              "a run must have keys and values, as {name: pretrain, epochs: 10}");
    if (!read_name(document, node, "name", run->name, err))
        return false;
    const int twin = find_run(plan, run->name);
    if (twin >= 0)
        return document_error(document, run->line, err,
                              "run name '%s' is given twice, first on line %d", run->name,
                              plan->runs[twin].line);
    if (!read_parent(document, document_value(document, node, "from"), plan, run, err))
        return false;
    plan->run_count++; /* from here on plan_free sees its axes */
    for (size_t i = 0; i < document_size(node); i++) {
        const struct document_pair pair = document_pair(document, node, i);
        if (!read_run_key(document, &pair, run, err))
            return false;
    }
    return true;
}

static bool read_runs(const struct document *document, const yaml_node_t *node, struct plan *plan,
                      struct error *err)
{
    const size_t count = is_list(node) ? document_size(node) : 0;
    if (count == 0 || count > EXPERIMENT_RUNS)
        return document_error(document, document_line(node), err,
                              "runs must be a list of 1 to %d runs, as [{name: pretrain}]",
                              EXPERIMENT_RUNS);
    plan->runs = MEM_NEW(struct plan_run, count);
    for (size_t i = 0; i < count; i++)
        if (!read_run(document, document_item(document, node, i), plan, err))
            return false;
    return true;
}

/* ---- the whole file ---- */

static bool read_root_key(const struct document *document, const struct document_pair *pair,
                          struct plan *plan, struct error *err)
{
    if (strcmp(pair->key, "experiment") == 0 || strcmp(pair->key, "runs") == 0)
        return true;
    if (option_of_run(pair->key))
        return document_error(document, pair->line, err,
                              "'%s' belongs into a run, in the list 'runs'", pair->key);
    if (option_is_section(pair->key))
        return read_section(document, pair, &plan->base, SOURCE_DEFAULT, err);
    suggest_key(pair->key, "at the top level", ROOT_KEYS, err);
    return document_error(document, pair->line, err, "%s", err->text);
}

static bool read_root(const struct document *document, struct plan *plan, struct error *err)
{
    const yaml_node_t *root = document_root(document);
    if (!is_mapping(root))
        return document_error(document, document_line(root), err,
                              "not an experiment: the file must start with 'experiment: NAME'");
    experiment_defaults(&plan->base.settings);
    for (size_t i = 0; i < document_size(root); i++) {
        const struct document_pair pair = document_pair(document, root, i);
        if (!read_root_key(document, &pair, plan, err))
            return false;
    }
    if (!read_name(document, root, "experiment", plan->name, err))
        return false;
    const yaml_node_t *runs = document_value(document, root, "runs");
    if (!runs)
        return document_error(document, document_line(root), err, "the key 'runs' is missing");
    return read_runs(document, runs, plan, err);
}

static bool read_overrides(struct plan *plan, struct experiment_overrides overrides,
                           struct error *err)
{
    plan->overrides = MEM_NEW(struct plan_override, overrides.count);
    plan->override_count = overrides.count;
    for (size_t i = 0; i < overrides.count; i++) {
        const char *text = overrides.text[i], *equals = strchr(text, '=');
        if (!equals)
            return error_set(err, "--set %.100s: no value; write --set training.seed=2", text);
        char path[OPTIONS_TEXT] = "";
        snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
        struct plan_override *override = &plan->overrides[i];
        *override =
            (struct plan_override){.text = text, .value = equals + 1, .option = option_find(path)};
        struct settings scratch;
        struct error why;
        if (override->option < 0)
            option_unknown(path, &why);
        else if (options_table[override->option].type == OPTION_LAYERS)
            error_set(&why, "%s cannot be set here: it stands in the experiment file", path);
        else if (option_set(&options_table[override->option], &scratch, override->value, &why))
            continue;
        return error_set(err, "--set %.100s: %.800s", text, why.text);
    }
    return true;
}

bool plan_read(struct plan *plan, const struct document *document,
               struct experiment_overrides overrides, struct error *err)
{
    plan->file = document->file;
    return read_root(document, plan, err) && read_overrides(plan, overrides, err);
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->run_count; i++)
        for (size_t a = 0; a < plan->runs[i].axis_count; a++)
            if (!plan->runs[i].axes[a].inherited)
                mem_free(plan->runs[i].axes[a].values);
    mem_free(plan->runs);
    mem_free(plan->overrides);
}
