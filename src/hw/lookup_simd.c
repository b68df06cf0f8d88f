/* Look-up of bitline currents (hw/lookup.h), built once for each SIMD level. */
#include "base/simd.h"
#include "hw/input_rows.h"
#include "hw/lookup.h"

/* ---- bytes ---- */

typedef uint8_t bytes __attribute__((vector_size(SIMD_BYTES)));
typedef uint16_t words __attribute__((vector_size(SIMD_BYTES)));

/* min(a + b, 255) */
static inline bytes add_saturating(bytes a, bytes b)
{
#if SIMD_LEVEL == 2
    return (bytes)_mm512_adds_epu8((__m512i)a, (__m512i)b);
#elif SIMD_LEVEL == 1
    return (bytes)_mm256_adds_epu8((__m256i)a, (__m256i)b);
#else
    const bytes sum = a + b;
    return sum | (bytes)(sum < a);
#endif
}

/* max(a - b, 0) */
static inline bytes subtract_saturating(bytes a, bytes b)
{
#if SIMD_LEVEL == 2
    return (bytes)_mm512_subs_epu8((__m512i)a, (__m512i)b);
#elif SIMD_LEVEL == 1
    return (bytes)_mm256_subs_epu8((__m256i)a, (__m256i)b);
#else
    return (a - b) & (bytes)(a > b);
#endif
}

/* The same 16 bytes in each 16 of a vector. */
static inline bytes repeat(const uint8_t table[LOOKUP_TABLE])
{
#if SIMD_LEVEL == 2
    return (bytes)_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
#elif SIMD_LEVEL == 1
    return (bytes)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
#else
    bytes value;
    SIMD_LOAD(value, table);
    return value;
#endif
}

/* table[index[i]] of each byte; index < 16. */
static inline bytes look_up(bytes table, const uint8_t *index)
{
    bytes at, found;
    SIMD_LOAD(at, index);
#if SIMD_LEVEL == 2
    found = (bytes)_mm512_shuffle_epi8((__m512i)table, (__m512i)at);
#elif SIMD_LEVEL == 1
    found = (bytes)_mm256_shuffle_epi8((__m256i)table, (__m256i)at);
#else
    for (int i = 0; i < SIMD_BYTES; i++)
        found[i] = table[at[i]];
#endif
    return found;
}

/* sum[b] = min(S_b, 255) of the vectors [lane, lane + SIMD_BYTES), over entries [first, last). */
static inline void sum_entries(bytes sum[LOOKUP_BITS], const uint8_t *index, struct lookup_run run,
                               size_t first, size_t last, const uint8_t *table)
{
    bytes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
    for (size_t e = first; e < last; e++) {
        const bytes part = repeat(table + (size_t)run.pattern[e] * LOOKUP_TABLE);
        const uint8_t *at = index + (size_t)run.group[e] * LOOKUP_BITS * LOOKUP_LANES;
        s0 = add_saturating(s0, look_up(part, at));
        s1 = add_saturating(s1, look_up(part, at + 1 * LOOKUP_LANES));
        s2 = add_saturating(s2, look_up(part, at + 2 * LOOKUP_LANES));
        s3 = add_saturating(s3, look_up(part, at + 3 * LOOKUP_LANES));
        s4 = add_saturating(s4, look_up(part, at + 4 * LOOKUP_LANES));
        s5 = add_saturating(s5, look_up(part, at + 5 * LOOKUP_LANES));
        s6 = add_saturating(s6, look_up(part, at + 6 * LOOKUP_LANES));
        s7 = add_saturating(s7, look_up(part, at + 7 * LOOKUP_LANES));
    }
    const bytes all[LOOKUP_BITS] = {s0, s1, s2, s3, s4, s5, s6, s7};
    memcpy(sum, all, sizeof all);
}

/* ---- currents ---- */

/* current [LOOKUP_BITS, LOOKUP_LANES] = min(S_b, 255). */
static void read_currents(uint8_t *restrict current, const uint8_t *restrict index,
                          struct lookup_run run, const uint8_t *restrict table)
{
    for (int lane = 0; lane < LOOKUP_LANES; lane += SIMD_BYTES) {
        bytes sum[LOOKUP_BITS];
        sum_entries(sum, index + lane, run, 0, run.count, table);
        for (int b = 0; b < LOOKUP_BITS; b++)
            SIMD_STORE(current + b * LOOKUP_LANES + lane, sum[b]);
    }
}

