#include "settings/normalise.h"

static void take(float *value, const struct real_list *list)
{
    for (int64_t c = 0; c < list->count; c++)
        value[c] = (float)list->value[c];
}

void normalise(struct dataset *set, const struct settings *settings)
{
    take(set->mean, &settings->data.mean);
    take(set->std, &settings->data.std);
}
