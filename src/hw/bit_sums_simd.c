/* Sums of bits (hw/bit_sums.h), built once for each SIMD level. */
#include "hw/bit_sums.h"

#include "base/simd.h"
#include "hw/input_rows.h"

typedef simd_u64 bits;
typedef uint8_t bytes __attribute__((vector_size(SIMD_BYTES)));

enum {
    WORDS = BIT_SUMS_WORDS,
    STEP = SIMD_BYTES / 8, /* words of a vector */
    ROOM = BIT_SUMS_PLANES + 3,
    FEW = 4 /* planes that most sums need */
};

/* a + b + *sum = *sum + 2 *carry, the new *sum on the right */
static inline void full_add(bits *sum, bits *carry, bits a, bits b)
{
    const bits c = *sum;
#if SIMD_LEVEL == 2
    *carry = (bits)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xE8);
    *sum = (bits)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
#else
    const bits half = a ^ b;
    *carry = (a & b) | (c & half);
    *sum = half ^ c;
#endif
}

/* ---- drive ---- */

/* word [WORDS] of one row: bit b of each of its bytes. */
static inline void row_words(uint64_t word[WORDS], const uint8_t byte[BIT_SUMS_LANES])
{
    for (int b = 0; b < WORDS; b++)
        word[b] = 0;
    for (int lane = 0; lane<BIT_SUMS_LANES; lane += SIMD_LEVEL> 0 ? SIMD_BYTES : 8) {
#if SIMD_LEVEL == 2
        bytes x;
        SIMD_LOAD(x, byte);
        for (int b = WORDS - 1; b >= 0; b--, x += x) /* the next bit to the top */
            word[b] = (uint64_t)_mm512_movepi8_mask((__m512i)x);
#elif SIMD_LEVEL == 1
        bytes x;
        SIMD_LOAD(x, byte + lane);
        for (int b = WORDS - 1; b >= 0; b--, x += x)
            word[b] |= (uint64_t)(uint32_t)_mm256_movemask_epi8((__m256i)x) << lane;
#else
        /* bit 8 i of the product of a byte's bit with 2^(56 - 7 i) is bit 56 + i */
        uint64_t x = 0;
        for (int i = 0; i < 8; i++)
            x |= (uint64_t)byte[lane + i] << 8 * i;
        for (int b = 0; b < WORDS; b++)
            word[b] |= ((x >> b & 0x0101010101010101u) * 0x0102040810204080u >> 56) << lane;
#endif
    }
}

static void SIMD_NAME(drive)(uint64_t *restrict drive, const int16_t *restrict input, size_t n,
                             size_t stride, size_t rows, int negative)
{
    for (size_t first = 0; first < rows; first += INPUT_ROWS_BLOCK) {
        uint8_t byte[INPUT_ROWS_BLOCK * INPUT_ROWS_LANES];
        input_rows_drive(byte, input + first, n, stride, rows - first, negative);
        for (size_t r = 0; r < INPUT_ROWS_BLOCK && first + r < rows; r++)
            row_words(drive + (first + r) * WORDS, byte + r * INPUT_ROWS_LANES);
    }
}

/* ---- sums ---- */

/* A sum in the making, of some lanes. */
struct counter {
    int planes;
    bits plane[ROOM]; /* above `planes`: 0 */
    bits over;        /* lanes that need more planes */
};

/* Adds `bit` to plane i, carrying on. */
static inline void ripple(struct counter *x, int i, bits bit)
{
    for (; i < x->planes; i++) {
        const bits carry = x->plane[i] & bit;
        x->plane[i] ^= bit;
        bit = carry;
    }
    x->over |= bit;
}

static inline bits row_at(const uint64_t *drive, uint16_t row)
{
    bits x;
    SIMD_LOAD(x, drive + row);
    return x;
}

/* Adds the rows, each worth 2^level; `kept` = min(planes - level, 3) planes from there on stay in
 * registers. Eight rows are four carries, these two, these one; where no plane is left they are only
 * noted. A constant `kept` becomes straight code. */