/* So many entries cannot exceed a byte. */
enum { CHUNK = UINT8_MAX / LOOKUP_MOST };

static void SIMD_NAME(add_wide)(int32_t *restrict current, const uint8_t *restrict index,
                                struct lookup_run run, const uint8_t *restrict table, int shift)
{
    for (size_t first = 0; first < run.count; first += CHUNK) {
        const size_t last = first + CHUNK < run.count ? first + CHUNK : run.count;
        const struct lookup_run chunk = {run.group + first, run.pattern + first, last - first};
        uint8_t sum[LOOKUP_BITS * LOOKUP_LANES];
        read_currents(sum, index, chunk, table);
        for (int i = 0; i < LOOKUP_BITS * LOOKUP_LANES; i++)
            current[i] += (int32_t)sum[i] << shift;
    }
}

/* Low or high half of each 16 bytes, widened. */
static inline words widen(bytes x, int high)
{
#if SIMD_LEVEL == 2
    const __m512i zero = _mm512_setzero_si512();
    return high ? (words)_mm512_unpackhi_epi8((__m512i)x, zero)
                : (words)_mm512_unpacklo_epi8((__m512i)x, zero);
#elif SIMD_LEVEL == 1
    const __m256i zero = _mm256_setzero_si256();
    return high ? (words)_mm256_unpackhi_epi8((__m256i)x, zero)
                : (words)_mm256_unpacklo_epi8((__m256i)x, zero);
#else
    words wide;
    for (int i = 0; i < SIMD_BYTES / 2; i++)
        wide[i] = x[i + high * SIMD_BYTES / 2];
    return wide;
#endif
}

typedef int32_t ints __attribute__((vector_size(4 * 8)));
typedef uint16_t eight __attribute__((vector_size(2 * 8)));

/* sum [8] +- = 2^shift value */
static inline void add_eight(int32_t *sum, const uint16_t *value, int shift, int negative)
{
    eight narrow;
    ints total;
    SIMD_LOAD(narrow, value);
    SIMD_LOAD(total, sum);
    const ints x = __builtin_convertvector(narrow, ints) << shift;
    total = negative ? total - x : total + x;
    SIMD_STORE(sum, total);
}

/* The same for SIMD_BYTES lanes; value[h] holds half h of each 16, as widen gives it. */
static inline void add_values(int32_t *sum, const words value[2], int shift, int negative)
{
    uint16_t half[2][SIMD_BYTES / 2];
    memcpy(half, value, sizeof half);
    for (int part = 0; part < SIMD_BYTES / 16; part++)
        for (int h = 0; h < 2; h++)
            add_eight(sum + 16 * part + 8 * h, half[h] + 8 * part, shift, negative);
}

static inline int is_any(const bytes x[LOOKUP_BITS])
{
    uint64_t word[SIMD_BYTES / 8], any = 0;
    bytes all = x[0];
    for (int b = 1; b < LOOKUP_BITS; b++)
        all |= x[b];
    memcpy(word, &all, sizeof word);
    for (int i = 0; i < SIMD_BYTES / 8; i++)
        any |= word[i];
    return any != 0;
}

/* sum [SIMD_BYTES] +- = 2^shift sum_b 2^b max(a_b - b_b - top, 0), most often nothing. */
static inline void add_beyond(int32_t *sum, const bytes a[LOOKUP_BITS], const bytes b[LOOKUP_BITS],
                              bytes top, int shift, int negative)
{
    bytes excess[LOOKUP_BITS];
    words value[2] = {{0}, {0}};
    for (int i = 0; i < LOOKUP_BITS; i++)
        excess[i] = subtract_saturating(subtract_saturating(a[i], b[i]), top);
    if (!is_any(excess))
        return;
    for (int i = LOOKUP_BITS - 1; i >= 0; i--)
        for (int h = 0; h < 2; h++)
            value[h] = value[h] + value[h] + widen(excess[i], h);
    add_values(sum, value, shift, negative);
}

