#include "train/silent_layers.h"

#include "base/log.h"
#include "base/mem.h"
#include "hw/fixed_point.h"

void silent_layers_create(struct silent_layers *silent, const struct network *net)
{
    silent->weight = MEM_NEW(bool, net->params.count);
    silent->activation = MEM_NEW(bool, network_quantisers(net));
}

void silent_layers_destroy(struct silent_layers *silent)
{
    mem_free(silent->weight);
    mem_free(silent->activation);
    *silent = (struct silent_layers){0};
}

/* What is wrong with a matrix, or NULL. */
static const char *complaint(const struct parameters *params, const struct parameter *tensor)
{
    if (tensor->is_state || tensor->axes < 2)
        return NULL;
    const float *w = params->value + tensor->offset;
    const float max = fixed_point_from_bits(fixed_point_max_bits(w, tensor->count));
    if (max == 0.0f)
        return "are all 0";
    return max < 1e-5f ? "are all below 1e-5, where fixed point ends" : NULL;
}

static size_t warn_of_weights(struct silent_layers *silent, const struct network *net,
                              const char *run, size_t epoch)
{
    size_t found = 0;
    for (int i = 0; i < net->params.count; i++) {
        const struct parameter *tensor = &net->params.tensor[i];
        const char *what = complaint(&net->params, tensor);
        if (!what || silent->weight[i])
            continue;
        silent->weight[i] = true;
        log_warn("run '%s', epoch %zu: the values of %s %s; try a smaller penalty.alpha, "
                 "prune.threshold or training.weight_decay",
                 run, epoch, tensor->name, what);
        found++;
    }
    return found;
}

static size_t warn_of_activations(struct silent_layers *silent, const struct network *net,
                                  const char *run, size_t epoch)
{
    const size_t quantisers = (size_t)network_quantisers(net);
    int *exponent = MEM_NEW(int, quantisers);
    size_t found = 0;
    network_get_exponents(net, exponent);
    for (size_t i = 0; i < quantisers; i++) {
        if (exponent[i] > fixed_point_exponent(0.0f) || silent->activation[i])
            continue;
        silent->activation[i] = true;
        log_warn("run '%s', epoch %zu: the activations behind %s were all below 1e-5 in the last "
                 "batch",
                 run, epoch, network_quantiser_name(net, (int)i));
        found++;
    }
    mem_free(exponent);
    return found;
}

size_t silent_layers_warn(struct silent_layers *silent, const struct network *net, const char *run,
                          size_t epoch, bool has_activations)
{
    size_t found = warn_of_weights(silent, net, run, epoch);
    if (has_activations)
        found += warn_of_activations(silent, net, run, epoch);
    return found;
}
