#define _POSIX_C_SOURCE 200809L
#include "store/overwrite.h"

#include <string.h>
#include <sys/stat.h>

#include "base/comm.h"
#include "base/log.h"
#include "store/disk.h"
#include "store/folder.h"
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

static bool check(const char *path, const char *format, bool replaces, struct error *err)
{
    if (strlen(path) >= OVERWRITE_PATH)
        return error_set(err, "-o: the path is too long; allowed: %d characters",
                         OVERWRITE_PATH - 1);
    struct stat about;
    const bool is_there = stat(path, &about) == 0;
    if ((is_there && S_ISDIR(about.st_mode)) || path[strlen(path) - 1] == '/')
        return error_set(err, "-o: value '%s' is a folder; allowed: the file to write", path);
    if (is_there && !replaces)
        return error_set(err, "%s: is there already; --fresh replaces it", path);
    return (!is_there || is_of_format(path, format, err)) && disk_may_create(path, err);
}

bool overwrite_may_write(const char *path, struct error *err)
{
    return comm_agree(comm_rank() != 0 || disk_may_create(path, err), err);
}

bool overwrite_check(const char *path, const char *format, bool replaces, struct error *err)
{
    return comm_agree(comm_rank() != 0 || check(path, format, replaces, err), err);
}

void overwrite_make_folder(const char *path)
{
    struct error err;
    if (comm_rank() == 0 && !folder_make_for(path, &err))
        log_fatal("%s", err.text);
}
