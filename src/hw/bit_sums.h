/* Bitline currents as sums of bits, for 64 input vectors and all bits of their codes at once.
 *
 * Inputs enter a crossbar bit by bit, so that a row is driven by one bit for each (input bit b,
 * vector v): a lane. The 8 * 64 lanes of a row are its drive, 8 words of 64 bits, lane v of word b.
 * A current is kept the same way, bit p of it in plane p. To add a row where cells hold bit p of
 * their level is then to add a bit to plane p and carry. Full adders do it for all lanes at once, by
 * logic alone, and take two bits in for one that is carried on (carry-save adders, as those of
 * Harley and Seal for counting bits):
 *     sum = a ^ b ^ c      carry = (a & b) | (c & (a ^ b))      a + b + c = sum + 2 carry
 * Rows whose cells are 0 cost nothing, a current has as many planes as it needs, and a converter of N
 * bits that clips is N planes: what is carried out of the last one is kept in a plane of its own,
 * `over`, and at the end sets all bits of its lanes, which is min(S, 2^N - 1).
 *
 * All sums are integers: every SIMD level gives the same.
 */
#ifndef RESLICE_HW_BIT_SUMS_H
#define RESLICE_HW_BIT_SUMS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BIT_SUMS_LANES = 64,      /* input vectors of a block */
    BIT_SUMS_WORDS = 8,       /* of a row or plane, one for each input bit; fewer bits: 0 on top */
    BIT_SUMS_PAD = 4,         /* lists of rows are filled up to a multiple, with rows of zeros */
    BIT_SUMS_PLANES = 18,     /* of a current, at most: CROSSBAR_MAX_ROWS cells of 8 bits */
    BIT_SUMS_TOTAL = 23,      /* of sums of currents, at most; 31 with those of the inputs */
    BIT_SUMS_COUNT_ROOM = 16, /* currents beyond the largest, for `count` */
};

/* Rows of a bitline whose cells have a certain bit of their level set. */
struct bit_sums_rows {
    const uint16_t *row; /* … times WORDS */
    size_t count;        /* a multiple of BIT_SUMS_PAD */
};

struct bit_sums_kernels {
    /* drive [rows, WORDS] of input [n, stride], codes below 256 in magnitude, n <= LANES; negative
     * ones drive nothing, or with `negative` the other way round. Vectors that are not there drive
     * nothing. */
    void (*drive)(uint64_t *drive, const int16_t *input, size_t n, size_t stride, size_t rows,
                  int negative);

    /* plane [planes, WORDS] = min(S, 2^planes - 1) with S = sum_p 2^p sum_{r in rows[p]} drive[r],
     * p < levels; 1 <= planes <= PLANES. */
    void (*sum)(uint64_t *plane, int planes, const uint64_t *drive,
                const struct bit_sums_rows *rows, int levels);

    /* total [all, WORDS] += min(S, 2^planes - 1), with the same S; the total must not overflow. */
    void (*add)(uint64_t *total, int all, int planes, const uint64_t *drive,
                const struct bit_sums_rows *rows, int levels);

    /* total [all, WORDS] += max(S - (2^clip - 1), 0), likewise, where S < 2^planes and clip < planes. */
    void (*add_excess)(uint64_t *total, int all, int planes, int clip, const uint64_t *drive,
                       const struct bit_sums_rows *rows, int levels);

    /* value [LANES] = sum_b 2^b T_b of total [all, WORDS], T_b in word b; all <= TOTAL. */
    void (*value)(int32_t *value, const uint64_t *total, int all);

    /* value [LANES] = sum_i 2^i (bit v of word [i * WORDS]), i < planes <= 31: word b of planes. */
    void (*expand)(int32_t *value, const uint64_t *word, int planes);

    /* bin [current, WORDS] += 1 at [S of word b, b] for each set lane of `lanes`, S that of plane
     * [planes, WORDS]. May add 0 to COUNT_ROOM currents more. */
    void (*count)(uint32_t *bin, const uint64_t *plane, int planes, uint64_t lanes);
};

/* The kernels of the level in use. Not collective. */
const struct bit_sums_kernels *bit_sums_kernels(void);

/* Those of one level, or NULL where it was not built. For tests. Not collective. */
const struct bit_sums_kernels *bit_sums_kernels_of(int level);

#endif
