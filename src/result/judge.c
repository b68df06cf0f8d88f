#define _POSIX_C_SOURCE 200809L
#include "result/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/comm.h"
#include "base/mem.h"
#include "settings/settings_same.h"
#include "store/disk.h"
#include "store/store_read.h"
#include "train/checkpoint.h"

/* ---- the digest of a network ---- */

enum { NAME = 128, PATH = 1024 };

/* "fc1/weight=123": a dataset of the network and its checksum. */
static uLong add_dataset(uLong crc, const struct store_file *file, const char *path)
{
    char text[4 * NAME];
    int64_t value = 0;
    struct error none;
    store_get_integer(file, path, "crc32", &value, &none);
    const int n = snprintf(text, sizeof text, "%s=%lld\n", path, (long long)value);
    return crc32_z(crc, (const void *)text, (size_t)n);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Whether a run that comes from this one reads the dataset: not codes, which follow from the weights, nor
 * the axes' scales, which have no checksum. */
static bool is_read(const struct store_file *file, const char *path)
{
    int64_t crc;
    struct error none;
    return !ends_with(path, "_code") && store_get_integer(file, path, "crc32", &crc, &none);
}

static uLong add_layer(uLong crc, const struct store_file *file, const char *layer)
{
    char group[2 * NAME], path[3 * NAME + 2], *names;
    snprintf(group, sizeof group, "/layers/%s", layer);
    const size_t count = store_list(file, group, NAME, &names);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", group, names + i * NAME);
        if (is_read(file, path))
            crc = add_dataset(crc, file, path);
    }
    mem_free(names);
    return crc;
}

static int64_t digest_of(const struct store_file *file)
{
    char *layers;
    uLong crc = crc32_z(0, NULL, 0);
    const size_t count = store_list(file, "/layers", NAME, &layers);
    for (size_t i = 0; i < count; i++)
        crc = add_layer(crc, file, layers + i * NAME);
    mem_free(layers);
    return (int64_t)add_dataset(crc, file, "/activations/exponent");
}

int64_t judge_digest(const char *path)
{
    struct error none;
    struct store_file *file = store_open(path, &none);
    if (!file)
        return JUDGE_UNKNOWN;
    const int64_t digest = digest_of(file);
    store_close(file);
    return digest;
}

/* ---- the origin of a result ---- */

void judge_write_origin(struct store *store, const struct result_origin *origin)
{
    struct {
        int64_t data_crc, parent_digest;
    } number = {origin->data_crc, origin->parent_digest};
    comm_broadcast(&number, sizeof number); /* all ranks write the same attributes */
    store_integer(store, "/", "data_crc32", number.data_crc);
    store_integer(store, "/", "parent_digest", number.parent_digest);
    store_text(store, "/provenance", "experiment_file", origin->experiment_file);
}

static int64_t number_of(const struct store_file *file, const char *name)
{
    int64_t value;
    struct error none;
    return store_get_integer(file, "/", name, &value, &none) ? value : JUDGE_UNKNOWN;
}

/* DIR/PARENT.h5 of DIR/RUN.h5 */
static void sibling(char path[PATH], const char *result, const char *parent)
{
    const char *slash = strrchr(result, '/');
    snprintf(path, PATH, "%.*s%s.h5", slash ? (int)(slash + 1 - result) : 0, result, parent);
}

static bool is_same_parent(const struct store_file *file, const struct judge_question *question,
                           struct judgement *it)
{
    char there[EXPERIMENT_NAME] = "", path[PATH];
    struct error none;
    store_get_text(file, "/", "parent", there, sizeof there, &none);
    const char *here = question->run ? question->parent ? question->parent->name : "" : there;
    if (store_has(file, "/import")) /* whatever the run would come from */
        return true;
    if (strcmp(there, here) != 0)
        return error_set(&it->why,
                         "%s: was trained from %s%s, now the run comes from %s%s; train "
                         "--fresh makes it again, --output puts the new one elsewhere",
                         question->path, *there ? "run " : "initial weights", there,
                         *here ? "run " : "initial weights", here);
    const int64_t noted = number_of(file, "parent_digest");
    if (!*there || noted == JUDGE_UNKNOWN)
        return true;
    sibling(path, question->path, there);
    const int64_t now = judge_digest(path);
    return now == JUDGE_UNKNOWN || now == noted ||
           error_set(&it->why,
                     "%s: was trained from other weights of run %s than %s has now; train "
                     "--fresh makes it again, --output puts the new one elsewhere",
                     question->path, there, path);
}

