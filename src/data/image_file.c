#define _POSIX_C_SOURCE 200809L
#include "data/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

struct image_file {
    int fd;
    size_t bytes;   /* of an image */
    uint8_t *image; /* [bytes], owned */
    char path[4096];
};

struct image_file *image_file_open(const char *path, size_t bytes)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        log_fatal("data file '%s': cannot be opened: %s", path, strerror(errno));
    struct image_file *file = MEM_NEW(struct image_file, 1);
    file->fd = fd;
    file->bytes = bytes;
    file->image = MEM_NEW(uint8_t, bytes);
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

void image_file_close(struct image_file *file)
{
    if (!file)
        return;
    close(file->fd);
    mem_free(file->image);
    mem_free(file);
}

const uint8_t *image_file_read(struct image_file *file, uint64_t offset)
{
    for (size_t done = 0; done < file->bytes;) {
        const ssize_t got =
            pread(file->fd, file->image + done, file->bytes - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            log_fatal("data file '%s': cannot be read: %s", file->path,
                      got < 0 ? strerror(errno) : "it has become shorter");
        done += (size_t)got;
    }
    return file->image;
}

void image_file_want(const struct image_file *file, uint64_t offset)
{
    posix_fadvise(file->fd, (off_t)offset, (off_t)file->bytes, POSIX_FADV_WILLNEED);
}
