#define _POSIX_C_SOURCE 200809L
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { HOLDER = 160 };

/* "host node7, process 123" for whoever finds the lock taken. */
static void write_holder(const struct lock *lock)
{
    char host[HOLDER / 2] = "?", text[HOLDER];
    gethostname(host, sizeof host - 1);
    const int n = snprintf(text, sizeof text, "host %s, process %ld", host, (long)getpid());
    if (ftruncate(lock->fd, 0) != 0 || write(lock->fd, text, (size_t)n) != n)
        log_warn("file '%s': %s", lock->path, strerror(errno)); /* the lock holds all the same */
}

static bool taken(const struct lock *lock, struct error *err)
{
    char holder[HOLDER] = "";
    const ssize_t n = pread(lock->fd, holder, sizeof holder - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    return error_set_environment(err,
                                 "%s: another process is at work on this run (%s); wait for it, or "
                                 "train into another --output",
                                 lock->path, *holder ? holder : "unknown");
}

/* The holder removes the file before it lets go: what was locked here may have no name any more. */
static bool is_still_there(const struct lock *lock)
{
    struct stat mine, named;
    return fstat(lock->fd, &mine) == 0 && stat(lock->path, &named) == 0 &&
           mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

static bool give_up(struct lock *lock)
{
    close(lock->fd);
    lock->fd = -1;
    return false;
}

static int set_lock(int fd)
{
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int code;
    do
        code = fcntl(fd, F_SETLK, &whole);
    while (code != 0 && errno == EINTR);
    return code;
}

bool lock_is_free(const char *path, struct error *err)
{
    char target[DISK_PATH];
    struct lock lock;
    struct flock other = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct error ignored;
    if (!disk_follow(path, target, &ignored))
        return true;
    snprintf(lock.path, sizeof lock.path, "%s.lock", target);
    lock.fd = disk_open(lock.path, O_RDONLY);
    if (lock.fd < 0)
        return true;
    const bool held = fcntl(lock.fd, F_GETLK, &other) == 0 && other.l_type != F_UNLCK;
    if (held)
        taken(&lock, err);
    give_up(&lock);
    return !held;
}

bool lock_take(struct lock *lock, const char *path, struct error *err)
{
    char target[DISK_PATH];
    lock->fd = -1;
    if (!disk_follow(path, target, err))
        return false;
    snprintf(lock->path, sizeof lock->path, "%s.lock", target);
    for (;;) {
        lock->fd = disk_open(lock->path, O_RDWR | O_CREAT);
        if (lock->fd < 0)
            return error_set_environment(err, "file '%s': %s", lock->path, strerror(errno));
        if (set_lock(lock->fd) == 0) {
            if (is_still_there(lock))
                break;
            give_up(lock);
            continue;
        }
        if (errno == EACCES || errno == EAGAIN) {
            taken(lock, err);
            return give_up(lock);
        }
        log_warn("file '%s': cannot be locked (%s): nothing keeps a second process from this run",
                 lock->path, strerror(errno));
        break;
    }
    write_holder(lock);
    return true;
}

void lock_release(struct lock *lock)
{
    if (lock->fd < 0)
        return;
    unlink(lock->path); /* while it is held, see is_still_there */
    give_up(lock);
}