static inline __attribute__((always_inline)) void add_rows(struct counter *x, int level,
                                                           const uint64_t *drive,
                                                           struct bit_sums_rows rows, int kept)
{
    bits one = x->plane[level], two = x->plane[level + 1], four = x->plane[level + 2];
    bits over = x->over;
    for (size_t i = 0; i < rows.count; i += BIT_SUMS_PAD) {
        const uint16_t *row = rows.row + i;
        bits carry[2], next;
        if (kept == 0) {
            over |= row_at(drive, row[0]) | row_at(drive, row[1]) | row_at(drive, row[2]) |
                    row_at(drive, row[3]);
            continue;
        }
        full_add(&one, &carry[0], row_at(drive, row[0]), row_at(drive, row[1]));
        full_add(&one, &carry[1], row_at(drive, row[2]), row_at(drive, row[3]));
        if (kept == 1) {
            over |= carry[0] | carry[1];
            continue;
        }
        full_add(&two, &next, carry[0], carry[1]);
        if (kept == 2) {
            over |= next;
            continue;
        }
        i += BIT_SUMS_PAD;
        if (i < rows.count) {
            bits last;
            full_add(&one, &carry[0], row_at(drive, row[4]), row_at(drive, row[5]));
            full_add(&one, &carry[1], row_at(drive, row[6]), row_at(drive, row[7]));
            full_add(&two, &last, carry[0], carry[1]);
            full_add(&four, &carry[0], next, last);
        } else {
            carry[0] = four & next;
            four ^= next;
        }
        ripple(x, level + 3, carry[0]);
    }
    x->plane[level] = one;
    x->plane[level + 1] = two;
    x->plane[level + 2] = four;
    x->over |= over;
}

static inline __attribute__((always_inline)) void add_level(struct counter *x, int level,
                                                            const uint64_t *drive,
                                                            struct bit_sums_rows rows)
{
    switch (x->planes - level) {
    case 1:
        add_rows(x, level, drive, rows, 1);
        break;
    case 2:
        add_rows(x, level, drive, rows, 2);
        break;
    default:
        if (level < x->planes)
            add_rows(x, level, drive, rows, 3);
        else
            add_rows(x, x->planes, drive, rows, 0);
    }
}

/* Some lanes of a bitline, clipped to `planes`. */
static inline __attribute__((always_inline)) void sum_lanes(struct counter *x, int planes,
                                                            const uint64_t *drive,
                                                            const struct bit_sums_rows *rows,
                                                            int levels)
{
    x->planes = planes;
    x->over = (bits){0};
    SIMD_UNROLL
    for (int i = 0; i < FEW + 3; i++)
        x->plane[i] = (bits){0};
    for (int i = FEW + 3; i < planes + 3; i++)
        x->plane[i] = (bits){0};
    for (int p = 0; p < levels; p++)
        add_level(x, p, drive, rows[p]);
    for (int i = 0; i < planes; i++)
        x->plane[i] |= x->over;
}

static void SIMD_NAME(sum)(uint64_t *restrict plane, int planes, const uint64_t *restrict drive,
                           const struct bit_sums_rows *rows, int levels)
{
    for (int word = 0; word < WORDS; word += STEP) {
        struct counter x;
        sum_lanes(&x, planes, drive + word, rows, levels);
        for (int i = 0; i < planes; i++)
            SIMD_STORE(plane + i * WORDS + word, x.plane[i]);
    }
}

static inline int is_any(bits x)
{
#if SIMD_LEVEL == 2
    return _mm512_test_epi64_mask((__m512i)x, (__m512i)x) != 0;
#elif SIMD_LEVEL == 1
    return !_mm256_testz_si256((__m256i)x, (__m256i)x);
#else
    return (x[0] | x[1]) != 0;
#endif
}

