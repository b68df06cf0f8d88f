#define _XOPEN_SOURCE 700
#include "data/dataset_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- files ---- */

enum { SPELLINGS = 4 };

/* Spelling number i of a file's name; false where it has no such spelling. IDX files may be gzipped,
 * and have a dot in front of "idx" in some copies. */
static bool spell(const char *file, int i, char name[DATASET_PATH])
{
    const char *idx = strstr(file, "-idx"), *ending = i % 2 ? ".gz" : "";
    if (i == 0 || !idx || i >= SPELLINGS)
        snprintf(name, DATASET_PATH, "%s", file);
    else
        snprintf(name, DATASET_PATH, "%.*s%c%s%s", (int)(idx - file), file, i < 2 ? '-' : '.',
                 idx + 1, ending);
    return i == 0 || (idx && i < SPELLINGS);
}

static bool is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

bool dataset_find_file(const char *folder, const char *file, char *path)
{
    char name[DATASET_PATH];
    for (int i = 0; spell(file, i, name); i++) {
        const int n = snprintf(path, DATASET_PATH, "%s/%s", folder, name);
        if (n < DATASET_PATH && is_there(path))
            return true;
    }
    return false;
}

void dataset_file_names(const char *file, char *text, int size)
{
    char name[DATASET_PATH], next[DATASET_PATH];
    int used = 0;
    for (int i = 0; spell(file, i, name) && used < size; i++) {
        const bool is_last = !spell(file, i + 1, next);
        used += snprintf(text + used, (size_t)(size - used), "%s%s",
                         i == 0    ? ""
                         : is_last ? " or "
                                   : ", ",
                         name);
    }
}

/* ---- folders ---- */

struct search {
    const struct dataset_files *files;
    const struct dataset_files *const *all; /* [count] */
    int count;
    char *folder;      /* [DATASET_PATH] the place looked at last */
    char looked[1024]; /* all of them, for the message */
    size_t looked_length;
    char other_path[DATASET_PATH]; /* of another form of the set, or "" */
    const char *other;             /* what it is */
};

static bool holds_set(const char *folder, const struct dataset_files *files)
{
    char path[DATASET_PATH];
    for (int i = 0; i < DATASET_FILES && files->file[i]; i++)
        if (dataset_find_file(folder, files->file[i], path))
            return true;
    return false;
}

static bool ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n > m && path[n - m - 1] == '/' && strcmp(path + n - m, end) == 0;
}

/* MNIST and Fashion-MNIST have the same file names: a folder that is named after one set is never
 * taken for another. */
static bool is_folder_of_another(const struct search *s, const char *folder)
{
    bool found = false;
    char *path = realpath(folder, NULL);
    for (int i = 0; path && i < s->count; i++)
        for (int f = 0; f < DATASET_FOLDERS && s->all[i]->folder[f]; f++)
            found |= s->all[i] != s->files && ends_with(path, s->all[i]->folder[f]);
    free(path);
    return found;
}

static void remember(struct search *s, const char *note)
{
    const size_t room = sizeof s->looked - s->looked_length;
    const int n = snprintf(s->looked + s->looked_length, room, "%s%s%s",
                           s->looked_length ? ", " : "", s->folder, note);
    s->looked_length += (size_t)n < room ? (size_t)n : room - 1;
}

/* Looks into root/below; into `root` itself when `below` is NULL. */
static bool look(struct search *s, const char *root, const char *below)
{
    const int length =
        snprintf(s->folder, DATASET_PATH, "%s%s%s", root, below ? "/" : "", below ? below : "");
    const bool another = !below && is_folder_of_another(s, root);
    remember(s, another ? " (its name is that of another set)" : "");
    return length < DATASET_PATH && !another && holds_set(s->folder, s->files);
}

static bool is_other(struct search *s, const char *root, const char *file)
{
    const int n = snprintf(s->other_path, sizeof s->other_path, "%s/%s", root, file);
    return n < DATASET_PATH && is_there(s->other_path);
}

/* Keeps the first file that shows the set in a form which is not read: below `root`, or in it when its
 * folder was given. */
static void look_for_others(struct search *s, const char *root)
{
    for (int i = 0; i < DATASET_OTHERS && s->files->other[i].file && !s->other; i++) {
        const char *file = s->files->other[i].file, *base = strrchr(file, '/');
        if (is_other(s, root, file) || (base && is_other(s, root, base + 1)))
            s->other = s->files->other[i].what;
    }
}

/* Looks into the set's folders below `root`, then, if `itself`, into `root`. */
static bool look_below(struct search *s, const char *root, bool itself)
{
    for (int f = 0; f < DATASET_FOLDERS && s->files->folder[f]; f++)
        if (look(s, root, s->files->folder[f]))
            return true;
    if (itself && look(s, root, NULL))
        return true;
    look_for_others(s, root);
    return false;
}

static bool find(struct search *s, const char *directory)
{
    const char *env = getenv("RESLICE_DATA");
    if (directory)
        return look_below(s, directory, true);
    return (env && env[0] && look_below(s, env, true)) || look_below(s, "./data", false) ||
           look_below(s, "/usr/share/datasets", false);
}

static bool fail_missing(const struct search *s, struct error *err)
{
    const char *name = s->files->name, *package = s->files->package;
    char names[256], found[512] = "";
    dataset_file_names(s->files->file[0], names, sizeof names);
    if (s->other)
        snprintf(found, sizeof found, ": '%.300s' is of %s, which is not read", s->other_path,
                 s->other);
    return error_set(err,
                     "data set '%s' not found%s; get %s with 'data/fetch.sh %s DIR'%s%s%s; "
                     "looked for %s and so on in: %s",
                     name, found, s->files->wanted, name, package ? " or 'apt install " : "",
                     package ? package : "", package ? "'" : "", names, s->looked);
}

bool dataset_find_folder(const struct dataset_files *files, const struct dataset_files *const *all,
                         int count, const char *directory, char *folder, struct error *err)
{
    struct search search = {.files = files, .all = all, .count = count, .folder = folder};
    return find(&search, directory) || fail_missing(&search, err);
}
