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
#include "store/disk.h"

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
    char folder[DISK_PATH];
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
    const int fd = disk_open(part, O_WRONLY | O_CREAT);
    if (fd < 0 || !disk_close(fd))
        log_fatal("file '%s': %s", part, strerror(errno));
    unlink(part);
}

size_t store_file_bytes(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        log_fatal("file '%s': %s", path, strerror(errno));
    return (size_t)status.st_size;
}

/* Copies what is left of `source`; the path of the file that failed, or NULL. */
static const char *copy_bytes(int source, const char *from, int target, const char *to)
{
    enum { PIECE = 1 << 20 };
    char *piece = MEM_NEW(char, PIECE);
    const char *failed = NULL;
    ssize_t n = 1;
    while (n != 0 && !failed) {
        n = read(source, piece, PIECE);
        if (n < 0 && errno != EINTR)
            failed = from;
        else if (n > 0 && !disk_write(target, piece, (size_t)n))
            failed = to;
    }
    const int why = errno;
    mem_free(piece);
    errno = why;
    return failed;
}

void store_copy(const char *from, const char *to)
{
    const int source = disk_open(from, O_RDONLY);
    if (source < 0)
        log_fatal("file '%s': %s", from, strerror(errno));
    const int target = disk_open(to, O_WRONLY | O_CREAT | O_TRUNC);
    const char *failed = target < 0 ? to : copy_bytes(source, from, target, to);
    if (!failed && !disk_close(target))
        failed = to;
    if (failed) {
        const int why = errno;
        unlink(to);
        log_fatal("file '%s': %s", failed, strerror(why));
    }
    disk_close(source);
}

static void sync_file(const char *path)
{
    const int fd = disk_open(path, O_RDONLY);
    if (fd < 0 || !disk_sync(fd))
        log_fatal("file '%s': %s", path, strerror(errno));
    disk_close(fd);
}

void store_publish(const char *part, const char *path)
{
    if (!disk_keep_mode(part, path))
        log_fatal("file '%s': cannot have the mode of '%s': %s", part, path, strerror(errno));
    sync_file(part);
    if (!disk_rename(part, path))
        log_fatal("file '%s': cannot rename to '%s': %s", part, path, strerror(errno));
    disk_sync_folder(path);
}
