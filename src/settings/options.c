#include "settings/options.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"

int option_find(const char *path)
{
    for (size_t i = 0; i < options_count; i++)
        if (strcmp(options_table[i].path, path) == 0)
            return (int)i;
    return -1;
}

/* Length of the section of a path; 0 for an option without one. */
static size_t section_length(const char *path)
{
    const size_t n = strcspn(path, ".");
    return path[n] ? n : 0;
}

bool option_is_in(const struct option_entry *entry, const char *section)
{
    const size_t n = strlen(section);
    return section_length(entry->path) == n && strncmp(entry->path, section, n) == 0;
}

bool option_is_section(const char *name)
{
    for (size_t i = 0; i < options_count && *name; i++)
        if (option_is_in(&options_table[i], name))
            return true;
    return false;
}

bool option_of_run(const char *path)
{
    static const char *const words[] = {"epochs", "prune", "penalty",     "group-lasso",
                                        "impose", "adc",   "recalibrate", "recalibrate_samples"};
    const size_t n = strcspn(path, ".");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncmp(path, words[i], n) == 0)
            return true;
    return constraint_of_path(path) != NULL;
}

int option_of_constraint(const struct constraint_class *class)
{
    char path[64];
    snprintf(path, sizeof path, "%s.%s", class->name, class->option);
    return option_find(path);
}

static const struct real_list *list_of(const struct option_entry *entry,
                                       const struct settings *settings)
{
    return (const struct real_list *)((const char *)settings + entry->offset);
}

const struct real_list *option_amounts(const struct settings *settings,
                                       const struct constraint_class *class)
{
    return list_of(&options_table[option_of_constraint(class)], settings);
}

bool options_have_constraint(const struct settings *settings)
{
    for (size_t c = 0; c < constraint_count; c++)
        if (option_amounts(settings, constraint_table[c])->count > 0)
            return true;
    return false;
}

const struct option_entry *option_switch(const struct option_entry *entry)
{
    const struct constraint_class *class = constraint_of_path(entry->path);
    if (class)
        return &options_table[option_of_constraint(class)];
    if (option_is_in(entry, "group-lasso"))
        return &options_table[option_find("group-lasso.group")];
    if (option_is_in(entry, "adc"))
        return &options_table[option_find("adc.bits")];
    const bool is_list =
        strcmp(entry->path, "data.mean") == 0 || strcmp(entry->path, "data.std") == 0;
    return is_list ? entry : NULL;
}

bool option_of_own_data(const struct option_entry *entry)
{
    return option_in_list("data.file, data.shape, data.classes", entry->path);
}

bool option_is_silent(const struct option_entry *entry, const struct settings *settings)
{
    const struct option_entry *list = option_switch(entry);
    if (list)
        return list_of(list, settings)->count == 0;
    if (strncmp(entry->path, "recalibrate", strlen("recalibrate")) == 0)
        return strcmp(settings->recalibrate, "none") == 0;
    const bool is_known = !settings->data.file;
    if (strcmp(entry->path, "data.name") == 0)
        return !is_known;
    if (strcmp(entry->path, "data.shuffle") == 0)
        return strcmp(settings->data.shuffle, "all") == 0;
    if (option_of_own_data(entry))
        return is_known;
    return option_is_in(entry, "impose") && !options_have_constraint(settings);
}

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789-_.";

bool option_is_name(const char *text)
{
    return *text && *text != '-' && *text != '.' && text[strspn(text, name_letters)] == '\0';
}

bool option_is_path(const char *text)
{
    if (!*text || strchr("-=,@", *text))
        return false;
    for (; *text; text++)
        if ((unsigned char)*text < 0x80 && !strchr(name_letters, *text) && !strchr("/+=,@", *text))
            return false;
    return true;
}

const char *option_choices(const struct option_entry *entry)
{
    return entry->names ? entry->names() : entry->choices;
}

