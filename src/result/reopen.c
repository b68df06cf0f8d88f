#include "result/reopen.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "result/result.h"
#include "settings/crossbar_settings.h"
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

bool loaded_settings(struct experiment *experiment, const char *path,
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

static bool make_network(struct loaded *loaded, const char *path, struct error *err)
{
    struct training *t = &loaded->training;
    struct settings *s = &loaded->experiment.runs[0].settings;
    if (!s->fixed_point.quantise)
        return error_set(err, "%s: a run in plain floating point has no codes to map", path);
    /* nothing is trained: one sample a rank */
    s->training.shards = s->training.batch = comm_size();
    if (!training_create(t, &loaded->experiment, 0, &loaded->set, err))
        return false;
    const struct pass pass = {.quantise = true, .bits = t->format.bits};
    const bool fine =
        result_load_network(path, &t->net, err) &&
        (network_prepare(&t->net, &pass) || error_set(err, "%s: a weight is not finite", path));
    if (!fine)
        training_destroy(t);
    return fine;
}

bool loaded_open(struct loaded *loaded, const char *path, const char *data,
                 struct experiment_overrides overrides, struct error *err)
{
    *loaded = (struct loaded){0};
    if (!loaded_settings(&loaded->experiment, path, overrides, err))
        return false;
    const char *name = loaded->experiment.runs[0].settings.data.name;
    if (!dataset_load(&loaded->set, name, data, err)) {
        experiment_free(&loaded->experiment);
        return false;
    }
    if (make_network(loaded, path, err))
        return true;
    dataset_free(&loaded->set);
    experiment_free(&loaded->experiment);
    return false;
}

void loaded_close(struct loaded *loaded)
{
    training_destroy(&loaded->training);
    dataset_free(&loaded->set);
    experiment_free(&loaded->experiment);
}

/* ---- data ---- */

size_t loaded_count(const struct loaded *loaded, enum loaded_part part)
{
    const struct training *t = &loaded->training;
    return part == LOADED_TEST         ? t->test_count
           : part == LOADED_VALIDATION ? t->validation_count
                                       : t->train_count;
}

struct evaluate_job loaded_job(struct loaded *loaded, enum loaded_part part, size_t count)
{
    struct training *t = &loaded->training;
    const size_t last = t->set.train.count;
    return (struct evaluate_job){.net = &t->net,
                                 .quantise = true,
                                 .bits = t->format.bits,
                                 .set = &t->set,
                                 .part = part == LOADED_TEST ? &t->set.test : &t->set.train,
                                 .first =
                                     part == LOADED_VALIDATION ? last - t->validation_count : 0,
                                 .count = count};
}

struct crossbar_format loaded_format(const struct loaded *loaded)
{
    return settings_crossbar_format(&loaded->experiment.runs[0].settings);
}
