#define _DEFAULT_SOURCE
#include "base/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/log.h"

static size_t live_blocks;

#define HUGE_PAGE ((size_t)2 << 20)

void *mem_alloc(size_t count, size_t size, const char *what)
{
    const size_t pad = MEM_ALIGNMENT;
    if (count > (SIZE_MAX - pad) / size)
        log_fatal("memory '%s': %zu x %zu bytes is more than can be addressed", what, count, size);
    size_t bytes = (count * size + pad - 1) / pad * pad;
    if (bytes == 0)
        bytes = pad;
    const bool is_huge = bytes >= HUGE_PAGE;
    void *block = is_huge
                      ? aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE)
                      : aligned_alloc(pad, bytes);
    if (!block)
        log_fatal("memory '%s': %zu bytes: %s", what, bytes, strerror(errno));
    if (is_huge) /* fewer faults and TLB misses in long activations; a refusal is no matter */
        madvise(block, bytes, MADV_HUGEPAGE);
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
