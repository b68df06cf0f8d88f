#define _POSIX_C_SOURCE 200809L
#include "train/checkpoint.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/simd.h"
#include "base/stop.h"
#include "settings/settings_yaml.h"
#include "store/durable_file.h"
#include "store/store_image.h"
#include "train/checkpoint_identity.h"
#include "train/checkpoint_state.h"

enum { IDENTITY = CHECKPOINT_IDENTITY, LABELS = 4 };

/* ---- what it belongs to ---- */

static void list_labels(const struct checkpoint *checkpoint, const char *run,
                        struct store_label label[LABELS])
{
    label[0] = (struct store_label){"format", checkpoint_format};
    label[1] = (struct store_label){"run", run};
    label[2] = (struct store_label){"config", checkpoint->config};
    label[3] = (struct store_label){"simd", simd_name(simd_level())};
}

static uLong add_bytes(uLong crc, const void *bytes, size_t length)
{
    return crc32_z(crc, bytes, length);
}

/* Initial weights need no checksum: they follow from the settings. */
static int64_t parent_crc(const struct training *t)
{
    if (t->run->parent < 0)
        return 0;
    const struct parameters *params = &t->net.params;
    const size_t quantisers = (size_t)network_quantisers(&t->net);
    int *exponent = MEM_NEW(int, quantisers);
    network_get_exponents(&t->net, exponent);
    uLong crc = add_bytes(crc32_z(0, NULL, 0), params->value, params->size * sizeof(float));
    crc = add_bytes(crc, params->mask, params->size);
    crc = add_bytes(crc, exponent, quantisers * sizeof *exponent);
    mem_free(exponent);
    return (int64_t)crc;
}

/* ---- create ---- */

static size_t image_bound(const struct checkpoint *checkpoint, const struct training *t)
{
    struct store_field field[IDENTITY];
    struct store_label label[LABELS];
    int64_t identity[IDENTITY];
    checkpoint_identity_list(identity, field);
    list_labels(checkpoint, t->run->name, label);
    return store_image_bound(checkpoint->state->field, checkpoint->state->fields, label, LABELS) +
           store_image_bound(field, IDENTITY, label, 0);
}

static void set_paths(struct checkpoint *checkpoint, const char *result)
{
    snprintf(checkpoint->path, DURABLE_FILE_PATH, "%s.checkpoint", result);
    snprintf(checkpoint->old, DURABLE_FILE_PATH, "%s.checkpoint.old", result);
    snprintf(checkpoint->part, DURABLE_FILE_PATH, "%s.checkpoint.part", result);
}

void checkpoint_create(struct checkpoint *checkpoint, const char *result, const struct training *t,
                       int64_t data_crc, int64_t parent_digest, double interval_s)
{
    *checkpoint = (struct checkpoint){
        .origin = {&t->run->settings, data_crc, parent_digest, 0},
        .interval_s = interval_s,
        .last_s = comm_time_s(),
        .config = settings_to_yaml(&t->run->settings),
        .state = MEM_NEW(struct checkpoint_state, 1)
    };
    checkpoint_state_create(checkpoint->state, t);
    set_paths(checkpoint, result);
    if (comm_rank() != 0)
        return;
    checkpoint->origin.parent_crc = parent_crc(t);
    checkpoint->capacity = image_bound(checkpoint, t);
    checkpoint->image = mem_alloc(checkpoint->capacity, 1, "checkpoint");
    stop_note_saving((double)checkpoint->capacity / 50e6); /* until it is known: a slow disk */
}

void checkpoint_destroy(struct checkpoint *checkpoint)
{
    checkpoint_state_destroy(checkpoint->state);
    mem_free(checkpoint->state);
    mem_free(checkpoint->config);
    mem_free(checkpoint->image);
    *checkpoint = (struct checkpoint){0};
}

/* ---- write ---- */

static size_t build(struct checkpoint *checkpoint, const struct training *t)
{
    struct store_field field[IDENTITY + CHECKPOINT_FIELDS];
    struct store_label label[LABELS];
    int64_t identity[IDENTITY];
    checkpoint_state_take(checkpoint->state, t);
    checkpoint_identity_fill(identity, &checkpoint->origin);
    checkpoint_identity_list(identity, field);
    memcpy(field + IDENTITY, checkpoint->state->field, checkpoint->state->fields * sizeof *field);
    list_labels(checkpoint, t->run->name, label);
    return store_image_build(field, IDENTITY + checkpoint->state->fields, label, LABELS,
                             checkpoint->image, checkpoint->capacity);
}

static bool build_and_write(struct checkpoint *checkpoint, const struct training *t,
                            struct error *err)
{
    const size_t length = build(checkpoint, t);
    if (length == 0)
        return error_set(err, "checkpoint '%s': HDF5 cannot build it in memory", checkpoint->path);
    return durable_file_write(checkpoint->path, checkpoint->image, length, err);
}

/* Rank 0 only. */
static bool save(struct checkpoint *checkpoint, const struct training *t, struct error *err)
{
    const double start_s = comm_time_s();
    const bool fine = build_and_write(checkpoint, t, err);
    checkpoint->last_s = comm_time_s(); /* behind it: a slow disk must not stop the training */
    if (fine)
        stop_note_saving(checkpoint->last_s - start_s);
    return fine;
}

static bool is_over(const struct checkpoint *checkpoint, double interval_s)
{
    return comm_rank() == 0 && interval_s > 0.0 && comm_time_s() - checkpoint->last_s >= interval_s;
}

bool checkpoint_is_due(const struct checkpoint *checkpoint)
{
    return is_over(checkpoint, checkpoint->interval_s);
}

