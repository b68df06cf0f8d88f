#include "settings/effects.h"

#include <string.h>

#include "settings/option_value.h"

/* The default, where that is not to do what the option is for. */
static bool is_off(const struct option_entry *entry, const struct settings *settings)
{
    char text[OPTIONS_TEXT];
    const union option_value value = option_value_get(entry, settings);
    option_value_print(entry, &value, text);
    return strcmp(text, entry->standard) == 0 && option_in_list("0, false, none, []", text);
}

/* Whether the option that the table names has one of the values it names. */
static bool is_used(const struct option_entry *entry, const struct settings *settings,
                    struct error *why)
{
    char text[OPTIONS_TEXT];
    if (!entry->only_if)
        return true;
    const struct option_entry *other = &options_table[option_find(entry->only_if)];
    const union option_value value = option_value_get(other, settings);
    option_value_print(other, &value, text);
    return option_in_list(entry->only_values, text) ||
           error_set(why, "%s has no effect: %s is %s; allowed with %s", entry->path, other->path,
                     text, entry->only_values);
}

bool effects_has(const struct option_entry *entry, const struct settings *settings,
                 struct error *why)
{
    const struct option_entry *list = option_switch(entry);
    if (is_off(entry, settings))
        return true;
    if (list && list != entry && option_is_silent(entry, settings))
        return error_set(why, "%s without %s: of which layers?", entry->path, list->path);
    if (option_is_in(entry, "impose") && !options_have_constraint(settings))
        return error_set(why, "%s without a constraint; allowed with one of: %s", entry->path,
                         constraint_options());
    if (strcmp(entry->path, "penalty.alpha") == 0 && strcmp(settings->penalty.name, "none") == 0)
        return error_set(why, "%s has no effect: penalty.name is none", entry->path);
    if (strcmp(entry->path, "data.name") == 0 && settings->data.file)
        return error_set(why, "%s has no effect: data.file is %s", entry->path,
                         settings->data.file);
    if (option_of_own_data(entry) && !settings->data.file)
        return error_set(why, "%s has no effect: data.file is none", entry->path);
    return is_used(entry, settings, why);
}
