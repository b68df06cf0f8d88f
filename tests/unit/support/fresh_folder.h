/* A fresh folder for each test, which is also the working directory; without RESLICE_DATA. At its end
 * no memory may be left. Comes first, after #define _XOPEN_SOURCE 700 (nftw). */
#ifndef RESLICE_TESTS_FRESH_FOLDER_H
#define RESLICE_TESTS_FRESH_FOLDER_H

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

static char root[PATH_MAX];

static int fresh_folder_setup(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    char name[1024];
    snprintf(name, sizeof name, "%s/reslice_unit.XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (!mkdtemp(name) || !realpath(name, root) || chdir(root) != 0)
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

static int fresh_folder_teardown(void **state)
{
    (void)state;
    const bool removed =
        chdir("/") == 0 && nftw(root, fresh_folder_remove, 8, FTW_DEPTH | FTW_PHYS) == 0;
    if (mem_live_blocks() != 0)
        print_error("%zu blocks are still allocated\n", mem_live_blocks());
    return removed && mem_live_blocks() == 0 ? 0 : -1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_folder_setup, fresh_folder_teardown)

/* All folders in front of the last / of `path`. */
static inline void make_folders(const char *path)
{
    char part[1024];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(part, 0777);
        *p = '/';
    }
}

#endif
