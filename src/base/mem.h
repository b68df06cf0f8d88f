/* Memory: zeroed, aligned for the widest vectors, counted.
 *
 * All memory of a training run is taken before its first step. The number of live blocks must be
 * zero at the end of every test (a leak test that works under MPI). Running out is an environment
 * error: the job ends with a message, so callers never see NULL. Pages of large blocks that nobody
 * touches cost nothing.
 */
#ifndef RESLICE_BASE_MEM_H
#define RESLICE_BASE_MEM_H

#include <stddef.h>

enum { MEM_ALIGNMENT = 64 };

/* `count` elements of `size` bytes, zeroed, aligned to MEM_ALIGNMENT. `what` is for the message.
 * A count of 0 gives a valid block. */
void *mem_alloc(size_t count, size_t size, const char *what);

/* Frees; NULL is allowed. */
void mem_free(void *block);

/* Copy of a string, to be freed with mem_free. */
char *mem_string(const char *text);

/* Blocks taken and not yet freed. */
size_t mem_live_blocks(void);

/* Bytes of all blocks that were ever taken, freed or not: the difference of two calls is what was
 * taken between them. */
size_t mem_taken_bytes(void);

/* Peak resident memory of this process in bytes, as the system counts it. */
size_t mem_peak_bytes(void);

#define MEM_NEW(type, count) ((type *)mem_alloc((size_t)(count), sizeof(type), #type))

#endif
