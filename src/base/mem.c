#define _DEFAULT_SOURCE
#include "base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"

static size_t live_blocks;

void *mem_alloc(size_t count, size_t size, const char *what)
{
    const size_t pad = MEM_ALIGNMENT;
    if (count > (SIZE_MAX - pad) / size)
        log_fatal("memory '%s': %zu x %zu bytes is more than can be addressed", what, count, size);
    size_t bytes = (count * size + pad - 1) / pad * pad;
    if (bytes == 0)
        bytes = pad;
    void *block = aligned_alloc(pad, bytes);
    if (!block)
        log_fatal("memory '%s': %zu bytes: %s", what, bytes, strerror(errno));
    memset(block, 0, bytes);
    live_blocks++;
    return block;
}

void mem_free(void *block)
{
    if (!block)
        return;
    live_blocks--;
    free(block);
}

char *mem_string(const char *text)
{
    char *copy = mem_alloc(strlen(text) + 1, 1, "string");
    return strcpy(copy, text);
}

size_t mem_live_blocks(void)
{
    return live_blocks;
}

size_t mem_peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}
