#include "nn/models.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"

/* input - Q - [fc - Q - ReLU]... - fc - Q: quantisers before each ReLU and on the logits, as in
 * arXiv 1909.08496's MNIST network. */
static struct tensor *build_mlp(struct network *net, const struct model_spec *spec)
{
    struct tensor *x = network_add_quantiser(net, "input", net->input, false);
    for (int i = 0; i <= spec->hidden_count; i++) {
        const int is_last = i == spec->hidden_count;
        char name[32], quantiser[32];
        snprintf(name, sizeof name, "fc%d", i + 1);
        snprintf(quantiser, sizeof quantiser, "fc%d.out", i + 1);
        x = network_add_linear(net, name, x, is_last ? (size_t)spec->classes : spec->hidden[i]);
        x = network_add_quantiser(net, quantiser, x, !is_last);
    }
    return x;
}

static const struct {
    const char *name;
    struct tensor *(*build)(struct network *, const struct model_spec *); /* returns the logits */
} models[] = {
    {"mlp", build_mlp},
};

enum { MODELS = sizeof models / sizeof models[0] };

static int find_model(const char *name)
{
    for (int i = 0; i < MODELS; i++)
        if (strcmp(models[i].name, name) == 0)
            return i;
    return -1;
}

const char *model_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (int i = 0; i < MODELS; i++)
        names_append(names, sizeof names, models[i].name);
    return names;
}

void model_build(struct network *net, const struct model_spec *spec)
{
    network_create(net, spec->channels, spec->height, spec->width);
    struct tensor *logits = models[find_model(spec->model)].build(net, spec);
    network_finish(net, logits, spec->capacity);
}
