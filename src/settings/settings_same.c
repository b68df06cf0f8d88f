#include "settings/settings_same.h"

#include <string.h>

#include "base/mem.h"
#include "settings/settings_yaml.h"

/* `now`: the settings here as text. */
static bool are_same_values(const char *path, const char *what, const char *there, const char *now,
                            struct error *err)
{
    struct experiment experiment;
    struct error why;
    if (!experiment_from_settings(&experiment, path, there, (struct experiment_overrides){0}, &why))
        return error_set(err,
                         "%.300s: was %s with settings that this reslice does not take (%.500s); "
                         "--fresh replaces it",
                         path, what, why.text);
    char *complete = settings_to_yaml(&experiment.runs[0].settings);
    const bool same = strcmp(complete, now) == 0;
    if (!same)
        settings_difference(path, what, complete, now, err);
    mem_free(complete);
    experiment_free(&experiment);
    return same;
}

bool settings_are_same(const char *path, const char *what, const char *there,
                       const struct settings *here, struct error *err)
{
    char *now = settings_to_yaml(here);
    const bool same = strcmp(there, now) == 0 || are_same_values(path, what, there, now, err);
    mem_free(now);
    return same;
}
