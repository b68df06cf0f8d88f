#include "settings/data_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool data_settings_are_own(const struct settings *settings)
{
    return settings->data.file != NULL;
}

static bool has_shape(const struct settings *s)
{
    return s->data.shape.count == 3 && s->data.classes > 0;
}

/* Shape and classes of the settings where they have some, against those of the files. */
static bool check(const struct settings *s, const struct dataset *set, struct error *err)
{
    const double *shape = s->data.shape.value;
    if (s->data.shape.count > 0 && (s->data.shape.count != 3 || shape[0] != set->channels ||
                                    shape[1] != set->height || shape[2] != set->width))
        return error_set(err, "data.shape is not that of %s; allowed: [%d, %d, %d]", s->data.file,
                         set->channels, set->height, set->width);
    if (s->data.classes > 0 && s->data.classes < set->classes)
        return error_set(err, "data.classes is %" PRId64 ", but %s has labels of %d classes",
                         s->data.classes, s->data.file, set->classes);
    return true;
}

bool data_settings_look(struct settings *s, struct settings_lists *lists, const char *directory,
                        struct dataset *set, struct error *err)
{
    if (set->channels == 0 && !dataset_look(set, s->data.file, directory, err)) {
        *set = (struct dataset){.channels = 0};
        return has_shape(s);
    }
    if (!check(s, set, err))
        return false;
    const double shape[] = {set->channels, set->height, set->width};
    if (s->data.shape.count == 0)
        s->data.shape = (struct real_list){settings_keep_reals(lists, shape, 3), 3};
    s->data.classes = s->data.classes > 0 ? s->data.classes : set->classes;
    return true;
}

void data_settings_describe(struct dataset *set, const struct settings *s)
{
    if (!data_settings_are_own(s)) {
        dataset_describe(set, s->data.name);
        return;
    }
    *set = (struct dataset){.channels = (int)s->data.shape.value[0],
                            .height = (int)s->data.shape.value[1],
                            .width = (int)s->data.shape.value[2],
                            .classes = (int)s->data.classes};
    snprintf(set->name, sizeof set->name, "%.31s", s->data.file);
    for (int c = 0; c < DATASET_CHANNELS; c++)
        set->std[c] = 1.0F;
}

bool data_settings_load(struct dataset *set, const struct settings *s, const char *directory,
                        struct error *err)
{
    if (!data_settings_are_own(s))
        return dataset_load(set, s->data.name, directory, err);
    if (!dataset_load_file(set, s->data.file, directory, err))
        return false;
    if (!check(s, set, err)) {
        dataset_free(set);
        return false;
    }
    set->classes = (int)s->data.classes;
    return true;
}
