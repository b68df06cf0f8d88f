#define _POSIX_C_SOURCE 200809L
#include "store/folder.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/disk.h"

/* A copy of a path that may be cut; false with a line when it is too long. */
static bool copy(char to[FOLDER_PATH], const char *path, struct error *err)
{
    return snprintf(to, FOLDER_PATH, "%s", path) < FOLDER_PATH ||
           error_set(err, "folder '%.60s…': the path is too long; allowed: %d characters", path,
                     FOLDER_PATH - 1);
}

bool folder_make(const char *path, struct error *err)
{
    char part[FOLDER_PATH];
    if (!copy(part, path, err))
        return false;
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return disk_failed(err, "folder '%s': cannot make it", part);
        if (!slash)
            return true;
        *slash = '/';
    }
}

bool folder_make_for(const char *path, struct error *err)
{
    char file[FOLDER_PATH];
    return copy(file, path, err) && folder_make(dirname(file), err);
}
