#include "result/import_weights.h"

#include <math.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "result/import_check.h"
#include "result/import_formats.h"

static bool read_finite(const struct store_file *file, const struct import_tensor *tensor,
                        size_t count, float *value, const char *path, struct error *err)
{
    if (!store_read(file, tensor->entry->path, STORE_F32, count, value, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(value[i]))
            return error_set(err, "%s: '%s' holds a value that is not finite in 32 bits", path,
                             tensor->name);
    return true;
}

/* A tensor, times its mask where it has one. */
static bool read_tensor(const struct store_file *file, const struct import_names *names, int tensor,
                        size_t count, float *value, const char *path, struct error *err)
{
    const int mask = names->tensor[tensor].mask;
    if (!read_finite(file, &names->tensor[tensor], count, value, path, err))
        return false;
    if (mask < 0)
        return true;
    float *factor = MEM_NEW(float, count);
    const bool fine = read_finite(file, &names->tensor[mask], count, factor, path, err);
    for (size_t i = 0; i < count && fine; i++)
        value[i] *= factor[i];
    mem_free(factor);
    return fine;
}

static bool read_parameters(const struct store_file *file, const struct import_names *names,
                            struct network *net, const char *path, struct error *err)
{
    for (int p = 0; p < net->params.count; p++) {
        const struct parameter *tensor = &net->params.tensor[p];
        float *value = net->params.value + tensor->offset;
        const int found = names->of_parameter[p];
        if (found < 0)
            memset(value, 0, tensor->count * sizeof *value);
        else if (!read_tensor(file, names, found, tensor->count, value, path, err))
            return false;
    }
    for (int i = 0; i < net->op_count; i++) {
        const int variance = net->op[i].variance;
        const size_t count = variance < 0 ? 0 : net->params.tensor[variance].count;
        for (size_t c = 0; c < count; c++)
            if (net->params.value[net->params.tensor[variance].offset + c] < 0.0f)
                return error_set(err, "%s: '%s' holds a negative variance", path,
                                 net->params.tensor[variance].name);
    }
    return true;
}

/* norm(conv + b) with the running mean m is norm(conv) with m - b. */
static bool fold_biases(const struct store_file *file, const struct import_names *names,
                        struct network *net, const char *path, struct error *err)
{
    for (int i = 0; i < net->op_count; i++) {
        if (names->folded[i] < 0)
            continue;
        const struct op *norm = import_names_norm_behind(net, &net->op[i]);
        const struct parameter *tensor = &net->params.tensor[norm->mean];
        float *mean = net->params.value + tensor->offset;
        float *bias = MEM_NEW(float, tensor->count);
        const bool fine =
            read_tensor(file, names, names->folded[i], tensor->count, bias, path, err);
        for (size_t c = 0; c < tensor->count && fine; c++)
            mean[c] -= bias[c];
        mem_free(bias);
        if (!fine)
            return false;
    }
    return true;
}

static bool read_weights(struct network *net, const char *path, struct error *err)
{
    struct store_file *file = store_foreign_open(path, err);
    if (!file) {
        import_formats_explain(path, err);
        return false;
    }
    struct store_foreign_entry *entry;
    struct import_names names;
    const size_t count = store_foreign_list(file, &entry);
    import_names_match(&names, net, entry, count);
    const bool fine = import_check(&names, net, path, err) &&
                      read_parameters(file, &names, net, path, err) &&
                      fold_biases(file, &names, net, path, err);
    import_names_free(&names);
    mem_free(entry);
    store_close(file);
    return fine;
}

bool import_weights_load(struct network *net, const char *path, struct error *err)
{
    if (!comm_agree(comm_rank() != 0 || read_weights(net, path, err), err))
        return false;
    comm_broadcast(net->params.value, net->params.size * sizeof(float));
    return true;
}
