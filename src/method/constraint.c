#include "method/constraint.h"

#include <string.h>

#include "base/names.h"

static const struct constraint_class *const classes[] = {&constraint_sparsity};

const struct constraint_class *constraint_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

const char *constraint_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        names_append(names, sizeof names, classes[i]->name);
    return names;
}
