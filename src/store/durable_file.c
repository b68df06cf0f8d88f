#define _POSIX_C_SOURCE 200809L
#include "store/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "store/disk.h"

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

static bool write_part(const char *part, const void *image, size_t length)
{
    struct trailer trailer = {.length = length, .crc32 = checksum(image, length)};
    memcpy(trailer.mark, MARK, sizeof MARK);
    return disk_create(part, image, length, &trailer, sizeof trailer);
}

bool durable_file_write(const char *path, const void *image, size_t length, struct error *err)
{
    char old[DURABLE_FILE_PATH], part[DURABLE_FILE_PATH];
    snprintf(old, sizeof old, "%s.old", path);
    snprintf(part, sizeof part, "%s.part", path);
    const char *failed = NULL;
    if (!write_part(part, image, length))
        failed = "written";
    else if (!disk_rename(path, old) && errno != ENOENT)
        failed = "renamed";
    else if (!disk_rename(part, path))
        failed = "put in place";
    if (!failed) {
        disk_sync_folder(path);
        return true;
    }
    error_set_environment(err, "checkpoint '%s': cannot be %s: %s", path, failed, strerror(errno));
    unlink(part);
    return false;
}

/* ---- read ---- */

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
    const int fd = disk_open(path, O_RDONLY);
    if (fd < 0 && errno == ENOENT)
        return DURABLE_FILE_MISSING;
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        error_set_environment(err, "checkpoint '%s': cannot be read: %s", path,
                              fd < 0 ? strerror(errno) : "not a file");
        if (fd >= 0)
            disk_close(fd);
        return DURABLE_FILE_UNREADABLE;
    }
    enum durable_file_state state = DURABLE_FILE_UNREADABLE;
    const size_t size = (size_t)about.st_size;
    char *bytes = mem_alloc(size, 1, path);
    if (!disk_read(fd, bytes, size)) /* no damage: another time the disk may be fine */
        error_set_environment(err, "checkpoint '%s': cannot be read: %s", path, strerror(errno));
    else
        state = is_sound(bytes, size, path, err) ? DURABLE_FILE_SOUND : DURABLE_FILE_DAMAGED;
    disk_close(fd);
    if (state != DURABLE_FILE_SOUND) {
        mem_free(bytes);
        return state;
    }
    *image = bytes;
    *length = size - sizeof(struct trailer);
    return state;
}
