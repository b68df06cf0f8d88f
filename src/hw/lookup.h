/* Bitline currents by table look-up, for 64 input vectors at once.
 *
 * Four rows of a row tile are a group. What the group adds to a bitline depends on the four input
 * bits that drive it: 16 values, and they on the digits of its four cells alone, taken two bits at a
 * time: one byte, the pattern, and so 256 tables of 16 bytes in all (4 KiB). With the input bits of
 * 64 vectors as indices one byte shuffle reads the group's part of 32 or 64 currents. Groups whose
 * cells are all 0 are left out; in a sparse slice these are most. Weights that change with every step
 * are cut into patterns quickly, which is why training reads its currents so; hw/bit_sums.h, which
 * takes lists of rows, is faster for weights that stay.
 *
 * Cells of more than two bits are read in parts of two bits, S = sum_p 4^p S_p, as wide currents.
 * All sums are integers: every SIMD level gives the same. (Bit-serial look-up as in T-MAC, EuroSys
 * 2025, there for language models.)
 */
#ifndef RESLICE_HW_LOOKUP_H
#define RESLICE_HW_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

enum {
    LOOKUP_LANES = 64,            /* input vectors of a block */
    LOOKUP_BITS = 8,              /* of an input; fewer have zeros on top */
    LOOKUP_ROWS = 4,              /* of a group */
    LOOKUP_PART_BITS = 2,         /* of a cell that one pattern holds */
    LOOKUP_PATTERNS = 256,        /* digit of row r of the group: bits [2r, 2r + 2) */
    LOOKUP_TABLE = 16,            /* entries: one for each set of driven rows, row r is bit r */
    LOOKUP_MOST = 3 * LOOKUP_ROWS /* largest entry */
};

/* The groups of one bitline, for one part of its cells, that are not all 0. */
struct lookup_run {
    const uint8_t *group;   /* [count] number of the group in its row tile */
    const uint8_t *pattern; /* [count] */
    size_t count;
};

struct lookup_kernels {
    /* index [groups of the rows, LOOKUP_BITS, LOOKUP_LANES]: which rows of a group bit b of each
     * vector drives. input [n, stride] are codes below 256 in magnitude, n <= LOOKUP_LANES; negative
     * ones drive nothing, or with `negative` the other way round. Rows and vectors that are not
     * there drive nothing. */
    void (*indices)(uint8_t *index, const int16_t *input, size_t n, size_t stride, size_t rows,
                    int negative);

    /* What converters lose behind the difference of two bitlines, D = S of `plus` - S of `minus`, each
     * S at most 255:
     *     sum [LOOKUP_LANES] +- = 2^shift sum_b 2^b (max(D_b - top, 0) - max(-D_b - top, 0)),
     * minus when `negative`; top < 255. A run without groups is a current of 0. */
    void (*add_excess)(int32_t *sum, const uint8_t *index, struct lookup_run plus,
                       struct lookup_run minus, const uint8_t *table, int top, int shift,
                       int negative);

    /* current [LOOKUP_BITS, LOOKUP_LANES] += 2^shift S_b, of any size. */
    void (*add_wide)(int32_t *current, const uint8_t *index, struct lookup_run run,
                     const uint8_t *table, int shift);
};

/* The kernels of the level in use. Not collective. */
const struct lookup_kernels *lookup_kernels(void);

/* Those of one level, or NULL where it was not built. For tests. Not collective. */
const struct lookup_kernels *lookup_kernels_of(int level);

/* Fills table [LOOKUP_PATTERNS, LOOKUP_TABLE], which all kernels read. Not collective. */
void lookup_fill_table(uint8_t *table);

#endif
