#include "result/reopen.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "result/result.h"
#include "settings/build_network.h"
#include "settings/data_settings.h"
#include "settings/normalise.h"
#include "store/store.h"

/* ---- settings ---- */

struct header {
    char experiment[EXPERIMENT_NAME], run[EXPERIMENT_NAME];
    size_t length; /* of the config, with its NUL */
    char *config;  /* owned */
};

static bool read_header(const char *path, struct header *header, struct error *err)
{
    struct store_file *file = store_open(path, err);
    if (!file)
        return false;
    bool fine = store_get_text(file, "/", "experiment", header->experiment,
                               sizeof header->experiment, err) &&
                store_get_text(file, "/", "run", header->run, sizeof header->run, err);
    if (fine) {
        header->config = store_take_text(file, "/", "config", err);
        header->length = header->config ? strlen(header->config) + 1 : 0;
        fine = header->config != NULL;
    }
    store_close(file);
    return fine;
}

/* Rank 0 reads, all ranks have it. */
static bool share_header(const char *path, struct header *header, struct error *err)
{
    *header = (struct header){.config = NULL};
    const bool fine = comm_rank() != 0 || read_header(path, header, err);
    if (!comm_agree(fine, err))
        return false;
    char *config = header->config;
    comm_broadcast(header, sizeof *header);
    header->config = config ? config : mem_alloc(header->length, 1, "settings");
    comm_broadcast(header->config, header->length);
    return true;
}

bool reopen_settings(struct experiment *experiment, const char *path,
                     struct experiment_overrides overrides, struct error *err)
{
    struct header header;
    if (!share_header(path, &header, err))
        return false;
    const bool fine = experiment_from_settings(experiment, path, header.config, overrides, err);
    if (fine) {
        memcpy(experiment->name, header.experiment, EXPERIMENT_NAME);
        memcpy(experiment->runs[0].name, header.run, EXPERIMENT_NAME);
    }
    mem_free(header.config);
    return fine;
}

/* ---- network ---- */

const struct settings *reopen_settings_of(const struct reopened *reopened)
{
    return &reopened->experiment.runs[0].settings;
}

/* From the file, for one sample, or for evaluations of the data set that is described. */
static bool load_network(struct reopened *reopened, const char *path, struct error *err)
{
    const struct settings *s = reopen_settings_of(reopened);
    const struct pass pass = {.quantise = true, .bits = (int)s->fixed_point.bits};
    normalise(&reopened->set, s);
    if (!build_network_check_image(s, &reopened->set, err))
        return false;
    if (reopened->has_data)
        build_network_to_evaluate(&reopened->net, s, &reopened->set, 1);
    else
        build_network(&reopened->net, s, &reopened->set, 1);
    if (result_load_network(path, &reopened->net, err) &&
        (network_prepare(&reopened->net, &pass) ||
         error_set(err, "%s: a weight is not finite", path)))
        return true;
    network_destroy(&reopened->net);
    return false;
}

/* What is trained stays: other bits or layers would not be those of the file's other groups, a rate or
 * a seed would change nothing. */
static bool check_sets(struct experiment_overrides overrides, struct error *err)
{
    static const char *const sections[] = {"crossbar.", "data.", "adc."};
    for (size_t i = 0; i < overrides.count; i++) {
        bool is_fine = false;
        for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
            is_fine = is_fine || strncmp(overrides.text[i], sections[s], strlen(sections[s])) == 0;
        if (!is_fine)
            return error_set(err,
                             "--set %.100s: the network is trained and stays as it is; allowed: "
                             "crossbar.*, data.*, adc.*",
                             overrides.text[i]);
    }
    return true;
}

static bool open_settings(struct reopened *reopened, const char *path,
                          struct experiment_overrides overrides, struct error *err)
{
    *reopened = (struct reopened){0};
    if (!check_sets(overrides, err) ||
        !reopen_settings(&reopened->experiment, path, overrides, err))
        return false;
    if (reopen_settings_of(reopened)->fixed_point.quantise)
        return true;
    experiment_free(&reopened->experiment);
    return error_set(err, "%s: a run in plain floating point has no codes to map", path);
}

bool reopen_network(struct reopened *reopened, const char *path,
                    struct experiment_overrides overrides, struct error *err)
{
    if (!open_settings(reopened, path, overrides, err))
        return false;
    data_settings_describe(&reopened->set, reopen_settings_of(reopened));
    if (load_network(reopened, path, err))
        return true;
    experiment_free(&reopened->experiment);
    return false;
}

bool reopen_with_data(struct reopened *reopened, const char *path, const char *data,
                      struct experiment_overrides overrides, struct error *err)
{
    if (!open_settings(reopened, path, overrides, err))
        return false;
    const struct settings *s = reopen_settings_of(reopened);
    reopened->has_data = data_settings_load(&reopened->set, s, data, err);
    if (reopened->has_data && sample_counts_find(&reopened->counts, s, &reopened->set, err) &&
        load_network(reopened, path, err))
        return true;
    if (reopened->has_data)
        dataset_free(&reopened->set);
    experiment_free(&reopened->experiment);
    return false;
}

void reopen_close(struct reopened *reopened)
{
    network_destroy(&reopened->net);
    if (reopened->has_data)
        dataset_free(&reopened->set);
    experiment_free(&reopened->experiment);
}

/* ---- data ---- */

size_t reopen_count(const struct reopened *reopened, enum reopen_part part)
{
    const struct sample_counts *counts = &reopened->counts;
    return part == REOPEN_TEST         ? counts->test
           : part == REOPEN_VALIDATION ? counts->validation
                                       : counts->train;
}

struct evaluate_job reopen_evaluation(struct reopened *reopened, enum reopen_part part,
                                      size_t count)
{
    const struct dataset *set = &reopened->set;
    const size_t validation = set->train.count - reopened->counts.validation;
    return (struct evaluate_job){.net = &reopened->net,
                                 .quantise = true,
                                 .bits = (int)reopen_settings_of(reopened)->fixed_point.bits,
                                 .set = set,
                                 .part = part == REOPEN_TEST ? &set->test : &set->train,
                                 .first = part == REOPEN_VALIDATION ? validation : 0,
                                 .count = count};
}