bool option_in_list(const char *list, const char *text)
{
    const size_t n = strlen(text);
    for (const char *word = list; *word; word += strspn(word, ", ")) {
        const size_t length = strcspn(word, ",");
        if (length == n && strncmp(word, text, n) == 0)
            return true;
        word += length;
    }
    return false;
}

void option_allowed(const struct option_entry *entry, char *text, size_t size)
{
    switch (entry->type) {
    case OPTION_INTEGER:
    case OPTION_CHOICE:
        if (option_choices(entry))
            snprintf(text, size, "%s", option_choices(entry));
        else
            snprintf(text, size, "an integer from %.0f to %.0f", entry->min, entry->max);
        break;
    case OPTION_PATH:
        snprintf(text, size, "none, or a path of at most %zu letters, digits and /._-+=,@",
                 (size_t)SETTINGS_PATH - 1);
        break;
    case OPTION_REAL:
        snprintf(text, size, "a number %s %.15g and %s %.15g",
                 entry->above ? ">" : ">=", entry->min, entry->below ? "<" : "<=", entry->max);
        break;
    case OPTION_BOOLEAN:
        snprintf(text, size, "true, false");
        break;
    case OPTION_INTEGERS:
        snprintf(text, size, "a list of at most %zu integers from %.0f to %.0f, as [300, 100]",
                 (size_t)SETTINGS_HIDDEN, entry->min, entry->max);
        break;
    case OPTION_REALS:
        snprintf(text, size, "%s %s %.15g and <= %.15g, or a list of at most %d, as [%s]",
                 entry->is_whole ? "an integer" : "a number", entry->above ? ">" : ">=", entry->min,
                 entry->max, SETTINGS_REALS, entry->is_whole ? "3, 3, 1" : "0.2, 0.5");
        break;
    case OPTION_LAYERS:
        snprintf(text, size, "a list of 1 to %d layers, in the experiment file", LAYERS_MAX);
        break;
    }
}

/* The options of a section, or without one ("") all sections: "data.*, …, epochs". */
static void list_options(const char *section, char *list, size_t size)
{
    const size_t n = strlen(section);
    list[0] = '\0';
    for (size_t i = 0; i < options_count; i++) {
        const char *path = options_table[i].path, *before = i ? options_table[i - 1].path : "";
        const size_t length = section_length(path), used = strlen(list);
        const char *comma = used ? ", " : "";
        if (n > 0) {
            if (length == n && strncmp(path, section, n) == 0)
                snprintf(list + used, size - used, "%s%s", comma, path + n + 1);
        } else if (length == 0) {
            snprintf(list + used, size - used, "%s%s", comma, path);
        } else if (strncmp(path, before, length + 1) != 0) {
            snprintf(list + used, size - used, "%s%.*s.*", comma, (int)length, path);
        }
    }
}

bool option_unknown(const char *path, struct error *err)
{
    const char *paths[OPTIONS_MAX];
    for (size_t i = 0; i < options_count; i++)
        paths[i] = options_table[i].path;
    char hint[OPTIONS_TEXT] = "";
    const char *nearest = suggest_nearest(path, paths, options_count);
    if (nearest)
        snprintf(hint, sizeof hint, " (did you mean '%s'?)", nearest);

    char section[OPTIONS_TEXT] = "", list[512];
    const size_t n = strcspn(path, ".");
    if (n < sizeof section)
        memcpy(section, path, n);
    if (!option_is_section(section))
        section[0] = '\0';
    list_options(section, list, sizeof list);
    return error_set(err, "unknown option '%.60s'%s; allowed%s%s: %s", path, hint,
                     *section ? " in " : "", section, list);
}

void options_print_table(void)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        char allowed[256];
        option_allowed(entry, allowed, sizeof allowed);
        log_info("%s = %s", entry->path, entry->standard);
        log_info("    %s", entry->meaning);
        log_info("    allowed: %s", allowed);
    }
}
