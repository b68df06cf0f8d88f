#define _GNU_SOURCE
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

/* Defaults of the address sanitizer. Freed memory that is kept long is memory that must be faulted in
 * afresh for each input: with the standard 256 MB the readers are eight times as slow. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=2";
}

const char fuzz_folder[] = "/proc/self/fd";

void fuzz_need(bool holds, const char *format, ...)
{
    if (holds)
        return;
    va_list args;
    va_start(args, format);
    fputs("finding: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

void fuzz_clear(struct error *err)
{
    memset(err->text, '\n', sizeof err->text); /* also without an end, for the sanitizer to see */
}

void fuzz_need_line(const struct error *err)
{
    const size_t n = strnlen(err->text, sizeof err->text);
    fuzz_need(n > 0 && n < sizeof err->text, "a message of %zu bytes", n);
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)err->text[i];
        fuzz_need(c >= ' ' && c != 127, "byte %02x in a message: %.1000s", c, err->text);
    }
}

void fuzz_need_no_blocks(void)
{
    fuzz_need(mem_live_blocks() == 0, "%zu blocks are still allocated", mem_live_blocks());
}

void fuzz_file_create(struct fuzz_file *file)
{
    file->fd = memfd_create("fuzz", 0);
    fuzz_need(file->fd >= 0, "no file in memory");
    snprintf(file->name, sizeof file->name, "%d", file->fd);
    snprintf(file->path, sizeof file->path, "%s/%s", fuzz_folder, file->name);
}

void fuzz_file_create_named(struct fuzz_file *file)
{
    const char *folder = getenv("TMPDIR");
    snprintf(file->path, sizeof file->path, "%s/fuzz-XXXXXX", folder ? folder : "/tmp");
    file->fd = mkstemp(file->path);
    fuzz_need(file->fd >= 0, "no file '%s'", file->path);
}

void fuzz_file_fill(const struct fuzz_file *file, const void *data, size_t size)
{
    fuzz_need(ftruncate(file->fd, 0) == 0, "a file in memory cannot be emptied");
    fuzz_need(size == 0 || pwrite(file->fd, data, size, 0) == (ssize_t)size,
              "a file in memory cannot be filled");
}

uint8_t fuzz_take(struct fuzz_bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->data++;
}

uint64_t fuzz_take_number(struct fuzz_bytes *bytes, int width)
{
    uint64_t number = 0;
    for (int i = 0; i < width; i++)
        number |= (uint64_t)fuzz_take(bytes) << (8 * i);
    return number;
}
