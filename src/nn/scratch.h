/* Memory that the operations of a network share: each may use it during a call, none keeps anything
 * in it. Small enough parts of it stay in the cache from one operation to the next. */
#ifndef RESLICE_NN_SCRATCH_H
#define RESLICE_NN_SCRATCH_H

#include <stddef.h>

/* Owned by the network. */
struct scratch {
    void *block;  /* [bytes], aligned to a cache line, with anything in it */
    size_t bytes; /* that the most demanding operation needs */
};

/* Before scratch_allocate: some operation needs so many bytes. Not collective. */
void scratch_reserve(struct scratch *scratch, size_t bytes);

/* Takes the block, once. Not collective. */
void scratch_allocate(struct scratch *scratch);

/* Gives it back. Not collective. */
void scratch_free(struct scratch *scratch);

#endif
