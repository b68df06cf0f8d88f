#include "cli/input_shape.h"

#include <stdlib.h>
#include <string.h>

static bool parse(const char *text, int channels, struct model_input *shape)
{
    int *const to[] = {&shape->channels, &shape->height, &shape->width};
    const int most[] = {channels, INPUT_SHAPE_SIDE, INPUT_SHAPE_SIDE};
    for (int i = 0; i < 3; i++) {
        const size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 6 || text[digits] != (i < 2 ? 'x' : '\0'))
            return false;
        *to[i] = atoi(text);
        if (*to[i] < 1 || *to[i] > most[i])
            return false;
        text += digits + 1;
    }
    return true;
}

bool input_shape_parse(const char *text, int channels, struct model_input *shape, struct error *err)
{
    return parse(text, channels, shape) ||
           error_set(err,
                     "--input: value '%.60s'; allowed: CHANNELSxHEIGHTxWIDTH, as 3x224x224, at "
                     "most %dx%dx%d",
                     text, channels, INPUT_SHAPE_SIDE, INPUT_SHAPE_SIDE);
}
