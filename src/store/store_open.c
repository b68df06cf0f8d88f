#define _DEFAULT_SOURCE /* flock */
#include "store/store_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/disk.h"

static const unsigned char SIGNATURE[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};

/* ---- locks ---- */

static bool wants_no_locks(void)
{
    const char *wish = getenv("HDF5_USE_FILE_LOCKING");
    return wish && (strcmp(wish, "FALSE") == 0 || strcmp(wish, "0") == 0);
}

/* False when another process writes. Without locks on this file system all is well, whatever errno
 * says: ENOLCK, ENOSYS, ENOTSUP, EINVAL have been seen. */
static bool share_lock(int fd)
{
    int code;
    if (wants_no_locks())
        return true;
    do
        code = flock(fd, LOCK_SH | LOCK_NB);
    while (code != 0 && errno == EINTR);
    return code == 0 || (errno != EWOULDBLOCK && errno != EAGAIN);
}

/* Properties under which HDF5 does not lock; close with H5Pclose. */
static hid_t access_without_locks(void)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 12, 1) || (H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 10 && H5_VERS_RELEASE >= 7)
    H5Pset_file_locking(access, false, true);
#else
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0); /* these versions ask at each opening */
#endif
    return access;
}

/* ---- why HDF5 cannot open a file ---- */

/* A little-endian number of 2, 4 or 8 bytes; other sizes give the largest. */
static uint64_t number_at(const unsigned char *bytes, size_t size)
{
    uint64_t x = 0;
    for (size_t i = 0; i < size && i < 8; i++)
        x |= (uint64_t)bytes[i] << (8 * i);
    return size <= 8 ? x : UINT64_MAX;
}

enum { SUPERBLOCK = 64 };

/* Bytes of the whole file as its superblock says (HDF5 File Format Specification, II.A: the end of
 * file address stands behind two other addresses). */
static uint64_t noted_bytes(const unsigned char *block)
{
    const int version = block[8];
    const size_t size = version < 2 ? block[13] : block[9];
    const size_t first = version == 0 ? 24 : version == 1 ? 28 : 12;
    return version <= 3 && size <= 8 ? number_at(block + first + 2 * size, size) : 0;
}

/* Version 3 notes who writes: bit 0, and bit 2 for a single writer beside readers. */
static bool is_marked_as_written(const unsigned char *block)
{
    return block[8] == 3 && (block[11] & 5) != 0;
}

/* `number`: errno of a call that failed beneath HDF5, or 0; `why`: what HDF5 says. */
static void explain(const char *path, const unsigned char *block, uint64_t bytes, int number,
                    const char *why, struct error *err)
{
    if (number != 0)
        error_set_environment(err, "%s: %s", path, strerror(number));
    else if (memcmp(block, SIGNATURE, sizeof SIGNATURE) != 0)
        error_set(err, "%s: damaged: HDF5 says '%s'", path, why); /* behind a user block */
    else if (noted_bytes(block) > bytes)
        error_set(err, "%s: damaged: truncated, %llu of %llu bytes are there", path,
                  (unsigned long long)bytes, (unsigned long long)noted_bytes(block));
    else if (is_marked_as_written(block))
        error_set_environment(err,
                              "%s: another process has it open for writing, or ended without "
                              "closing it",
                              path);
    else
        error_set(err, "%s: damaged, or its disk fails: HDF5 says '%s'", path, why);
}

/* The signature stands at 0, 512, 1024, 2048, …; false with errno when the file cannot be read. */
static bool find_signature(int fd, uint64_t bytes, bool *found)
{
    unsigned char there[sizeof SIGNATURE];
    *found = false;
    for (uint64_t at = 0; !*found && at + sizeof there <= bytes; at = at == 0 ? 512 : 2 * at) {
        if (lseek(fd, (off_t)at, SEEK_SET) < 0 || !disk_read(fd, there, sizeof there))
            return false;
        *found = memcmp(there, SIGNATURE, sizeof there) == 0;
    }
    return true;
}

/* Reads the start of the file; false with a line when it cannot be an HDF5 file. */
static bool look_into(int fd, const char *path, unsigned char block[SUPERBLOCK], uint64_t *bytes,
                      struct error *err)
{
    struct stat about;
    bool found;
    if (fstat(fd, &about) != 0)
        return disk_failed(err, "%s", path);
    if (!S_ISREG(about.st_mode))
        return error_set(err, "%s: not a file", path);
    *bytes = (uint64_t)about.st_size;
    if (*bytes == 0)
        return error_set(err, "%s: not an HDF5 file: it is empty", path);
    memset(block, 0, SUPERBLOCK);
    if (!disk_read(fd, block, *bytes < SUPERBLOCK ? (size_t)*bytes : SUPERBLOCK))
        return disk_failed(err, "%s", path);
    if (!find_signature(fd, *bytes, &found))
        return disk_failed(err, "%s", path);
    return found || error_set(err, "%s: not an HDF5 file", path);
}

/* ---- open ---- */

struct store_file *store_open_id(hid_t id, const char *path)
{
    hsize_t bytes = 0;
    H5Fget_filesize(id, &bytes);
    struct store_file *file = MEM_NEW(struct store_file, 1);
    file->file = id;
    file->lock = -1;
    file->bytes = (size_t)bytes;
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

/* A call that a signal interrupts is begun again. *number and why [size] as in explain. */
static hid_t open_hdf5(const char *path, int *number, char *why, size_t size)
{
    const hid_t access = access_without_locks();
    hid_t id;
    do {
        id = H5Fopen(path, H5F_ACC_RDONLY, access);
        if (id < 0)
            store_cause(why, size, number); /* before the next call forgets it */
    } while (id < 0 && *number == EINTR);
    H5Pclose(access);
    return id;
}

static struct store_file *open_locked(int fd, const char *path, struct error *err)
{
    unsigned char block[SUPERBLOCK];
    uint64_t bytes = 0;
    if (!look_into(fd, path, block, &bytes, err))
        return NULL;
    if (!share_lock(fd)) {
        error_set_environment(err, "%s: another process has it open for writing", path);
        return NULL;
    }
    int number = 0;
    char why[256] = "";
    const hid_t id = open_hdf5(path, &number, why, sizeof why);
    if (id < 0) {
        explain(path, block, bytes, number, why, err);
        return NULL;
    }
    struct store_file *file = store_open_id(id, path);
    file->lock = fd;
    return file;
}

struct store_file *store_open_any(const char *path, struct error *err)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);                 /* the line says it */
    const int fd = disk_open(path, O_RDONLY | O_NONBLOCK); /* does not wait at a pipe */
    if (fd < 0) {
        if (errno == ENOENT)
            error_set(err, "%s: no such file", path);
        else
            disk_failed(err, "%s", path);
        return NULL;
    }
    struct store_file *file = open_locked(fd, path, err);
    if (!file)
        disk_close(fd);
    return file;
}

bool store_is_locked(const char *path)
{
    const int fd = disk_open(path, O_RDONLY | O_NONBLOCK);
    const bool is_locked = fd >= 0 && !share_lock(fd);
    if (fd >= 0)
        disk_close(fd);
    return is_locked;
}

void store_close_any(struct store_file *file)
{
    if (!file)
        return;
    H5Fclose(file->file);
    if (file->lock >= 0)
        disk_close(file->lock); /* gives the lock back */
    mem_free(file);
}
