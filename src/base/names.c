#include "base/names.h"

#include <stdio.h>
#include <string.h>

void names_append(char *list, size_t size, const char *name)
{
    const size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}
