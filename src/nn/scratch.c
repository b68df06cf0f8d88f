#include "nn/scratch.h"

#include "base/mem.h"

void scratch_reserve(struct scratch *scratch, size_t bytes)
{
    scratch->bytes = bytes > scratch->bytes ? bytes : scratch->bytes;
}

void scratch_allocate(struct scratch *scratch)
{
    scratch->block = scratch->bytes > 0 ? MEM_NEW(char, scratch->bytes) : NULL;
}

void scratch_free(struct scratch *scratch)
{
    mem_free(scratch->block);
    *scratch = (struct scratch){0};
}
