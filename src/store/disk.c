#define _POSIX_C_SOURCE 200809L
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* ---- calls ---- */

int disk_open(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

bool disk_write(int fd, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0) {
        const ssize_t n = write(fd, next, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        next += n;
        count -= (size_t)n;
    }
    return true;
}

bool disk_read(int fd, void *bytes, size_t count)
{
    char *next = bytes;
    while (count > 0) {
        const ssize_t n = read(fd, next, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return false;
        next += n;
        count -= (size_t)n;
    }
    return true;
}

static int sync_interrupted(int fd)
{
    int code;
    do
        code = fsync(fd);
    while (code != 0 && errno == EINTR);
    return code;
}

bool disk_sync(int fd)
{
    return sync_interrupted(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
}

/* Linux has closed it when a signal interrupts: to close again could hit another file. */
bool disk_close(int fd)
{
    return close(fd) == 0 || errno == EINTR;
}

bool disk_rename(const char *from, const char *to)
{
    int code;
    do
        code = rename(from, to);
    while (code != 0 && errno == EINTR); /* NFS, FUSE */
    return code == 0;
}

void disk_sync_folder(const char *path)
{
    char folder[DISK_PATH];
    snprintf(folder, sizeof folder, "%s", path);
    const char *name = dirname(folder);
    const int fd = disk_open(name, O_RDONLY);
    if (fd < 0)
        return; /* a folder may be for writing only */
    if (sync_interrupted(fd) != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
        log_warn("folder '%s': cannot be synced: %s; '%s' is there, but may not outlive a crash of "
                 "the system",
                 name, strerror(errno), path);
    disk_close(fd);
}

bool disk_is_user_error(int number)
{
    return number == ENOENT || number == ENOTDIR || number == EISDIR || number == EACCES ||
           number == EPERM || number == ELOOP || number == ENAMETOOLONG || number == EROFS;
}

bool disk_failed(struct error *err, const char *format, ...)
{
    const int number = errno;
    char words[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return disk_is_user_error(number)
               ? error_set(err, "%s: %s", words, strerror(number))
               : error_set_environment(err, "%s: %s", words, strerror(number));
}

/* ---- what is there ---- */

/* Puts what the link `target` says in its place. */
static bool take_link(char target[DISK_PATH])
{
    char link[DISK_PATH], copy[DISK_PATH];
    const ssize_t n = readlink(target, link, sizeof link - 1);
    if (n < 0)
        return false;
    link[n] = '\0';
    snprintf(copy, sizeof copy, "%s", target);
    const char *folder = dirname(copy);
    const int length = *link == '/' ? snprintf(target, DISK_PATH, "%s", link)
                                    : snprintf(target, DISK_PATH, "%s/%.*s", folder, (int)n, link);
    return length < DISK_PATH;
}

bool disk_follow(const char *path, char target[DISK_PATH], struct error *err)
{
    enum { LINKS = 40 }; /* as many as Linux follows */
    struct stat about;
    if (snprintf(target, DISK_PATH, "%s", path) >= DISK_PATH)
        return error_set(err, "file '%.60s…': the path is too long", path);
    for (int link = 0; link < LINKS; link++) {
        if (lstat(target, &about) != 0 || !S_ISLNK(about.st_mode))
            return true;
        if (!take_link(target))
            return error_set(err, "link '%s': cannot be followed", path);
    }
    return error_set(err, "link '%s': %s", path, strerror(ELOOP));
}

/* The mode is asked too: root may write everything. */
bool disk_may_replace(const char *path, struct error *err)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return true; /* nothing is there, or opening it will say why not */
    if ((about.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) != 0 && access(path, W_OK) == 0)
        return true;
    return error_set(err, "%s: is write-protected (mode %03o) and not replaced", path,
                     (unsigned)about.st_mode & 0777u);
}

bool disk_may_create(const char *path, struct error *err)
{
    char target[DISK_PATH], folder[DISK_PATH];
    if (!disk_follow(path, target, err))
        return false;
    snprintf(folder, sizeof folder, "%s", target);
    char *name = dirname(folder);
    struct stat about;
    while (stat(name, &about) != 0 && errno == ENOENT && strcmp(name, ".") != 0 &&
           strcmp(name, "/") != 0)
        name = dirname(name); /* this one can be made */
    const bool is_other = stat(name, &about) == 0 && !S_ISDIR(about.st_mode);
    if (is_other)
        errno = ENOTDIR;
    if (is_other || access(name, W_OK | X_OK) != 0)
        return disk_failed(err, "%s: folder '%s'", path, name);
    return disk_may_replace(path, err);
}

bool disk_keep_mode(const char *part, const char *path)
{
    struct stat about, own;
    if (stat(path, &about) != 0)
        return true;
    if (stat(part, &own) != 0)
        return false;
    if (own.st_gid != about.st_gid && chown(part, (uid_t)-1, about.st_gid) != 0)
        errno = 0; /* not ours to give: the file stays in the writer's group */
    return chmod(part, about.st_mode & 07777) == 0 || errno == EPERM || errno == ENOTSUP;
}

/* ---- whole files ---- */

bool disk_create(const char *path, const void *bytes, size_t count, const void *end,
                 size_t end_count)
{
    const int fd = disk_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        return false;
    const bool fine =
        disk_write(fd, bytes, count) && disk_write(fd, end, end_count) && disk_sync(fd);
    const int why = errno;
    const bool closed = disk_close(fd); /* a network file system may only now say that it is full */
    if (!fine)
        errno = why;
    return fine && closed;
}

bool disk_replace(const char *path, const void *bytes, size_t count, struct error *err)
{
    char target[DISK_PATH], part[DISK_PATH + 8];
    if (!disk_follow(path, target, err) || !disk_may_replace(target, err))
        return false;
    snprintf(part, sizeof part, "%s.part", target);
    if (disk_create(part, bytes, count, "", 0) && disk_keep_mode(part, target) &&
        disk_rename(part, target)) {
        disk_sync_folder(target);
        return true;
    }
    disk_failed(err, "file '%s'", path);
    unlink(part);
    return false;
}
