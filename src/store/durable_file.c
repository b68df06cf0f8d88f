#define _POSIX_C_SOURCE 200809L
#include "store/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"

/* Stands behind the HDF5 file, whose readers do not look there. */
struct trailer {
    char mark[8];
    uint64_t length; /* of the HDF5 file */
    uint32_t crc32;  /* of its bytes */
    uint32_t unused;
};

static const char MARK[8] = {'r', 'e', 's', 'l', 'i', 'c', 'e', '\n'};

static uint32_t checksum(const void *bytes, size_t length)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, length);
}

/* ---- write ---- */

static bool write_all(int fd, const void *data, size_t length)
{
    const char *next = data;
    while (length > 0) {
        const ssize_t n = write(fd, next, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        next += n;
        length -= (size_t)n;
    }
    return true;
}

static bool write_part(const char *part, const void *image, size_t length)
{
    struct trailer trailer = {.length = length, .crc32 = checksum(image, length)};
    memcpy(trailer.mark, MARK, sizeof MARK);
    const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    const bool fine =
        write_all(fd, image, length) && write_all(fd, &trailer, sizeof trailer) && fsync(fd) == 0;
    const int why = errno;
    const bool closed = close(fd) == 0; /* network file systems may only now say that it is full */
    if (!fine)
        errno = why;
    return fine && closed;
}

/* The renames must be on the disk before a caller relies on them. */
static bool sync_folder(const char *path)
{
    char folder[DURABLE_FILE_PATH];
    snprintf(folder, sizeof folder, "%s", path);
    const int fd = open(dirname(folder), O_RDONLY | O_CLOEXEC);
    const bool fine = fd >= 0 && fsync(fd) == 0;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return fine;
}

bool durable_file_write(const char *path, const void *image, size_t length, struct error *err)
{
    char old[DURABLE_FILE_PATH], part[DURABLE_FILE_PATH];
    snprintf(old, sizeof old, "%s.old", path);
    snprintf(part, sizeof part, "%s.part", path);
    if (!write_part(part, image, length)) {
        error_set(err, "checkpoint '%s': cannot be written: %s", path, strerror(errno));
        unlink(part);
        return false;
    }
    if (rename(path, old) != 0 && errno != ENOENT)
        return error_set(err, "checkpoint '%s': cannot be renamed: %s", path, strerror(errno));
    if (rename(part, path) != 0 || !sync_folder(path))
        return error_set(err, "checkpoint '%s': cannot be put in place: %s", path, strerror(errno));
    return true;
}

/* ---- read ---- */

static bool read_all(int fd, void *data, size_t length)
{
    char *next = data;
    while (length > 0) {
        const ssize_t n = read(fd, next, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        next += n;
        length -= (size_t)n;
    }
    return true;
}

static bool is_sound(const char *bytes, size_t size, const char *path, struct error *err)
{
    struct trailer trailer = {0};
    if (size > sizeof trailer)
        memcpy(&trailer, bytes + size - sizeof trailer, sizeof trailer);
    if (memcmp(trailer.mark, MARK, sizeof MARK) != 0 || trailer.length != size - sizeof trailer)
        return error_set(err, "checkpoint '%s' is damaged: its end is missing", path);
    if (trailer.crc32 != checksum(bytes, trailer.length))
        return error_set(err, "checkpoint '%s' is damaged: wrong checksum", path);
    return true;
}

enum durable_file_state durable_file_read(const char *path, void **image, size_t *length,
                                          struct error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return DURABLE_FILE_MISSING;
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        error_set(err, "checkpoint '%s': cannot be read: %s", path,
                  fd < 0 ? strerror(errno) : "not a file");
        if (fd >= 0)
            close(fd);
        return DURABLE_FILE_UNREADABLE;
    }
    const size_t size = (size_t)about.st_size;
    char *bytes = mem_alloc(size, 1, path);
    const bool fine = read_all(fd, bytes, size)
                          ? is_sound(bytes, size, path, err)
                          : error_set(err, "checkpoint '%s' is damaged: reading fails", path);
    close(fd);
    if (!fine) {
        mem_free(bytes);
        return DURABLE_FILE_DAMAGED;
    }
    *image = bytes;
    *length = size - sizeof(struct trailer);
    return DURABLE_FILE_SOUND;
}
