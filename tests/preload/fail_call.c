/* For LD_PRELOAD: system calls of `reslice` on files below one folder are counted, and one of them
 * fails as a bad disk, a full one or an odd file system would make it fail.
 *
 *     FAIL_FOLDER=DIR        whose files (a path that begins so; the folder itself counts too)
 *     FAIL_CALL=KIND:N:ERRNO the N-th call (from 1) of that kind fails with this errno; "N+" those
 *                            behind it fail too, 1+ is a file system that cannot do it at all
 *     FAIL_LOG=FILE          one line a call, "KIND PATH", and " failed" behind the one that did
 *
 * Kinds: open write read sync truncate close lock rename unlink mkdir stat chmod, and folder, which
 * is the sync of a folder. What stdio writes is seen as well: streams of such files, and standard output, get functions of their own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATH = 4096, KINDS = 13 };

static const char *const kinds[KINDS] = {"open",  "write", "read",   "sync",   "truncate",
                                         "close", "lock",  "rename", "unlink", "mkdir",
                                         "stat",  "chmod", "folder"};

enum kind {
    OPEN,
    WRITE,
    READ,
    SYNC,
    TRUNCATE,
    CLOSE,
    LOCK,
    RENAME,
    UNLINK,
    MKDIR,
    STAT,
    CHMOD,
    FOLDER
};

static struct {
    bool is_on, goes_on; /* goes_on: later calls fail too */
    char folder[PATH];
    size_t length; /* of the folder */
    int kind;      /* that fails; -1: none */
    long number;
    int error;
    int log;
    long count[KINDS];
} state = {.kind = -1, .log = -1};

/* ---- what is wanted ---- */

static void read_wish(const char *wish)
{
    char name[16], plus = 0;
    if (!wish)
        return;
    const int n = sscanf(wish, "%15[a-z]:%ld+:%d", name, &state.number, &state.error) == 3
                      ? (plus = '+', 3)
                      : sscanf(wish, "%15[a-z]:%ld:%d", name, &state.number, &state.error);
    for (int k = 0; n == 3 && k < KINDS; k++)
        if (strcmp(kinds[k], name) == 0)
            state.kind = k;
    state.goes_on = plus != 0;
    if (state.kind < 0) {
        static const char text[] = "fail_call: FAIL_CALL is not KIND:N:ERRNO\n";
        syscall(SYS_write, 2, text, sizeof text - 1);
        _exit(99);
    }
}

static bool is_below(const char *path)
{
    return state.is_on && path && strncmp(path, state.folder, state.length) == 0 &&
           (path[state.length] == '/' || path[state.length] == '\0');
}

/* The path of a descriptor, or NULL when it is of no interest. */
static const char *path_of(int fd, char path[PATH])
{
    char link[64];
    if (!state.is_on || fd < 0 || fd == state.log)
        return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const long n = syscall(SYS_readlink, link, path, PATH - 1);
    path[n > 0 ? n : 0] = '\0';
    return is_below(path) ? path : NULL;
}

/* Counts; true when this call is to fail, with errno. */
static bool fails(enum kind kind, const char *path)
{
    char line[PATH + 64];
    if (!path || !is_below(path))
        return false;
    const long n = ++state.count[kind];
    const bool hit =
        (int)kind == state.kind && (n == state.number || (state.goes_on && n > state.number));
    if (state.log >= 0) {
        const int length =
            snprintf(line, sizeof line, "%s %s%s\n", kinds[kind], path, hit ? " failed" : "");
        syscall(SYS_write, state.log, line, (size_t)length);
    }
    if (hit)
        errno = state.error;
    return hit;
}

static bool fails_fd(enum kind kind, int fd)
{
    char path[PATH];
    return fails(kind, path_of(fd, path));
}

/* The function of this name behind ours. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- descriptors ---- */

#define OPEN_FUNCTION(name)                                                                        \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        const mode_t mode = va_arg(args, mode_t);                                                  \
        va_end(args);                                                                              \
        return fails(OPEN, path) ? -1 : NEXT(name)(path, flags, mode);                             \
    }
OPEN_FUNCTION(open)
OPEN_FUNCTION(open64)

ssize_t write(int fd, const void *bytes, size_t count)
{
    return fails_fd(WRITE, fd) ? -1 : NEXT(write)(fd, bytes, count);
}

ssize_t read(int fd, void *bytes, size_t count)
{
    return fails_fd(READ, fd) ? -1 : NEXT(read)(fd, bytes, count);
}

#define AT_FUNCTION(name, kind, data, length)                                                      \
    ssize_t name(int fd, data bytes, length count, off_t offset)                                   \
    {                                                                                              \
        return fails_fd(kind, fd) ? -1 : NEXT(name)(fd, bytes, count, offset);                     \
    }
AT_FUNCTION(pwrite, WRITE, const void *, size_t)
AT_FUNCTION(pwrite64, WRITE, const void *, size_t)
AT_FUNCTION(pwritev, WRITE, const struct iovec *, int)
AT_FUNCTION(pwritev64, WRITE, const struct iovec *, int)
AT_FUNCTION(pread, READ, void *, size_t)
AT_FUNCTION(pread64, READ, void *, size_t)
AT_FUNCTION(preadv, READ, const struct iovec *, int)
AT_FUNCTION(preadv64, READ, const struct iovec *, int)

