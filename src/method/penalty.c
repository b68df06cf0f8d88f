#include "method/penalty.h"

#include <string.h>

#include "base/names.h"

static const struct penalty_class *const classes[] = {&penalty_l1, &penalty_bit_slice_l1};

const struct penalty_class *penalty_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

const char *penalty_names(void)
{
    static char names[256];
    names[0] = '\0';
    names_append(names, sizeof names, "none");
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        names_append(names, sizeof names, classes[i]->name);
    return names;
}

size_t penalty_scalars(struct penalty_input in, bool quantised_only)
{
    size_t scalars = 0;
    if (in.whole)
        return penalty_scalars(*in.whole, quantised_only);
    for (size_t t = 0; t < in.count; t++)
        if (in.tensor[t].is_quantised || !quantised_only)
            scalars += in.tensor[t].count;
    return scalars;
}

bool penalty_has_filters(struct penalty_input in)
{
    for (size_t t = 0; t < in.count; t++)
        if (in.tensor[t].filter > 0)
            return true;
    return false;
}
