/* The value of an option of any type: read from text, put into settings, compared, printed.
 *
 * Messages of this module carry no location: the caller knows where the text came from.
 */
#ifndef RESLICE_SETTINGS_OPTION_VALUE_H
#define RESLICE_SETTINGS_OPTION_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "settings/options.h"
#include "settings/settings.h"

/* The value of an option of any type. What it points to belongs to a struct settings_lists. */
union option_value {
    int64_t integer;
    double real;
    bool boolean;
    char choice[SETTINGS_WORD];
    const char *path; /* NULL: none */
    struct integer_list integers;
    struct real_list reals;
    const struct layer_list *layers; /* NULL: none */
};

/* The value of a text; `lists` takes the numbers of a list and the text of a path, and may
 * be NULL for "[]" and "none". Lists may go
 * without their brackets: "300, 100", or "8" for a list of one number. A list of layers is refused, but
 * for the empty one. False with a message, and `value` zeroed. Not collective. */
bool option_value_parse(const struct option_entry *entry, const char *text,
                        struct settings_lists *lists, union option_value *value, struct error *err);

/* The value of an option in settings. Not collective. */
union option_value option_value_get(const struct option_entry *entry,
                                    const struct settings *settings);

/* Sets an option. The settings then point to what the value points to. Not collective. */
void option_value_put(const struct option_entry *entry, struct settings *settings,
                      const union option_value *value);

/* option_value_parse and option_value_put: the settings are unchanged when the text is refused.
 * Not collective. */
bool option_value_set(const struct option_entry *entry, struct settings *settings, const char *text,
                      struct settings_lists *lists, struct error *err);

/* Whether two values of an option are the same: of lists every element, of layers all but their lines.
 * Not collective. */
bool option_value_same(const struct option_entry *entry, const union option_value *a,
                       const union option_value *b);

/* Whether an option has the same value in two settings. Not collective. */
bool option_value_equal(const struct option_entry *entry, const struct settings *a,
                        const struct settings *b);

/* Whether all options have the same values in two settings. Not collective. */
bool option_values_equal(const struct settings *a, const struct settings *b);

/* A value as text that option_value_parse reads back to the same value: the shortest decimal number,
 * "[300, 100]", true. A list of layers is only hinted at: "[...]". Not collective. */
void option_value_print(const struct option_entry *entry, const union option_value *value,
                        char text[OPTIONS_TEXT]);

/* Settings with every option at its default. They point to nothing. Not collective. */
void option_values_default(struct settings *settings);

#endif
