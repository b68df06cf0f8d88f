#include "settings/settings_difference.h"

#include <string.h>

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
