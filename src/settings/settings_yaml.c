#include "settings/settings_yaml.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "settings/layer_text.h"
#include "settings/option_value.h"

/* Readers of YAML 1.1 take "1e-05" for text: a number with an exponent needs a point. */
static void append_value(char *yaml, size_t size, const char *value, enum option_type type)
{
    const size_t used = strlen(yaml), mantissa = strcspn(value, "e");
    const bool bare = type == OPTION_REAL && value[mantissa] && !strchr(value, '.');
    snprintf(yaml + used, size - used, "%.*s%s%s\n", (int)mantissa, value, bare ? ".0" : "",
             value + mantissa);
}

/* Appends one line. A list of layers stands for all other options of the network; without one it goes
 * unmentioned. */
static void append_option(char *yaml, size_t size, const struct option_entry *entry,
                          const struct settings *settings)
{
    const struct layer_list *layers = settings->network.layers;
    const char *dot = strchr(entry->path, '.');
    const size_t used = strlen(yaml);
    if (entry->type == OPTION_LAYERS && layers)
        layer_text_print(layers, 2, yaml + used);
    if (entry->type == OPTION_LAYERS || (layers && option_is_in(entry, "network")))
        return;
    snprintf(yaml + used, size - used, "%s%s: ", dot ? "  " : "", dot ? dot + 1 : entry->path);
    char value[OPTIONS_TEXT];
    const union option_value set = option_value_get(entry, settings);
    option_value_print(entry, &set, value);
    append_value(yaml, size, value, entry->type);
}

char *settings_to_yaml(const struct settings *settings)
{
    const struct layer_list *layers = settings->network.layers;
    const size_t size = OPTIONS_MAX * 2 * OPTIONS_TEXT + (layers ? layer_text_size(layers) : 0);
    char *yaml = mem_alloc(size, 1, "settings as text");
    const char *open = ""; /* a path in the open section */
    size_t section = 0;    /* length of that section's name, with its dot */
    for (size_t i = 0; i < options_count; i++) {
        const char *path = options_table[i].path;
        const size_t n = strcspn(path, "."), used = strlen(yaml);
        const bool inside = path[n] != '\0';
        if (option_is_silent(&options_table[i], settings))
            continue;
        if (inside && (section != n + 1 || strncmp(path, open, section) != 0))
            snprintf(yaml + used, size - used, "%.*s:\n", (int)n, path);
        section = inside ? n + 1 : 0;
        open = path;
        append_option(yaml, size, &options_table[i], settings);
    }
    return yaml;
}

/* ---- comparing ---- */

void settings_difference(const char *path, const char *what, const char *there, const char *here,
                         struct error *err)
{
    while (*there && *here) {
        const size_t a = strcspn(there, "\n"), b = strcspn(here, "\n");
        if (a != b || strncmp(there, here, a) != 0) {
            const size_t indent = strspn(there, " "), other = strspn(here, " ");
            error_set(err,
                      "%s: was %s with other settings ('%.*s' there, '%.*s' now); --fresh "
                      "replaces it, --output puts the new one elsewhere",
                      path, what, (int)(a - indent), there + indent, (int)(b - other),
                      here + other);
            return;
        }
        there += a + (there[a] == '\n');
        here += b + (here[b] == '\n');
    }
    error_set(err, "%s: was %s with other settings; --fresh replaces it", path, what);
}
