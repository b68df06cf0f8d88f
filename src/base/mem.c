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

static size_t live_blocks, taken_bytes;

/* ---- large blocks: straight from the system, which gives zeroed pages when they are touched ---- */

#define HUGE_PAGE ((size_t)2 << 20)

/* In front of the block that it describes. */
struct region {
    void *block, *start; /* start: of the mapping */
    size_t bytes;        /* of the mapping */
    struct region *next;
};

static struct region *regions;

/* Aligned to huge pages, which mean fewer faults and TLB misses in long activations; that the system
 * may refuse them is no matter. NULL when there is no memory. */
static void *map_region(size_t bytes)
{
    const size_t whole = bytes + 2 * HUGE_PAGE;
    char *start = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    char *block = start + HUGE_PAGE - (uintptr_t)start % HUGE_PAGE; /* never start itself */
    madvise(block, bytes, MADV_HUGEPAGE);
    struct region *region = (struct region *)(void *)(block - sizeof *region);
    *region = (struct region){block, start, whole, regions};
    regions = region;
    return block;
}

/* False when the block is not a large one. */
static bool unmap_region(const void *block)
{
    for (struct region **link = &regions; *link; link = &(*link)->next)
        if ((*link)->block == block) {
            const struct region region = **link;
            *link = region.next;
            munmap(region.start, region.bytes);
            return true;
        }
    return false;
}

/* ---- blocks of any size ---- */

#ifdef __SANITIZE_ADDRESS__
enum { MAPS_LARGE_BLOCKS = 0 }; /* mapped pages are not watched */
#else
enum { MAPS_LARGE_BLOCKS = 1 };
#endif

static void *take(size_t bytes)
{
    if (MAPS_LARGE_BLOCKS && bytes >= HUGE_PAGE)
        return map_region(bytes);
    void *block = aligned_alloc(MEM_ALIGNMENT, bytes);
    if (block)
        memset(block, 0, bytes);
    return block;
}

void *mem_alloc(size_t count, size_t size, const char *what)
{
    const size_t pad = MEM_ALIGNMENT, room = 4 * HUGE_PAGE;
    if (count > (SIZE_MAX - room) / size)
        log_fatal("memory '%s': %zu x %zu bytes is more than can be addressed", what, count, size);
    const size_t bytes = count * size > 0 ? (count * size + pad - 1) / pad * pad : pad;
    void *block = take(bytes);
    if (!block)
        log_fatal("memory '%s': %zu bytes: %s", what, bytes, strerror(errno));
    live_blocks++;
    taken_bytes += bytes;
    return block;
}

void mem_free(void *block)
{
    if (!block)
        return;
    live_blocks--;
    if (!unmap_region(block))
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

size_t mem_taken_bytes(void)
{
    return taken_bytes;
}

size_t mem_peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
}
