#include "settings/option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* ---- reading ---- */

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

/* One item of a list to element `at` of `list`. */
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

/* "[300, 100]" or "300,100" to at most `max` values of 8 bytes; only "[]" is an empty list. */
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

static bool parse_reals(const struct option_entry *entry, const char *text,
                        struct settings_lists *lists, struct real_list *reals)
{
    double value[SETTINGS_REALS];
    int64_t count = 0;
    if (!parse_list(entry, text, value, SETTINGS_REALS, &count))
        return false;
    *reals = (struct real_list){settings_keep_reals(lists, value, (size_t)count), count};
    return true;
}

/* Into a zeroed value. */
static bool parse_value(const struct option_entry *entry, const char *text,
                        struct settings_lists *lists, union option_value *value)
{
    switch (entry->type) {
    case OPTION_INTEGER:
        return parse_integer(text, &value->integer) && in_range(entry, (double)value->integer) &&
               (!entry->choices || option_in_list(entry->choices, text));
    case OPTION_REAL:
        return parse_real(text, &value->real) && in_range(entry, value->real);
    case OPTION_BOOLEAN:
        value->boolean = strcmp(text, "true") == 0;
        return option_in_list("true, false", text);
    case OPTION_INTEGERS:
        return parse_list(entry, text, value->integers.value, SETTINGS_HIDDEN,
                          &value->integers.count);
    case OPTION_REALS:
        return parse_reals(entry, text, lists, &value->reals);
    case OPTION_CHOICE:
        if (!option_in_list(option_choices(entry), text) || strlen(text) >= entry->size)
            return false;
        memcpy(value->choice, text, strlen(text));
        return true;
    case OPTION_PATH:
        if (!option_is_path(text) || strlen(text) >= SETTINGS_PATH)
            return false;
        if (strcmp(text, entry->standard) != 0)
            value->path = settings_keep_text(lists, text);
        return true;
    case OPTION_LAYERS:
        return strcmp(text, entry->standard) == 0;
    }
    return false;
}

bool option_value_parse(const struct option_entry *entry, const char *text,
                        struct settings_lists *lists, union option_value *value, struct error *err)
{
    memset(value, 0, sizeof *value);
    if (parse_value(entry, text, lists, value))
        return true;
    memset(value, 0, sizeof *value);
    char allowed[256];
    option_allowed(entry, allowed, sizeof allowed);
    return error_set(err, "%s: value '%.60s' is not valid; allowed: %s", entry->path, text,
                     allowed);
}

union option_value option_value_get(const struct option_entry *entry,
                                    const struct settings *settings)
{
    union option_value value;
    memset(&value, 0, sizeof value);
    memcpy(&value, (const char *)settings + entry->offset, entry->size);
    return value;
}

void option_value_put(const struct option_entry *entry, struct settings *settings,
                      const union option_value *value)
{
    memcpy((char *)settings + entry->offset, value, entry->size);
}

bool option_value_set(const struct option_entry *entry, struct settings *settings, const char *text,
                      struct settings_lists *lists, struct error *err)
{
    union option_value value;
    if (!option_value_parse(entry, text, lists, &value, err))
        return false;
    option_value_put(entry, settings, &value);
    return true;
}

void option_values_default(struct settings *settings)
{
    *settings = (struct settings){0};
    struct error err;
    for (size_t i = 0; i < options_count; i++)
        if (!option_value_set(&options_table[i], settings, options_table[i].standard, NULL, &err))
            log_fatal("option table: %s", err.text);
}

/* ---- comparing ---- */

static bool same_integers(const struct integer_list *a, const struct integer_list *b)
{
    for (int64_t i = 0; i < a->count && i < b->count; i++)
        if (a->value[i] != b->value[i])
            return false;
    return a->count == b->count;
}

static bool same_reals(const struct real_list *a, const struct real_list *b)
{
    for (int64_t i = 0; i < a->count && i < b->count; i++)
        if (a->value[i] != b->value[i])
            return false;
    return a->count == b->count;
}

static bool same_layers(const struct layer_list *a, const struct layer_list *b)
{
    return a == b || (a && b && layers_difference(a, b) < 0);
}

bool option_value_same(const struct option_entry *entry, const union option_value *a,
                       const union option_value *b)
{
    switch (entry->type) {
    case OPTION_INTEGER:
        return a->integer == b->integer;
    case OPTION_REAL:
        return a->real == b->real;
    case OPTION_BOOLEAN:
        return a->boolean == b->boolean;
    case OPTION_CHOICE:
        return strcmp(a->choice, b->choice) == 0;
    case OPTION_PATH:
        return a->path == b->path || (a->path && b->path && strcmp(a->path, b->path) == 0);
    case OPTION_INTEGERS:
        return same_integers(&a->integers, &b->integers);
    case OPTION_REALS:
        return same_reals(&a->reals, &b->reals);
    case OPTION_LAYERS:
        return same_layers(a->layers, b->layers);
    }
    return false;
}

bool option_value_equal(const struct option_entry *entry, const struct settings *a,
                        const struct settings *b)
{
    const union option_value mine = option_value_get(entry, a), other = option_value_get(entry, b);
    return option_value_same(entry, &mine, &other);
}

bool option_values_equal(const struct settings *a, const struct settings *b)
{
    for (size_t i = 0; i < options_count; i++)
        if (!option_value_equal(&options_table[i], a, b))
            return false;
    return true;
}

/* ---- printing ---- */

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

static void print_integers(const struct integer_list *list, char text[OPTIONS_TEXT])
{
    strcpy(text, "[");
    for (int64_t i = 0; i < list->count; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, OPTIONS_TEXT - used, "%s%" PRId64, i ? ", " : "", list->value[i]);
    }
    strcat(text, "]");
}

void option_value_print(const struct option_entry *entry, const union option_value *value,
                        char text[OPTIONS_TEXT])
{
    switch (entry->type) {
    case OPTION_INTEGER:
        snprintf(text, OPTIONS_TEXT, "%" PRId64, value->integer);
        break;
    case OPTION_REAL:
        print_real(value->real, text);
        break;
    case OPTION_BOOLEAN:
        snprintf(text, OPTIONS_TEXT, "%s", value->boolean ? "true" : "false");
        break;
    case OPTION_INTEGERS:
        print_integers(&value->integers, text);
        break;
    case OPTION_REALS:
        print_reals(&value->reals, text);
        break;
    case OPTION_CHOICE:
        snprintf(text, OPTIONS_TEXT, "%s", value->choice);
        break;
    case OPTION_PATH:
        snprintf(text, OPTIONS_TEXT, "%s", value->path ? value->path : entry->standard);
        break;
    case OPTION_LAYERS:
        snprintf(text, OPTIONS_TEXT, value->layers ? "[...]" : "[]");
        break;
    }
}