/* Weights that overflow are noticed in the next step: the last good checkpoint stays. */
void checkpoint_in_between(struct checkpoint *checkpoint, const struct training *t)
{
    struct error err;
    if (comm_rank() == 0 && parameters_are_finite(&t->net.params) && !save(checkpoint, t, &err))
        log_warn("%s; training goes on", err.text);
}

void checkpoint_at_end(struct checkpoint *checkpoint, const struct training *t)
{
    if (is_over(checkpoint, 0.1 * checkpoint->interval_s))
        checkpoint_in_between(checkpoint, t);
}

bool checkpoint_when_stopped(struct checkpoint *checkpoint, const struct training *t,
                             struct error *err)
{
    return comm_agree(comm_rank() != 0 || save(checkpoint, t, err), err);
}

/* ---- read ---- */

/* Whether a sound file is a checkpoint of this run; kernels that round differently are said. */
static bool belongs(const struct checkpoint *checkpoint, const struct store_file *file,
                    const char *path, struct error *err)
{
    char simd[32];
    if (!checkpoint_identity_fits(file, path, &checkpoint->origin, err) ||
        !store_get_text(file, "/", "simd", simd, sizeof simd, err))
        return false;
    if (strcmp(simd, simd_name(simd_level())) != 0)
        log_warn("%s: was written with %s kernels, these are %s: last bits may differ from an "
                 "uninterrupted run",
                 path, simd, simd_name(simd_level()));
    return true;
}

/* Into rank 0's copy of the state, and the arrays of its training. */
static bool read_state(const struct checkpoint *checkpoint, const char *path, void *image,
                       size_t length, struct error *err)
{
    struct store_file *file = store_image_open(image, length, path, err);
    if (!file)
        return false;
    const bool fine =
        belongs(checkpoint, file, path, err) &&
        store_image_read(file, checkpoint->state->field, checkpoint->state->fields, err);
    store_close(file);
    return fine;
}

enum found { FOUND_NONE, FOUND_STATE, FOUND_WRONG };

/* Rank 0: reads the newest sound checkpoint. */
static enum found find(const struct checkpoint *checkpoint, struct error *err)
{
    void *image = NULL;
    size_t length = 0;
    const char *path = checkpoint->path;
    enum durable_file_state state = durable_file_read(path, &image, &length, err);
    const bool is_damaged = state == DURABLE_FILE_DAMAGED;
    struct error why = *err;
    if (is_damaged || state == DURABLE_FILE_MISSING) {
        path = checkpoint->old;
        state = durable_file_read(path, &image, &length, err);
    }
    if (state == DURABLE_FILE_UNREADABLE)
        return FOUND_WRONG;
    if (state == DURABLE_FILE_SOUND && is_damaged)
        log_warn("%s; going back to '%s'", why.text, path);
    else if (is_damaged)
        log_warn("%s, and no older one is sound; starting over", why.text);
    else if (state == DURABLE_FILE_DAMAGED)
        log_warn("%s; starting over", err->text);
    if (state != DURABLE_FILE_SOUND)
        return FOUND_NONE;
    const bool fine = read_state(checkpoint, path, image, length, err);
    mem_free(image);
    if (fine && path == checkpoint->old && rename(path, checkpoint->path) != 0)
        log_warn("checkpoint '%s': cannot be renamed", path); /* the next one would replace it */
    return fine ? FOUND_STATE : FOUND_WRONG;
}

bool checkpoint_resume(struct checkpoint *checkpoint, struct training *t, struct error *err)
{
    const int found = comm_agree(comm_rank() == 0 ? (int)find(checkpoint, err) : 0, err);
    if (found != FOUND_STATE)
        return found == FOUND_NONE;
    checkpoint_state_give(checkpoint->state, t);
    log_info("%s/%s: resumed in epoch %zu after %zu of %zu samples, from %s", t->experiment->name,
             t->run->name, t->at.epoch, t->at.samples, t->train_count, checkpoint->path);
    return true;
}

/* ---- leftovers ---- */

void checkpoint_remove(const char *result)
{
    struct checkpoint names;
    if (comm_rank() != 0)
        return;
    set_paths(&names, result);
    unlink(names.path);
    unlink(names.old);
    unlink(names.part);
}

static double time_of(const struct stat *file)
{
    return (double)file->st_mtim.tv_sec + 1e-9 * (double)file->st_mtim.tv_nsec;
}

static bool is_newer(const char *result)
{
    struct checkpoint names;
    struct stat saved, made;
    set_paths(&names, result);
    if (stat(names.path, &saved) != 0 && stat(names.old, &saved) != 0)
        return false;
    return stat(result, &made) != 0 || time_of(&saved) > time_of(&made);
}

enum checkpoint_found checkpoint_look(const char *result, const struct checkpoint_origin *origin,
                                      struct error *err)
{
    struct checkpoint names;
    void *image = NULL;
    size_t length = 0;
    if (!is_newer(result))
        return CHECKPOINT_NONE;
    set_paths(&names, result);
    const char *path = names.path;
    enum durable_file_state state = durable_file_read(path, &image, &length, err);
    if (state == DURABLE_FILE_DAMAGED || state == DURABLE_FILE_MISSING) {
        path = names.old;
        state = durable_file_read(path, &image, &length, err);
    }
    if (state != DURABLE_FILE_SOUND)
        return state == DURABLE_FILE_UNREADABLE ? CHECKPOINT_UNREADABLE : CHECKPOINT_OURS;
    struct store_file *file = store_image_open(image, length, path, err);
    const bool fine = file && checkpoint_identity_fits(file, path, origin, err);
    if (file)
        store_close(file);
    mem_free(image);
    return fine ? CHECKPOINT_OURS : CHECKPOINT_OTHER;
}
