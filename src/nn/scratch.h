/* One block of memory that operations share: each may use it during a call, none keeps anything in
 * it. Small enough parts of it stay in the cache from one operation to the next. */
#ifndef RESLICE_NN_SCRATCH_H
#define RESLICE_NN_SCRATCH_H

#include <stddef.h>

/* Before the first step: one more user, who needs so many bytes. */
void scratch_reserve(size_t bytes);

/* The user is gone; the last one frees the block. */
void scratch_release(void);

/* The block, aligned to a cache line, with anything in it. */
void *scratch_get(void);

#endif