static bool is_same_data(const struct store_file *file, const struct judge_question *question,
                         struct judgement *it)
{
    const int64_t noted = number_of(file, "data_crc32");
    if (noted == JUDGE_UNKNOWN)
        snprintf(it->note, sizeof it->note,
                 "by an older reslice, which noted neither data nor parent");
    else if (question->data_crc == JUDGE_UNKNOWN && question->run)
        snprintf(it->note, sizeof it->note, "the data is not there to be compared");
    return noted == JUDGE_UNKNOWN || question->data_crc == JUDGE_UNKNOWN ||
           noted == question->data_crc ||
           error_set(&it->why,
                     "%s: was made with other data (checksum %08llx there, %08llx now); train "
                     "--fresh makes it again, --output puts the new one elsewhere",
                     question->path, (unsigned long long)noted,
                     (unsigned long long)question->data_crc);
}

/* Other settings are those of another experiment file, perhaps. */
static void name_file(const struct store_file *file, struct error *why)
{
    char name[256] = "";
    struct error none, plain = *why;
    if (store_get_text(file, "/provenance", "experiment_file", name, sizeof name, &none) && *name)
        error_set(why, "%.700s (made by %s)", plain.text, name);
}

static bool is_same_settings(const struct store_file *file, const struct judge_question *question,
                             struct judgement *it)
{
    if (!question->run)
        return true;
    char *there = store_take_text(file, "/", "config", &it->why);
    const bool fine = there && settings_are_same(question->path, "made", there,
                                                 &question->run->settings, &it->why);
    if (!fine && there)
        name_file(file, &it->why);
    mem_free(there);
    return fine;
}

/* ---- judgement ---- */

static void judge_result(const struct judge_question *question, struct judgement *it)
{
    it->state = JUDGE_MISSING;
    if (access(question->path, F_OK) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return;
        it->state = JUDGE_BAD; /* it may be there: nothing is written over it */
        disk_failed(&it->why, "%s", question->path);
        return;
    }
    struct store_file *file = store_open(question->path, &it->why);
    if (!file) {
        it->state = store_is_in_use(question->path) ? JUDGE_IN_USE : JUDGE_BAD;
        return;
    }
    it->state = is_same_settings(file, question, it) && is_same_parent(file, question, it) &&
                        is_same_data(file, question, it)
                    ? JUDGE_COMPLETE
                    : JUDGE_OTHER;
    store_close(file);
}

static void judge_files(const struct judge_question *question, struct judgement *it)
{
    if (question->run) {
        struct checkpoint_origin origin = {&question->run->settings, question->data_crc,
                                           JUDGE_UNKNOWN, question->parent ? JUDGE_UNKNOWN : 0};
        char parent[PATH];
        if (question->parent) {
            sibling(parent, question->path, question->parent->name);
            origin.parent_digest = judge_digest(parent);
        }
        static const enum judge_state states[] = {[CHECKPOINT_OURS] = JUDGE_INTERRUPTED,
                                                  [CHECKPOINT_OTHER] = JUDGE_OTHER,
                                                  [CHECKPOINT_UNREADABLE] = JUDGE_BAD};
        const enum checkpoint_found found = checkpoint_look(question->path, &origin, &it->why);
        it->state = states[found];
        if (found != CHECKPOINT_NONE)
            return;
    }
    judge_result(question, it);
}

struct judgement judge(const struct judge_question *question)
{
    struct judgement it = {.state = JUDGE_MISSING};
    if (comm_rank() == 0)
        judge_files(question, &it);
    comm_broadcast(&it, sizeof it);
    return it;
}

const char *judge_state_name(enum judge_state state)
{
    static const char *const names[] = {"missing", "complete", "interrupted",
                                        "other",   "damaged",  "in-use"};
    return names[state];
}
