#include "settings/options.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"

static_assert(offsetof(struct settings, network.hidden_count) ==
                  offsetof(struct settings, network.hidden) + EXPERIMENT_LAYERS * sizeof(int64_t),
              "the length of a list follows the list");

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

bool option_is_section(const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < options_count; i++) {
        const char *path = options_table[i].path;
        if (n > 0 && section_length(path) == n && strncmp(path, name, n) == 0)
            return true;
    }
    return false;
}

bool option_of_run(const char *path)
{
    static const char *const words[] = {"epochs", "prune", "penalty", "group-lasso", "impose"};
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

const struct option_entry *option_switch(const struct option_entry *entry)
{
    const struct constraint_class *class = constraint_of_path(entry->path);
    if (class)
        return &options_table[option_of_constraint(class)];
    if (strncmp(entry->path, "group-lasso.", 12) == 0)
        return &options_table[option_find("group-lasso.group")];
    const bool is_list =
        strcmp(entry->path, "data.mean") == 0 || strcmp(entry->path, "data.std") == 0;
    return is_list ? entry : NULL;
}

bool option_is_silent(const struct option_entry *entry, const struct settings *settings)
{
    const struct option_entry *list = option_switch(entry);
    if (list)
        return list_of(list, settings)->count == 0;
    if (strncmp(entry->path, "impose.", 7) != 0)
        return false;
    for (size_t c = 0; c < constraint_count; c++)
        if (option_amounts(settings, constraint_table[c])->count > 0)
            return false;
    return true;
}

bool option_is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    return *text && *text != '-' && *text != '.' && text[strspn(text, allowed)] == '\0';
}

static const char *choices_of(const struct option_entry *entry)
{
    return entry->names ? entry->names() : entry->choices;
}

/* True when `text` is one of the words of a list "a, b, c". */
static bool in_choices(const char *choices, const char *text)
{
    const size_t n = strlen(text);
    for (const char *word = choices; *word; word += strspn(word, ", ")) {
        const size_t length = strcspn(word, ",");
        if (length == n && strncmp(word, text, n) == 0)
            return true;
        word += length;
    }
    return false;
}

/* Decimal digits only; a leading zero is refused because YAML 1.1 reads "010" as eight. */
static bool parse_integer(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '-');
    const size_t n = strspn(digits, "0123456789");
    if (n == 0 || digits[n] || (n > 1 && digits[0] == '0'))
        return false;
    errno = 0;
    *value = strtoll(text, NULL, 10);
    return errno == 0;
}

/* Decimal notation only: no hexadecimal, no "inf", no blanks; ERANGE also refuses subnormals. */
static bool parse_real(const char *text, double *value)
{
    if (!*text || text[strspn(text, "+-.0123456789eE")])
        return false;
    char *end;
    errno = 0;
    *value = strtod(text, &end) + 0.0; /* -0 becomes 0 */
    return end != text && !*end && errno == 0;
}

static bool in_range(const struct option_entry *entry, double x)
{
    return (entry->above ? x > entry->min : x >= entry->min) &&
           (entry->below ? x < entry->max : x <= entry->max);
}

/* One item of a list. */
static bool parse_item(const struct option_entry *entry, const char *text, void *list, size_t at)
{
    if (entry->type == OPTION_INTEGERS) {
        int64_t *value = (int64_t *)list + at;
        return parse_integer(text, value) && in_range(entry, (double)*value);
    }
    double *value = (double *)list + at;
    int64_t whole;
    return parse_real(text, value) && in_range(entry, *value) &&
           (!entry->is_whole || parse_integer(text, &whole));
}

/* "[300, 100]" or "300,100" to values of 8 bytes; only "[]" is an empty list. */
static bool parse_list(const struct option_entry *entry, const char *text, void *list, size_t max,
                       int64_t *count)
{
    char copy[OPTIONS_TEXT];
    const size_t n = strlen(text);
    const bool brackets = n >= 2 && text[0] == '[' && text[n - 1] == ']';
    if (n >= sizeof copy)
        return false;
    snprintf(copy, sizeof copy, "%.*s", (int)(brackets ? n - 2 : n), text + brackets);
    if (copy[strspn(copy, " ")] == '\0')
        return brackets;

    for (char *item = copy, *next; item; item = next) {
        next = strchr(item, ',');
        if (next)
            *next++ = '\0';
        item += strspn(item, " ");
        for (size_t end = strlen(item); end > 0 && item[end - 1] == ' '; end--)
            item[end - 1] = '\0';
        if (*count == (int64_t)max || !parse_item(entry, item, list, (size_t)*count))
            return false;
        ++*count;
    }
    return true;
}

