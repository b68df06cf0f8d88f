#define _POSIX_C_SOURCE 200809L
#include "store/overwrite.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "store/store_foreign.h"

static bool is_of_format(const char *path, const char *format)
{
    char there[32];
    struct error none;
    struct store_file *file = store_foreign_open(path, &none);
    const bool same = file && store_get_text(file, "/", "format", there, sizeof there, &none) &&
                      strcmp(there, format) == 0;
    store_close(file);
    return same;
}

static bool check(const char *path, const char *format, bool replaces, struct error *err)
{
    char folder[OVERWRITE_PATH];
    if (snprintf(folder, sizeof folder, "%s", path) >= OVERWRITE_PATH)
        return error_set(err, "-o: the path is too long; allowed: %d characters",
                         OVERWRITE_PATH - 1);
    const char *name = dirname(folder);
    if (access(name, W_OK | X_OK) != 0)
        return error_set(err, "%s: folder '%s': %s", path, name, strerror(errno));
    if (access(path, F_OK) != 0)
        return true;
    if (!replaces)
        return error_set(err, "%s: is there already; --fresh replaces it", path);
    return is_of_format(path, format)
               ? true
               : error_set(err, "%s: is there already and no file of format %s; it is not replaced",
                           path, format);
}

bool overwrite_check(const char *path, const char *format, bool replaces, struct error *err)
{
    return comm_agree(comm_rank() != 0 || check(path, format, replaces, err), err);
}
