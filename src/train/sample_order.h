/* The order in which an epoch's training samples are taken: a function of seed and epoch alone. */
#ifndef RESLICE_TRAIN_SAMPLE_ORDER_H
#define RESLICE_TRAIN_SAMPLE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* Samples of a window, within which sample_order_blocks shuffles. */
enum { SAMPLE_ORDER_WINDOW = 1024 };

/* order [n] = a permutation of 0..n-1, any as likely as another. Not collective: the same on every rank. */
void sample_order_all(uint32_t *order, size_t n, uint64_t seed, uint32_t epoch);

/* order [n] = a permutation for sets that are larger than memory: blocks of DATASET_BLOCK neighbours in
 * any order, then the samples within each window of it, so that a window's samples lie in few places of
 * the file. Not collective: the same on every rank. */
void sample_order_blocks(uint32_t *order, size_t n, uint64_t seed, uint32_t epoch);

#endif