static void SIMD_NAME(add_excess)(int32_t *restrict sum, const uint8_t *restrict index,
                                  struct lookup_run plus, struct lookup_run minus,
                                  const uint8_t *restrict table, int top, int shift, int negative)
{
    const bytes limit = (uint8_t)top - (bytes){0};
    for (int lane = 0; lane < LOOKUP_LANES; lane += SIMD_BYTES) {
        bytes a[LOOKUP_BITS], b[LOOKUP_BITS] = {{0}};
        sum_entries(a, index + lane, plus, 0, plus.count, table);
        if (minus.count > 0)
            sum_entries(b, index + lane, minus, 0, minus.count, table);
        add_beyond(sum + lane, a, b, limit, shift, negative);
        if (minus.count > 0)
            add_beyond(sum + lane, b, a, limit, shift, !negative);
    }
}

/* ---- indices ---- */

/* Shifts of bytes as if they were words: what crosses from a byte to its neighbour is masked out. */
static inline bytes down(bytes x, int bits, uint8_t mask)
{
    return (bytes)((words)x >> bits) & (mask - (bytes){0});
}

static inline bytes up(bytes x, int bits, uint8_t mask)
{
    return (bytes)((words)x << bits) & (mask - (bytes){0});
}

/* The rows of a group side by side: index[b] = sum_r 2^r (bit b of row[r]). A matrix of 4 x 8 bits is
 * turned in two steps, pairs of rows first. */
static void turn_bits(uint8_t *restrict index, const uint8_t *restrict row)
{
    for (int lane = 0; lane < LOOKUP_LANES; lane += SIMD_BYTES) {
        bytes r[LOOKUP_ROWS], pair[2][2], four[4];
        for (int i = 0; i < LOOKUP_ROWS; i++)
            SIMD_LOAD(r[i], row + i * LOOKUP_LANES + lane);
        /* pair[p][odd]: bits (b, b of the next row) for even or odd b */
        for (int p = 0; p < 2; p++) {
            const bytes a = r[2 * p], c = r[2 * p + 1];
            pair[p][0] = (a & (0x55 - (bytes){0})) | up(c, 1, 0xAA);
            pair[p][1] = down(a, 1, 0x55) | (c & (0xAA - (bytes){0}));
        }
        /* four[i]: the nibbles of bits i and i + 4 */
        for (int odd = 0; odd < 2; odd++) {
            four[odd] = (pair[0][odd] & (0x33 - (bytes){0})) | up(pair[1][odd], 2, 0xCC);
            four[odd + 2] = down(pair[0][odd], 2, 0x33) | (pair[1][odd] & (0xCC - (bytes){0}));
        }
        for (int i = 0; i < 4; i++) {
            const bytes low = four[i] & (0x0F - (bytes){0}), high = down(four[i], 4, 0x0F);
            SIMD_STORE(index + i * LOOKUP_LANES + lane, low);
            SIMD_STORE(index + (i + 4) * LOOKUP_LANES + lane, high);
        }
    }
}

static void SIMD_NAME(indices)(uint8_t *restrict index, const int16_t *restrict input, size_t n,
                               size_t stride, size_t rows, int negative)
{
    const size_t groups = (rows + LOOKUP_ROWS - 1) / LOOKUP_ROWS;
    for (size_t first = 0; first < rows; first += INPUT_ROWS_BLOCK) {
        uint8_t byte[INPUT_ROWS_BLOCK * LOOKUP_LANES];
        input_rows_drive(byte, input + first, n, stride, rows - first, negative);
        for (size_t g = first / LOOKUP_ROWS;
             g < groups && g < (first + INPUT_ROWS_BLOCK) / LOOKUP_ROWS; g++)
            turn_bits(index + g * LOOKUP_BITS * LOOKUP_LANES,
                      byte + (g * LOOKUP_ROWS - first) * LOOKUP_LANES);
    }
}

extern const struct lookup_kernels SIMD_NAME(lookup_kernels);
const struct lookup_kernels SIMD_NAME(lookup_kernels) = {
    .indices = SIMD_NAME(indices),
    .add_excess = SIMD_NAME(add_excess),
    .add_wide = SIMD_NAME(add_wide),
};
