/* What each method says it saves, counted on the weights of a layer: pure functions.
 *
 * Sources of the counting rules: ADMM-NN, arXiv 1812.11677 (bits, with and without indices);
 * TinyADC, DATE 2021 (weights of a crossbar column); ReBoc, DATE 2020 (arrays and passes; the
 * model below is our reading of its horizontal weight slicing and weight duplication); PE-wise
 * compression of L. Yang, He, Fan, AAAI 2020. SmartDeal's storage stands in method/smartdeal.h.
 */
#ifndef RESLICE_METHOD_METRICS_H
#define RESLICE_METHOD_METRICS_H

#include <stddef.h>
#include <stdint.h>

/* Weights [n] that are not 0. Not collective. */
size_t metrics_nonzero(const float *w, size_t n);

/* Bits of the indices of a sparse layer: each weight that is not 0 comes with the number of
 * zeros before it in b bits; a longer run of zeros takes fillers, an index of 2^b - 1 and a
 * value of zero (value_bits), which stand for 2^b zeros. The b = 1..16 that takes the fewest
 * bits, fillers' values included; 0 when all weights are 0. Not collective. */
uint64_t metrics_index_bits(const float *w, size_t n, int value_bits);

/* The most weights other than 0 in a crossbar column: of one output, on `rows` consecutive rows of
 * its [inputs] weights; w is [outputs, inputs]. sign: +1 or -1 counts weights of that sign only, 0
 * all. Not collective. */
size_t metrics_column_nonzero(const float *w, size_t outputs, size_t inputs, size_t rows, int sign);

/* Bits of an ADC that reads any column of so many cells without loss: log2(1 + nonzero
 * (2^cell_bits - 1)), rounded up, for input bits that come one by one. Not collective. */
int metrics_lossless_bits(size_t nonzero, int cell_bits);

/* ReBoc's counting model. Arrays are rows x columns; the `slices` slices of a weight stand
 * beside each other. Dense: inputs / rows x outputs slices / columns arrays a sign, one pass.
 * Circulant of block k: only one vector a block is stored, k outputs are its rotations; d
 * copies, shifted, give d outputs at once, in k / d passes. d is the largest divisor of k that
 * needs no more arrays than d = 1. */
struct metrics_arrays {
    size_t dense, arrays; /* both signs */
    size_t copies, passes;
};

/* What a layer [outputs, inputs] of circulant blocks takes by this model. Not collective. */
struct metrics_arrays metrics_circulant(size_t outputs, size_t inputs, size_t block, size_t rows,
                                        size_t columns, size_t slices);

/* Stored values of a circulant layer: distinct ones of each block and tap. Not collective. */
size_t metrics_circulant_values(size_t out, size_t in, size_t taps, size_t block);

/* Groups of `group` inputs (all taps) of one output; one is alive when a weight in it is not 0. */
struct metrics_groups {
    size_t groups, alive;
    double least_zeros; /* smallest share of zeros in a group that is alive; 0 without any */
};

/* Counts them in w [out, in, taps]. Not collective. */
struct metrics_groups metrics_count_groups(const float *w, size_t out, size_t in, size_t taps,
                                           size_t group);

/* (32 / bits) / (alive / groups (1 - least_zeros)); 0 when nothing is alive. Not collective. */
double metrics_group_compression(struct metrics_groups groups, int bits);

#endif
