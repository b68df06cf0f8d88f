#define _POSIX_C_SOURCE 200809L
#include "result/result.h"

#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "store/disk.h"
#include "store/folder.h"
#include "store/store.h"

void result_path(char path[RESULT_PATH], const char *directory, const struct experiment *experiment,
                 const struct experiment_run *run)
{
    snprintf(path, RESULT_PATH, "%s/%s/%s.h5", directory, experiment->name, run->name);
}

/* ---- folders ---- */

/* Longest name that is added: experiment, run, ".h5.checkpoint.part". */
enum { RESULT_NAME = 2 * EXPERIMENT_NAME + 24 };

static bool try_folder(const char *directory, const struct experiment *experiment,
                       struct error *err)
{
    if (strlen(directory) + RESULT_NAME > RESULT_PATH)
        return error_set(err, "output '%.60s…': the path is too long; allowed: %d characters",
                         directory, RESULT_PATH - RESULT_NAME);
    char path[RESULT_PATH], probe[RESULT_PATH + 32];
    snprintf(path, sizeof path, "%s/%s", directory, experiment->name);
    if (!folder_make(path, err))
        return false;
    snprintf(probe, sizeof probe, "%s/.probe.%ld", path, (long)getpid());
    FILE *file = fopen(probe, "w");
    if (!file)
        return disk_failed(err, "output '%s': cannot write there", path);
    fclose(file);
    unlink(probe);
    return true;
}

bool result_prepare_folder(const char *directory, const struct experiment *experiment,
                           struct error *err)
{
    return comm_agree(comm_rank() != 0 || try_folder(directory, experiment, err), err);
}

/* ---- the state of a parent run ---- */

enum { PATH = 2 * PARAMETER_NAME + 32 };

/* "/layers/fc1/weight" of parameter "fc1.weight", with a suffix. */
static void layer_path(char path[PATH], const struct parameter *tensor, const char *suffix)
{
    const struct parameter_name name = parameters_split_name(tensor);
    snprintf(path, PATH, "/layers/%s/%s%s", name.layer, name.member, suffix);
}

static bool read_tensors(const struct store_file *file, struct parameters *params,
                         struct error *err)
{
    for (int i = 0; i < params->count; i++) {
        const struct parameter *tensor = &params->tensor[i];
        char path[PATH];
        layer_path(path, tensor, "");
        if (!store_read(file, path, STORE_F32, tensor->count, params->value + tensor->offset, err))
            return false;
        layer_path(path, tensor, "_mask");
        if (store_has(file, path) &&
            !store_read(file, path, STORE_U8, tensor->count, params->mask + tensor->offset, err))
            return false;
    }
    return true;
}

/* Activations have the exponents of floats. */
static bool read_exponents(const struct store_file *file, const char *path, int *exponent,
                           size_t count, struct error *err)
{
    static const char dataset[] = "/activations/exponent";
    const int min = fixed_point_exponent(0.0f), max = fixed_point_exponent(FLT_MAX);
    if (!store_read(file, dataset, STORE_I32, count, exponent, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (exponent[i] < min || exponent[i] > max)
            return error_set(err, "%s: dataset '%s' holds %d; allowed: %d..%d", path, dataset,
                             exponent[i], min, max);
    return true;
}

enum { EXPONENT_SHIFT_MAX = 6 }; /* of adc-limit.exponent */

/* Of the tensors that have one. */
static bool read_floors(const struct store_file *file, const char *path,
                        const struct parameters *params, int *floor, struct error *err)
{
    const int min = fixed_point_exponent(0.0f), max = fixed_point_exponent(FLT_MAX);
    for (int i = 0; i < params->count; i++) {
        char dataset[PATH];
        struct error none;
        int64_t value;
        layer_path(dataset, &params->tensor[i], "_code");
        floor[i] = PARAMETER_NO_FLOOR;
        if (!store_has(file, dataset) ||
            !store_get_integer(file, dataset, "exponent_floor", &value, &none))
            continue;
        if (value < min || value > max + EXPONENT_SHIFT_MAX)
            return error_set(err, "%s: dataset '%s' has the exponent floor %lld; allowed: %d..%d",
                             path, dataset, (long long)value, min, max + EXPONENT_SHIFT_MAX);
        floor[i] = (int)value;
    }
    return true;
}

static bool read_state(const char *path, struct network *net, int *exponent, int *floor,
                       struct error *err)
{
    struct store_file *file = store_open(path, err);
    if (!file)
        return false;
    const bool fine = read_tensors(file, &net->params, err) &&
                      read_exponents(file, path, exponent, (size_t)network_quantisers(net), err) &&
                      read_floors(file, path, &net->params, floor, err);
    store_close(file);
    return fine;
}

bool result_load_network(const char *path, struct network *net, struct error *err)
{
    struct parameters *params = &net->params;
    const size_t quantisers = (size_t)network_quantisers(net);
    int *exponent = MEM_NEW(int, quantisers), *floor = MEM_NEW(int, params->count);
    const bool fine =
        comm_agree(comm_rank() != 0 || read_state(path, net, exponent, floor, err), err);
    if (fine) {
        comm_broadcast(params->value, params->size * sizeof(float));
        comm_broadcast(params->mask, params->size);
        comm_broadcast(exponent, quantisers * sizeof *exponent);
        comm_broadcast(floor, (size_t)params->count * sizeof *floor);
        network_set_exponents(net, exponent);
        for (int i = 0; i < params->count; i++)
            params->tensor[i].exponent_floor = floor[i];
    }
    mem_free(floor);
    mem_free(exponent);
    return fine;
}
