#include "nn/scratch.h"

#include "base/mem.h"

static void *block;
static size_t block_bytes, users;

void scratch_reserve(size_t bytes)
{
    users++;
    if (bytes <= block_bytes)
        return;
    mem_free(block);
    block = MEM_NEW(char, bytes);
    block_bytes = bytes;
}

void scratch_release(void)
{
    if (--users > 0)
        return;
    mem_free(block);
    block = NULL;
    block_bytes = 0;
}

void *scratch_get(void)
{
    return block;
}