static enum kind sync_kind(int fd)
{
    struct stat about;
    return NEXT(fstat)(fd, &about) == 0 && S_ISDIR(about.st_mode) ? FOLDER : SYNC;
}

int fsync(int fd)
{
    return fails_fd(sync_kind(fd), fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails_fd(SYNC, fd) ? -1 : NEXT(fdatasync)(fd);
}

int ftruncate(int fd, off_t length)
{
    return fails_fd(TRUNCATE, fd) ? -1 : NEXT(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    return fails_fd(TRUNCATE, fd) ? -1 : NEXT(ftruncate64)(fd, length);
}

/* A close that fails has closed all the same. */
int close(int fd)
{
    const bool hit = fails_fd(CLOSE, fd);
    const int code = NEXT(close)(fd);
    if (hit)
        errno = state.error;
    return hit ? -1 : code;
}

int flock(int fd, int operation)
{
    return fails_fd(LOCK, fd) ? -1 : NEXT(flock)(fd, operation);
}

#define FCNTL_FUNCTION(name)                                                                       \
    int name(int fd, int command, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, command);                                                                   \
        void *argument = va_arg(args, void *);                                                     \
        va_end(args);                                                                              \
        const bool is_lock = command == F_SETLK || command == F_SETLKW;                            \
        return is_lock && fails_fd(LOCK, fd) ? -1 : NEXT(name)(fd, command, argument);             \
    }
FCNTL_FUNCTION(fcntl)
FCNTL_FUNCTION(fcntl64)

int fstat(int fd, struct stat *about)
{
    return fails_fd(STAT, fd) ? -1 : NEXT(fstat)(fd, about);
}

/* ---- paths ---- */

int rename(const char *from, const char *to)
{
    return fails(RENAME, to) ? -1 : NEXT(rename)(from, to);
}

int unlink(const char *path)
{
    return fails(UNLINK, path) ? -1 : NEXT(unlink)(path);
}

int remove(const char *path)
{
    return fails(UNLINK, path) ? -1 : NEXT(remove)(path);
}

int mkdir(const char *path, mode_t mode)
{
    return fails(MKDIR, path) ? -1 : NEXT(mkdir)(path, mode);
}

int chmod(const char *path, mode_t mode)
{
    return fails(CHMOD, path) ? -1 : NEXT(chmod)(path, mode);
}

int stat(const char *restrict path, struct stat *restrict about)
{
    return fails(STAT, path) ? -1 : NEXT(stat)(path, about);
}

int lstat(const char *restrict path, struct stat *restrict about)
{
    return fails(STAT, path) ? -1 : NEXT(lstat)(path, about);
}

int access(const char *path, int mode)
{
    return fails(STAT, path) ? -1 : NEXT(access)(path, mode);
}

/* ---- stdio ---- */

static ssize_t stream_read(void *cookie, char *bytes, size_t count)
{
    return read((int)(long)cookie, bytes, count);
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t count)
{
    const ssize_t n = write((int)(long)cookie, bytes, count);
    return n < 0 ? 0 : n; /* as fopencookie wants it */
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
    *offset = lseek64((int)(long)cookie, *offset, whence);
    return *offset < 0 ? -1 : 0;
}

static int stream_close(void *cookie)
{
    return close((int)(long)cookie);
}

static FILE *stream_of(int fd, const char *mode)
{
    const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
    return fopencookie((void *)(long)fd, mode, functions);
}

static FILE *open_stream(const char *path, const char *mode)
{
    const bool updates = strchr(mode, '+') != NULL;
    const int flags = *mode == 'r'   ? (updates ? O_RDWR : O_RDONLY)
                      : *mode == 'w' ? (updates ? O_RDWR : O_WRONLY) | O_CREAT | O_TRUNC
                                     : (updates ? O_RDWR : O_WRONLY) | O_CREAT | O_APPEND;
    const int fd = open(path, flags, 0666);
    return fd < 0 ? NULL : stream_of(fd, mode);
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    return is_below(path) ? open_stream(path, mode) : NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode)
{
    return is_below(path) ? open_stream(path, mode) : NEXT(fopen64)(path, mode);
}

/* ---- start ---- */

/* Programs that reslice starts (gnuplot, the MPI daemon) are left alone. */
static bool is_reslice(void)
{
    char link[PATH];
    const long n = syscall(SYS_readlink, "/proc/self/exe", link, PATH - 1);
    link[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(link, '/');
    return slash && strcmp(slash, "/reslice") == 0;
}

__attribute__((constructor)) static void start(void)
{
    char path[PATH];
    const char *folder = getenv("FAIL_FOLDER"), *log = getenv("FAIL_LOG");
    if (!folder || !is_reslice())
        return;
    snprintf(state.folder, sizeof state.folder, "%s", folder);
    state.length = strlen(state.folder);
    read_wish(getenv("FAIL_CALL"));
    if (log)
        state.log = (int)syscall(SYS_openat, AT_FDCWD, log,
                                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    state.is_on = true;
    if (path_of(1, path))
        stdout = stream_of(1, "w");
}
