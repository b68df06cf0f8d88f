#include "train/sample_order.h"

#include "base/rng.h"
#include "data/dataset_part.h"

void sample_order_all(uint32_t *order, size_t n, uint64_t seed, uint32_t epoch)
{
    const struct rng_key key = {seed, RNG_SHUFFLE, epoch};
    rng_permutation(key, order, n);
}

/* order [n] holds the numbers of the blocks at its front and then their samples. From the back: what is
 * written lies behind the numbers that are still to be read. */
static void expand(uint32_t *order, size_t n)
{
    const size_t blocks = (n + DATASET_BLOCK - 1) / DATASET_BLOCK;
    const size_t rest = n - (blocks - 1) * DATASET_BLOCK; /* of the last block of the file */
    size_t end = n;
    for (size_t k = blocks; k-- > 0;) {
        const size_t block = order[k], size = block == blocks - 1 ? rest : DATASET_BLOCK;
        for (size_t i = size; i-- > 0;)
            order[--end] = (uint32_t)(block * DATASET_BLOCK + i);
    }
}

/* Fisher-Yates from `first` to before `end`. */
static void shuffle_window(struct rng_key key, uint32_t *order, size_t first, size_t end)
{
    for (size_t i = end; i > first + 1; i--) {
        const size_t j = first + (size_t)(rng_uniform(key, i) * (double)(i - first));
        const uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

void sample_order_blocks(uint32_t *order, size_t n, uint64_t seed, uint32_t epoch)
{
    const struct rng_key key = {seed, RNG_WINDOW, epoch};
    if (n == 0)
        return;
    sample_order_all(order, (n + DATASET_BLOCK - 1) / DATASET_BLOCK, seed, epoch);
    expand(order, n);
    for (size_t first = 0; first < n; first += SAMPLE_ORDER_WINDOW)
        shuffle_window(key, order, first,
                       n - first < SAMPLE_ORDER_WINDOW ? n : first + SAMPLE_ORDER_WINDOW);
}
