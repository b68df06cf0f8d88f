#define _XOPEN_SOURCE 700
#include "unit/support/fresh_folder.h"

#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

char fresh_root[PATH_MAX];

int fresh_folder_setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    char name[1024];
    snprintf(name, sizeof name, "%s/reslice_unit.XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (!mkdtemp(name) || !realpath(name, fresh_root) || chdir(fresh_root) != 0)
        return -1;
    unsetenv("RESLICE_DATA");
    return 0;
}

static int fresh_folder_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int fresh_folder_teardown(void **state)
{
    (void)state;
    const bool removed =
        chdir("/") == 0 && nftw(fresh_root, fresh_folder_remove, 8, FTW_DEPTH | FTW_PHYS) == 0;
    if (mem_live_blocks() != 0)
        print_error("%zu blocks are still allocated\n", mem_live_blocks());
    return removed && mem_live_blocks() == 0 ? 0 : -1;
}

void make_folders(const char *path)
{
    char part[1024];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(part, 0777);
        *p = '/';
    }
}
