#include "settings/build_network.h"

#include <string.h>

#include "base/log.h"
#include "nn/models.h"
#include "settings/data_settings.h"

static struct layers_data data_of(const struct dataset *set)
{
    return (struct layers_data){set->channels, set->height, set->width, set->classes};
}

bool build_network_check_layers(const struct settings *settings, int *line, struct error *err)
{
    const struct layer_list *list = settings->network.layers;
    if (!list)
        return true;
    struct dataset set;
    struct network net;
    int at;
    data_settings_describe(&set, settings);
    const bool fits = layers_build(&net, list, data_of(&set), &at, err) != NULL;
    network_destroy(&net);
    *line = list->layer[at].line;
    return fits;
}

bool build_network_check_image(const struct settings *settings, const struct dataset *set,
                               struct error *err)
{
    const char *model = settings->network.model;
    const int smallest = settings->network.layers ? 1 : model_smallest_image(model);
    if (set->height >= smallest && set->width >= smallest)
        return true;
    return error_set(err,
                     "network.model: value '%s' needs images of at least %d x %d pixels; %s has "
                     "%d x %d",
                     model, smallest, smallest, set->name, set->height, set->width);
}

bool build_network_fits(const struct settings *settings, const struct dataset *set,
                        struct error *err)
{
    const struct layer_list *list = settings->network.layers;
    if (!list)
        return build_network_check_image(settings, set, err);
    struct network net;
    int at;
    const bool fits = layers_build(&net, list, data_of(set), &at, err) != NULL;
    network_destroy(&net);
    return fits;
}

/* `hidden` [SETTINGS_HIDDEN] holds what the description points to. */
static struct model_spec model_of(const struct settings *s, const struct dataset *set,
                                  size_t *hidden, size_t capacity)
{
    for (int64_t i = 0; i < s->network.hidden.count; i++)
        hidden[i] = (size_t)s->network.hidden.value[i];
    return (struct model_spec){.model = s->network.model,
                               .hidden = hidden,
                               .hidden_count = (int)s->network.hidden.count,
                               .blocks = (int)(s->network.depth - 2) / 6,
                               .filters = (int)s->network.width,
                               .batch_norm = s->network.batch_norm,
                               .pad_shortcut = strcmp(s->network.shortcut, "pad") == 0,
                               .dropout_always = s->network.dropout_always,
                               .epsilon = s->network.epsilon,
                               .channels = set->channels,
                               .height = set->height,
                               .width = set->width,
                               .classes = set->classes,
                               .capacity = capacity};
}

static bool has_cut_groups(const struct op *op, size_t rows)
{
    if (!op_is_conv(op) || op->groups == 1)
        return false;
    const size_t own = (size_t)(op->in->channels / op->groups * op->kernel * op->kernel_width);
    return own > rows && own % rows != 0;
}

struct network_counts build_network_count(const struct settings *settings)
{
    const struct layer_list *list = settings->network.layers;
    struct network_counts counts = {0};
    size_t hidden[SETTINGS_HIDDEN];
    struct dataset set;
    struct network net;
    struct error err;
    int at;
    data_settings_describe(&set, settings);
    const struct model_spec spec = model_of(settings, &set, hidden, 1);
    if (list)
        layers_build(&net, list, data_of(&set), &at, &err);
    else
        model_describe(&net, &spec);
    for (int i = 0; i < net.op_count; i++) {
        const struct op *op = &net.op[i];
        counts.weights += op->class->gather_codes != NULL;
        counts.biases += op->class->gather_codes && op->bias >= 0;
        counts.cut_groups += has_cut_groups(op, (size_t)settings->crossbar.rows);
        counts.batch_norms += op->class == &op_batch_norm;
    }
    network_destroy(&net);
    return counts;
}

/* Layers without memory; returns the logits. */
static struct tensor *describe(struct network *net, const struct settings *settings,
                               const struct dataset *set)
{
    const struct layer_list *list = settings->network.layers;
    size_t hidden[SETTINGS_HIDDEN];
    struct error err;
    int at;
    const struct model_spec spec = model_of(settings, set, hidden, 1);
    struct tensor *logits =
        list ? layers_build(net, list, data_of(set), &at, &err) : model_describe(net, &spec);
    if (!logits) /* build_network_check_layers has accepted it */
        log_fatal("network.layers: %s", err.text);
    return logits;
}

void build_network(struct network *net, const struct settings *settings, const struct dataset *set,
                   size_t capacity)
{
    struct tensor *logits = describe(net, settings, set);
    network_finish(net, logits, capacity);
}

void build_network_to_evaluate(struct network *net, const struct settings *settings,
                               const struct dataset *set, size_t least)
{
    struct tensor *logits = describe(net, settings, set);
    const size_t block = network_block(net);
    network_finish(net, logits, block > least ? block : least);
}