/* Parses into `value`, a zeroed buffer of the size of the option (and of the count of a list). */
static bool parse_value(const struct option_entry *entry, const char *text, void *value)
{
    switch (entry->type) {
    case OPTION_INTEGER:
        return parse_integer(text, value) && in_range(entry, (double)*(int64_t *)value) &&
               (!entry->choices || in_choices(entry->choices, text));
    case OPTION_REAL:
        return parse_real(text, value) && in_range(entry, *(double *)value);
    case OPTION_BOOLEAN:
        *(bool *)value = strcmp(text, "true") == 0;
        return in_choices("true, false", text);
    case OPTION_INTEGERS:
        return parse_list(entry, text, value, entry->size / sizeof(int64_t),
                          (int64_t *)value + entry->size / sizeof(int64_t));
    case OPTION_REALS:
        return parse_list(entry, text, value, EXPERIMENT_REALS,
                          &((struct real_list *)value)->count);
    case OPTION_CHOICE:
        if (!in_choices(choices_of(entry), text) || strlen(text) >= entry->size)
            return false;
        memcpy(value, text, strlen(text));
        return true;
    case OPTION_LAYERS:
        return false;
    }
    return false;
}

bool option_set(const struct option_entry *entry, struct settings *settings, const char *text,
                struct error *err)
{
    if (entry->type == OPTION_LAYERS && strcmp(text, entry->standard) == 0) {
        settings->network.layers.count = 0;
        return true;
    }
    int64_t value[EXPERIMENT_REALS + 1] = {0}; /* the largest value, a list */
    const size_t tail = entry->type == OPTION_INTEGERS ? sizeof(int64_t) : 0;
    assert(entry->type == OPTION_LAYERS || entry->size + tail <= sizeof value);
    if (parse_value(entry, text, value)) {
        memcpy((char *)settings + entry->offset, value, entry->size + tail);
        return true;
    }
    char allowed[256];
    option_allowed(entry, allowed, sizeof allowed);
    return error_set(err, "%s: value '%.60s' is not valid; allowed: %s", entry->path, text,
                     allowed);
}

/* The shortest of the decimal forms that reads back to the same number. */
static void print_real(double x, char text[OPTIONS_TEXT])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, OPTIONS_TEXT, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            return;
    }
}

/* Readers of YAML 1.1 take "1e-05" for text: a number with an exponent needs a point. */
static void print_reals(const struct real_list *list, char text[OPTIONS_TEXT])
{
    strcpy(text, "[");
    for (int64_t i = 0; i < list->count; i++) {
        char item[OPTIONS_TEXT];
        print_real(list->value[i], item);
        const size_t used = strlen(text), mantissa = strcspn(item, "e");
        const bool bare = item[mantissa] && !strchr(item, '.');
        snprintf(text + used, OPTIONS_TEXT - used, "%s%.*s%s%s", i ? ", " : "", (int)mantissa, item,
                 bare ? ".0" : "", item + mantissa);
    }
    strcat(text, "]");
}

static void print_integers(const int64_t *values, size_t max, char text[OPTIONS_TEXT])
{
    const int64_t count = values[max];
    strcpy(text, "[");
    for (int64_t i = 0; i < count; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, OPTIONS_TEXT - used, "%s%" PRId64, i ? ", " : "", values[i]);
    }
    const size_t used = strlen(text);
    snprintf(text + used, OPTIONS_TEXT - used, "]");
}

void option_print(const struct option_entry *entry, const struct settings *settings,
                  char text[OPTIONS_TEXT])
{
    const void *value = (const char *)settings + entry->offset;
    switch (entry->type) {
    case OPTION_INTEGER:
        snprintf(text, OPTIONS_TEXT, "%" PRId64, *(const int64_t *)value);
        break;
    case OPTION_REAL:
        print_real(*(const double *)value, text);
        break;
    case OPTION_BOOLEAN:
        snprintf(text, OPTIONS_TEXT, "%s", *(const bool *)value ? "true" : "false");
        break;
    case OPTION_INTEGERS:
        print_integers(value, entry->size / sizeof(int64_t), text);
        break;
    case OPTION_REALS:
        print_reals(value, text);
        break;
    case OPTION_CHOICE:
        snprintf(text, OPTIONS_TEXT, "%s", (const char *)value);
        break;
    case OPTION_LAYERS:
        snprintf(text, OPTIONS_TEXT, settings->network.layers.count ? "[...]" : "[]");
        break;
    }
}

void option_allowed(const struct option_entry *entry, char *text, size_t size)
{
    switch (entry->type) {
    case OPTION_INTEGER:
    case OPTION_CHOICE:
        if (choices_of(entry))
            snprintf(text, size, "%s", choices_of(entry));
        else
            snprintf(text, size, "an integer from %.0f to %.0f", entry->min, entry->max);
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
                 entry->size / sizeof(int64_t), entry->min, entry->max);
        break;
    case OPTION_REALS:
        snprintf(text, size, "%s %s %.15g and <= %.15g, or a list of at most %d, as [%s]",
                 entry->is_whole ? "an integer" : "a number", entry->above ? ">" : ">=", entry->min,
                 entry->max, EXPERIMENT_REALS, entry->is_whole ? "3, 3, 1" : "0.2, 0.5");
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
