#include "settings/overrides.h"

#include <string.h>

#include "settings/axes.h"

bool overrides_check(const struct experiment_file *file, struct error *err)
{
    for (size_t i = 0; i < file->override_count; i++)
        for (size_t r = 0; r < file->run_count; r++) {
            const struct override *override = &file->overrides[i];
            const struct run_entry *run = &file->runs[r];
            if (axes_vary(run, override->option))
                return error_set(err, "--set %.100s: %s is varied by the matrix of run '%s'",
                                 override->text, options_table[override->option].path, run->name);
        }
    return true;
}

/* "--set epochs=3" is meant for the runs that train, a penalty's strength for those with one, a
 * constraint's options for those that have it. */
static bool concerns(const struct option_entry *entry, const struct settings *settings)
{
    if (!option_of_run(entry->path))
        return true;
    if (strcmp(entry->path, "epochs") == 0)
        return settings->epochs > 0;
    if (option_is_in(entry, "prune"))
        return settings->prune.threshold > 0;
    if (option_is_in(entry, "penalty") && strcmp(entry->path, "penalty.name") != 0)
        return strcmp(settings->penalty.name, "none") != 0;
    return strcmp(entry->path, "recalibrate") == 0 || !option_is_silent(entry, settings);
}

/* Whether an option decides which runs others concern. */
static bool decides(const struct option_entry *entry)
{
    return strcmp(entry->path, "penalty.name") == 0 || strcmp(entry->path, "recalibrate") == 0;
}

/* What decides comes first, whatever the order given. */
void overrides_apply(const struct experiment_file *file, struct sourced_settings *to)
{
    const struct settings before = to->settings;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < file->override_count; i++) {
            struct override *override = &file->overrides[i];
            const struct option_entry *entry = &options_table[override->option];
            if (decides(entry) != (pass == 0))
                continue;
            /* epochs and prune as in the file, or a second "epochs=…" would not find the run */
            struct settings seen = before;
            seen.penalty = to->settings.penalty;
            memcpy(seen.recalibrate, to->settings.recalibrate, sizeof seen.recalibrate);
            if (!concerns(entry, &seen))
                continue;
            option_value_put(entry, &to->settings, &override->value);
            to->source[override->option] = (struct source){SOURCE_SET, (int)i};
            override->used = true;
        }
}

/* What an option that concerns() only some runs asks of them. */
static const char *asks_for(const struct option_entry *entry)
{
    const struct option_entry *list = option_switch(entry);
    if (list)
        return list->path;
    return strcmp(entry->path, "epochs") == 0                ? "epochs > 0"
           : option_is_in(entry, "prune")                    ? "prune.threshold > 0"
           : option_is_in(entry, "penalty")                  ? "a penalty"
           : strcmp(entry->path, "recalibrate_samples") == 0 ? "recalibrate"
                                                             : "a constraint";
}

bool overrides_check_used(const struct experiment_file *file, struct error *err)
{
    for (size_t i = 0; i < file->override_count; i++)
        if (!file->overrides[i].used)
            return error_set(err, "--set %.100s: concerns no run: none has %s",
                             file->overrides[i].text,
                             asks_for(&options_table[file->overrides[i].option]));
    return true;
}
