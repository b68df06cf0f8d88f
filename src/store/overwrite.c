#define _POSIX_C_SOURCE 200809L
#include "store/overwrite.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "store/disk.h"
#include "store/store_foreign.h"

/* A file that is there must be one of ours to be replaced. */
static bool is_of_format(const char *path, const char *format, struct error *err)
{
    char there[64] = "";
    struct store_file *file = store_foreign_open(path, err);
    if (!file && err->is_environment)
        return false; /* the line says what: nobody knows whose file it is */
    if (file && !store_get_text(file, "/", "format", there, sizeof there, err))
        *there = '\0';
    store_close(file);
    return strcmp(there, format) == 0 ||
           error_set(err, "%s: is there already and no file of format %s; it is not replaced", path,
                     format);
}

/* Whether a file can be made where `path` leads to, and one that is there be replaced. */
static bool may_write(const char *path, struct error *err)
{
    char target[DISK_PATH], folder[DISK_PATH];
    if (!disk_follow(path, target, err))
        return false;
    snprintf(folder, sizeof folder, "%s", target);
    const char *name = dirname(folder);
    if (access(name, W_OK | X_OK) != 0)
        return disk_is_user_error(errno)
                   ? error_set(err, "%s: folder '%s': %s", path, name, strerror(errno))
                   : error_set_environment(err, "%s: folder '%s': %s", path, name, strerror(errno));
    return disk_may_replace(path, err);
}

static bool check(const char *path, const char *format, bool replaces, struct error *err)
{
    if (strlen(path) >= OVERWRITE_PATH)
        return error_set(err, "-o: the path is too long; allowed: %d characters",
                         OVERWRITE_PATH - 1);
    const bool is_there = access(path, F_OK) == 0;
    if (is_there && !replaces)
        return error_set(err, "%s: is there already; --fresh replaces it", path);
    return (!is_there || is_of_format(path, format, err)) && may_write(path, err);
}

bool overwrite_may_write(const char *path, struct error *err)
{
    return comm_agree(comm_rank() != 0 || may_write(path, err), err);
}

bool overwrite_check(const char *path, const char *format, bool replaces, struct error *err)
{
    return comm_agree(comm_rank() != 0 || check(path, format, replaces, err), err);
}