/* to [all, WORDS] += the planes + carry, of some lanes. */
static inline __attribute__((always_inline)) void add_planes(uint64_t *to, int all,
                                                             const bits *plane, int planes,
                                                             bits carry)
{
    bits sum;
    for (int i = 0; i < planes; i++, to += WORDS) {
        SIMD_LOAD(sum, to);
        full_add(&sum, &carry, plane[i], carry);
        SIMD_STORE(to, sum);
    }
    for (int i = planes; i < all && is_any(carry); i++, to += WORDS) {
        SIMD_LOAD(sum, to);
        const bits next = sum & carry;
        sum ^= carry;
        SIMD_STORE(to, sum);
        carry = next;
    }
}

static void SIMD_NAME(add)(uint64_t *restrict total, int all, int planes,
                           const uint64_t *restrict drive, const struct bit_sums_rows *rows,
                           int levels)
{
    for (int word = 0; word < WORDS; word += STEP) {
        struct counter x;
        sum_lanes(&x, planes, drive + word, rows, levels);
        add_planes(total + word, all, x.plane, planes, (bits){0});
    }
}

/* Where S >= 2^clip:  S - (2^clip - 1) = (S - 2^clip) + 1, the 1 a carry into plane 0. */
static void SIMD_NAME(add_excess)(uint64_t *restrict total, int all, int planes, int clip,
                                  const uint64_t *restrict drive, const struct bit_sums_rows *rows,
                                  int levels)
{
    for (int word = 0; word < WORDS; word += STEP) {
        struct counter x;
        bits over = {0};
        sum_lanes(&x, planes, drive + word, rows, levels);
        for (int i = clip; i < planes; i++)
            over |= x.plane[i];
        if (!is_any(over))
            continue;
        bits borrow = over;
        for (int i = 0; i < clip; i++)
            x.plane[i] &= over;
        for (int i = clip; i < planes; i++) {
            const bits next = ~x.plane[i] & borrow;
            x.plane[i] ^= borrow;
            borrow = next;
        }
        add_planes(total + word, all, x.plane, planes, over);
    }
}

/* ---- numbers ---- */

enum { NARROW_LANES = SIMD_LEVEL > 0 ? 16 : 8 }; /* of 16 bits, which are in one word of 16 */
typedef uint16_t narrow __attribute__((vector_size(2 * NARROW_LANES)));

/* value [LANES] = sum_i 2^i (bit v of word [i, 0]), i < planes <= 16: Horner's rule from the highest. */
static inline void expand_narrow(uint16_t *value, const uint64_t *word, int planes)
{
    for (int lane = 0; lane < BIT_SUMS_LANES; lane += NARROW_LANES) {
        narrow x = {0}, own;
        for (int i = 0; i < NARROW_LANES; i++)
            own[i] = (uint16_t)(1u << (lane + i) % 16);
        for (int i = planes - 1; i >= 0; i--) {
            const uint16_t sixteen = (uint16_t)(word[i * WORDS] >> lane / 16 * 16);
            x += x;
            x -= (narrow)(((sixteen - (narrow){0}) & own) != 0); /* true is -1 */
        }
        SIMD_STORE(value + lane, x);
    }
}

/* The same for more planes, in two parts: numbers of 16 bits have twice the lanes. */
static void SIMD_NAME(expand)(int32_t *restrict value, const uint64_t *restrict word, int planes)
{
    uint16_t low[BIT_SUMS_LANES], high[BIT_SUMS_LANES];
    expand_narrow(low, word, planes < 16 ? planes : 16);
    for (int v = 0; v < BIT_SUMS_LANES; v++)
        value[v] = low[v];
    if (planes <= 16)
        return;
    expand_narrow(high, word + 16 * WORDS, planes - 16);
    for (int v = 0; v < BIT_SUMS_LANES; v++)
        value[v] |= (int32_t)((uint32_t)high[v] << 16);
}

enum { VALUE_PLANES = BIT_SUMS_TOTAL + 10 }; /* room for the carries of three folds */

/* Folds the upper `half` words onto the lower ones, which are worth 2^half less: low + 2^half high.
 * Returns the planes of that. */
