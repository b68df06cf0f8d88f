#define _POSIX_C_SOURCE 200809L
#include "store/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

enum { WATCHDOG_S = 300 };

static void watchdog_bites(int signal)
{
    (void)signal;
    static const char text[] = "reslice: writing the result file hangs (disk full?); giving up\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(ERROR_STATUS_ENVIRONMENT + 1);
    _exit(ERROR_STATUS_ENVIRONMENT);
}

void store_watchdog_start(void)
{
    signal(SIGALRM, watchdog_bites);
    alarm(WATCHDOG_S);
}

void store_watchdog_stop(void)
{
    alarm(0);
    signal(SIGALRM, SIG_DFL);
}

void store_check_space(const char *part, size_t bytes)
{
    char folder[STORE_PATH];
    snprintf(folder, sizeof folder, "%s", part);
    struct statvfs disk;
    const char *name = dirname(folder);
    if (statvfs(name, &disk) != 0)
        log_fatal("folder '%s': %s", name, strerror(errno));
    const double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    const double wanted = 1.1 * (double)bytes + (1 << 20);
    if (free_bytes < wanted)
        log_fatal("disk '%s': %.1f MB are free, '%s' needs %.1f MB", name, free_bytes / 1e6, part,
                  wanted / 1e6);
}

void store_check_writable(const char *part)
{
    FILE *file = fopen(part, "wb");
    if (!file)
        log_fatal("file '%s': %s", part, strerror(errno));
    fclose(file);
    remove(part);
}

size_t store_file_bytes(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        log_fatal("file '%s': %s", path, strerror(errno));
    return (size_t)status.st_size;
}

void store_copy(const char *from, const char *to)
{
    enum { PIECE = 1 << 20 };
    FILE *source = fopen(from, "rb");
    if (!source)
        log_fatal("file '%s': %s", from, strerror(errno));
    FILE *target = fopen(to, "wb");
    if (!target)
        log_fatal("file '%s': %s", to, strerror(errno));
    char *piece = MEM_NEW(char, PIECE);
    size_t n;
    while ((n = fread(piece, 1, PIECE, source)) > 0)
        if (fwrite(piece, 1, n, target) != n)
            log_fatal("file '%s': %s", to, strerror(errno));
    if (ferror(source))
        log_fatal("file '%s': %s", from, strerror(errno));
    if (fclose(target) != 0)
        log_fatal("file '%s': %s", to, strerror(errno));
    fclose(source);
    mem_free(piece);
}

static void sync_to_disk(const char *path)
{
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || fsync(fd) != 0)
        log_fatal("file '%s': %s", path, strerror(errno));
    close(fd);
}

void store_publish(const char *part, const char *path)
{
    sync_to_disk(part);
    if (rename(part, path) != 0)
        log_fatal("file '%s': cannot rename to '%s': %s", part, path, strerror(errno));
    char folder[STORE_PATH];
    snprintf(folder, sizeof folder, "%s", path);
    sync_to_disk(dirname(folder));
}
