/* Matrix products on AMX tiles: bf16 operands, float sums.
 *
 * A bf16 holds 8 significant bits. So a code (|code| <= 255) is one bf16 exactly, and a float is
 * exactly the sum of three, its planes high + middle + low. Products of codes are summed as integers
 * below 2^24 in float and beyond that as int32: exact. Products of floats and codes have no rounding
 * of their own either; only their float sums round, as with fused multiply-adds.
 *
 * A tile of a matrix operand is 16 rows of 32 numbers along the summed axis ("depth"). The left
 * operand lies as it is in memory, rows at any distance. The right operand is packed as tiles
 *     [column block, depth / 32, 16 pairs, 16 columns, 2].
 */
#ifndef RESLICE_NN_TILES_H
#define RESLICE_NN_TILES_H

#include <stddef.h>
#include <stdint.h>

enum {
    TILE_SIDE = 16,                        /* rows, pairs and columns of a tile */
    TILE_DEPTH = 32,                       /* numbers along the summed axis */
    TILE_NUMBERS = TILE_SIDE * TILE_DEPTH, /* of an operand's tile */
    TILE_SUMS = TILE_SIDE * TILE_SIDE,     /* of a result's tile */
    TILE_PLANES = 3,                       /* of a float */
    TILE_ROWS = 64                         /* products work on multiples of this many rows */
};

/* acc[r, j] = sum over planes p, runs u and e < 32 chunks of
 *     a[p plane + r row + u run + e] b[u, e, j] */
struct tile_product {
    const uint16_t *a; /* [planes, ...] */
    size_t planes, plane;
    size_t row, run;      /* distances in elements; rows may overlap */
    size_t runs, chunks;  /* depth is runs x chunks x TILE_DEPTH */
    const uint16_t *b;    /* [columns / 16, runs x chunks, TILE_NUMBERS] */
    size_t rows, columns; /* multiples of TILE_ROWS and of TILE_SIDE */
};

/* sum[s, block, i, j] += integer(unit sum over planes p and d < depth of
 *     a[start[s] + i row + d] b[block, p, d, j])
 * for strips s; `unit` counts in 2^-NN_SUM_EXPONENT. */
struct tile_outer {
    const uint16_t *a;
    size_t row;
    const size_t *start;
    size_t strips;
    const uint16_t *b; /* [columns / 16, TILE_PLANES, depth / 2, 16, 2] */
    size_t depth, columns;
    double unit;
};

/* They work on arrays of the caller, keep nothing and are not collective. */
struct tile_kernels {
    /* Codes; acc [rows, columns] exact integers while the depth is below 2^15. */
    void (*multiply_codes)(int32_t *acc, const struct tile_product *product);

    /* Floats in planes by codes; acc [rows, columns]. */
    void (*multiply_floats)(float *acc, const struct tile_product *product);

    /* sum [strips, columns / 16, 16, 16]; set instead of added to when `first`.
     * Returns non-zero when a value does not fit (the run has diverged). */
    int (*outer_sum)(int64_t *sum, const struct tile_outer *outer, int first);

    /* n codes as bf16; n a multiple of NN_LANES, as below. */
    void (*from_codes)(uint16_t *to, const int16_t *code, size_t n);

    /* n floats as planes at a distance of `plane` elements. */
    void (*from_floats)(uint16_t *to, size_t plane, const float *x, size_t n);

    /* [rows, columns] → [columns / 16, rows / 2, 16, 2], blocks of columns at a distance of `block`
     * elements. */
    void (*interleave)(uint16_t *to, size_t block, const uint16_t *from, size_t rows,
                       size_t columns);

    /* [rows, columns] → [columns, to_row]; rows a multiple of TILE_DEPTH. */
    void (*transpose)(uint16_t *to, size_t to_row, const uint16_t *from, size_t rows,
                      size_t columns);

    /* 16 rows of 32 numbers → one tile of a right operand whose columns they are. */
    void (*pack_columns)(uint16_t *tile, const uint16_t *from, size_t from_row);

    /* y = scale sum + bias for n pixels of `columns` channels; the largest |y| as bits. */
    int32_t (*scale_sums)(float *y, const int32_t *sum, size_t n, size_t columns, float scale,
                          const float *bias);

    /* y (+)= scale x over n elements. */
    void (*scale_floats)(float *y, const float *x, size_t n, float scale, int accumulate);
};

/* NULL where this CPU (or $RESLICE_SIMD) has none. Not collective. */
const struct tile_kernels *tile_kernels(void);

#endif