static inline __attribute__((always_inline)) int fold(uint64_t plane[VALUE_PLANES][WORDS],
                                                      int planes, int half)
{
    uint64_t carry[WORDS / 2] = {0};
    for (int i = planes + half; i >= half; i--) /* out of the way of the sum */
        for (int w = 0; w < half; w++)
            plane[i][half + w] = i < planes + half ? plane[i - half][half + w] : 0;
    for (int i = half; i <= planes + half; i++)
        for (int w = 0; w < half; w++) {
            const uint64_t a = plane[i][w], b = plane[i][half + w], c = carry[w];
            plane[i][w] = a ^ b ^ c;
            carry[w] = (a & b) | (c & (a ^ b));
        }
    return planes + half + 1;
}

static bool is_zero(const uint64_t *total, int all)
{
    uint64_t any = 0;
    for (int i = 0; i < all * WORDS; i++)
        any |= total[i];
    return any == 0;
}

static void SIMD_NAME(value)(int32_t *restrict value, const uint64_t *restrict total, int all)
{
    uint64_t plane[VALUE_PLANES][WORDS];
    memset(value, 0, BIT_SUMS_LANES * sizeof *value);
    if (is_zero(total, all))
        return;
    memcpy(plane, total, (size_t)all * sizeof plane[0]);
    memset(plane[all], 0, (VALUE_PLANES - (size_t)all) * sizeof plane[0]);
    int planes = fold(plane, all, 4);
    planes = fold(plane, planes, 2);
    fold(plane, planes, 1);
    SIMD_NAME(expand)(value, plane[0], all + WORDS);
}

/* bin[S] of the 2^planes values, planes <= 4: each is a set of lanes. */
static inline __attribute__((always_inline)) void count_few(uint32_t *bin, const uint64_t *word,
                                                            int planes, uint64_t lanes)
{
    uint64_t with[16] = {lanes};
    SIMD_UNROLL
    for (int i = 0; i < planes; i++) {
        const uint64_t bit = word[i * WORDS];
        SIMD_UNROLL
        for (int s = 0; s < 1 << i; s++) {
            with[s + (1 << i)] = with[s] & bit;
            with[s] &= ~bit;
        }
    }
    SIMD_UNROLL
    for (int s = 0; s < 1 << planes; s++)
        bin[s * WORDS] += (uint32_t)__builtin_popcountll(with[s]);
}

/* Of one word: plane after plane from the highest halves the lanes and the values they may have. */
static void count_word(uint32_t *bin, const uint64_t *word, int planes, uint64_t lanes)
{
    while (planes > 0 && !(word[(planes - 1) * WORDS] & lanes))
        planes--;
    switch (planes) {
    case 0:
        bin[0] += (uint32_t)__builtin_popcountll(lanes);
        break;
    case 1:
        count_few(bin, word, 1, lanes);
        break;
    case 2:
        count_few(bin, word, 2, lanes);
        break;
    case 3:
        count_few(bin, word, 3, lanes);
        break;
    case 4:
        count_few(bin, word, 4, lanes);
        break;
    default: {
        const uint64_t upper = word[(planes - 1) * WORDS] & lanes;
        count_word(bin + (WORDS << (planes - 1)), word, planes - 1, upper);
        if (lanes & ~upper)
            count_word(bin, word, planes - 1, lanes & ~upper);
    }
    }
}

static void SIMD_NAME(count)(uint32_t *bin, const uint64_t *plane, int planes, uint64_t lanes)
{
    for (int b = 0; b < WORDS; b++)
        count_word(bin + b, plane + b, planes, lanes);
}

extern const struct bit_sums_kernels SIMD_NAME(bit_sums_kernels);
const struct bit_sums_kernels SIMD_NAME(bit_sums_kernels) = {
    .drive = SIMD_NAME(drive),
    .sum = SIMD_NAME(sum),
    .add = SIMD_NAME(add),
    .add_excess = SIMD_NAME(add_excess),
    .value = SIMD_NAME(value),
    .expand = SIMD_NAME(expand),
    .count = SIMD_NAME(count),
};
