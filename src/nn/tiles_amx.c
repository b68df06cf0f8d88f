/* nn/tiles.h with Intel's AMX (Sapphire Rapids and later), bf16 flavour; Intel SDM, volume 1,
 * chapter 18. */
#include <immintrin.h>
#include <string.h>

#include "nn/kernels.h"
#include "nn/tiles.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { ROW_BYTES = 64, LANES = 16 };

/* All eight tiles are full. Constant, so that it is in memory whatever the compiler knows of the
 * instruction that reads it. */
static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} config __attribute__((aligned(64))) = {
    .palette = 1,
    .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

static void begin_tiles(void)
{
    _tile_loadconfig(&config);
}

/* ---- products: four tiles of sums, as 2 x 2 or, for a last odd block of columns, 4 x 1 ---- */

/* Eight tiles deep, sums of codes stay below 2^24: 8 * 32 * 255 * 255 < 2^24. The left operand's
 * part of 32 rows (16 KB; with three planes and half the depth 24 KB) stays in the first-level cache
 * while all columns pass by. */
enum { DEEP = 8, FLOATS_DEEP = 4 };

/* One step through the depth: tiles first to last of a product. */
struct stage {
    const struct tile_product *product;
    size_t offset[DEEP]; /* of the left operand's tiles */
    size_t first, count;
};

static struct stage make_stage(const struct tile_product *product, size_t first, size_t deep)
{
    const size_t depth = product->runs * product->chunks, left = depth - first;
    struct stage stage = {.product = product, .first = first, .count = left < deep ? left : deep};
    for (size_t d = 0; d < stage.count; d++)
        stage.offset[d] = (first + d) / product->chunks * product->run +
                          (first + d) % product->chunks * TILE_DEPTH;
    return stage;
}

static const uint16_t *right_tile(const struct tile_product *product, size_t block, size_t depth)
{
    return product->b + (block * product->runs * product->chunks + depth) * TILE_NUMBERS;
}

/* Tiles 0, 1: rows 0..15 by two blocks of columns; 2, 3: rows 16..31. */
ALWAYS_INLINE void square(const struct stage *stage, size_t row, size_t block)
{
    const struct tile_product *p = stage->product;
    const size_t stride = p->row * sizeof *p->a;
    const uint16_t *b0 = right_tile(p, block, stage->first);
    const uint16_t *b1 = right_tile(p, block + 1, stage->first);
    for (size_t d = 0; d < stage->count; d++) {
        const uint16_t *a = p->a + row * p->row + stage->offset[d];
        _tile_loadd(6, b0 + d * TILE_NUMBERS, ROW_BYTES);
        _tile_loadd(7, b1 + d * TILE_NUMBERS, ROW_BYTES);
        for (size_t plane = 0; plane < p->planes; plane++, a += p->plane) {
            _tile_loadd(4, a, stride);
            _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(5, a + TILE_SIDE * p->row, stride);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
}

/* Tiles 0..3: 64 rows by one block of columns. */
ALWAYS_INLINE void column(const struct stage *stage, size_t row, size_t block)
{
    const struct tile_product *p = stage->product;
    const size_t stride = p->row * sizeof *p->a, next = TILE_SIDE * p->row;
    const uint16_t *b = right_tile(p, block, stage->first);
    for (size_t d = 0; d < stage->count; d++) {
        const uint16_t *a = p->a + row * p->row + stage->offset[d];
        _tile_loadd(7, b + d * TILE_NUMBERS, ROW_BYTES);
        for (size_t plane = 0; plane < p->planes; plane++, a += p->plane) {
            _tile_loadd(4, a, stride);
            _tile_dpbf16ps(0, 4, 7);
            _tile_loadd(5, a + next, stride);
            _tile_dpbf16ps(1, 5, 7);
            _tile_loadd(4, a + 2 * next, stride);
            _tile_dpbf16ps(2, 4, 7);
            _tile_loadd(5, a + 3 * next, stride);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
}

static void zero_tiles(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/* The four tiles of sums lie at to, to + across, to + down, to + down + across. */
struct four {
    size_t row, across, down; /* elements */
};

static void load_tiles(const float *from, struct four place)
{
    const size_t stride = place.row * sizeof *from;
    _tile_loadd(0, from, stride);
    _tile_loadd(1, from + place.across, stride);
    _tile_loadd(2, from + place.down, stride);
    _tile_loadd(3, from + place.down + place.across, stride);
}

static void store_tiles(float *to, struct four place)
{
    const size_t stride = place.row * sizeof *to;
    _tile_stored(0, to, stride);
    _tile_stored(1, to + place.across, stride);
    _tile_stored(2, to + place.down, stride);
    _tile_stored(3, to + place.down + place.across, stride);
}

/* One tile of integer sums in float → int32. */
static void add_tile(int32_t *acc, size_t row, const float *sum, int first)
{
    for (int i = 0; i < TILE_SIDE; i++, acc += row, sum += TILE_SIDE) {
        const __m512i part = _mm512_cvtps_epi32(_mm512_loadu_ps(sum));
        _mm512_storeu_si512(acc, first ? part : _mm512_add_epi32(part, _mm512_loadu_si512(acc)));
    }
}

static void add_tiles(int32_t *acc, struct four place, int first)
{
    static const struct four packed = {TILE_SIDE, TILE_SUMS, 2 * TILE_SUMS};
    float sum[4 * TILE_SUMS] __attribute__((aligned(64)));
    store_tiles(sum, packed);
    add_tile(acc, place.row, sum, first);
    add_tile(acc + place.across, place.row, sum + TILE_SUMS, first);
    add_tile(acc + place.down, place.row, sum + 2 * TILE_SUMS, first);
    add_tile(acc + place.down + place.across, place.row, sum + 3 * TILE_SUMS, first);
}

static struct four square_place(const struct tile_product *p)
{
    return (struct four){p->columns, TILE_SIDE, TILE_SIDE * p->columns};
}

static struct four column_place(const struct tile_product *p)
{
    return (struct four){p->columns, TILE_SIDE * p->columns, 2 * TILE_SIDE * p->columns};
}

static void multiply_codes(int32_t *acc, const struct tile_product *p)
{
    const size_t blocks = p->columns / TILE_SIDE, depth = p->runs * p->chunks;
    begin_tiles();
    for (size_t d = 0; d < depth; d += DEEP) {
        const struct stage stage = make_stage(p, d, DEEP);
        for (size_t row = 0; row < p->rows; row += 2 * TILE_SIDE)
            for (size_t block = 0; block + 2 <= blocks; block += 2) {
                zero_tiles();
                square(&stage, row, block);
                add_tiles(acc + row * p->columns + block * TILE_SIDE, square_place(p), d == 0);
            }
        for (size_t row = 0; blocks % 2 && row < p->rows; row += 4 * TILE_SIDE) {
            zero_tiles();
            column(&stage, row, blocks - 1);
            add_tiles(acc + row * p->columns + (blocks - 1) * TILE_SIDE, column_place(p), d == 0);
        }
    }
    _tile_release();
}

static void multiply_floats(float *acc, const struct tile_product *p)
{
    const size_t blocks = p->columns / TILE_SIDE, depth = p->runs * p->chunks;
    const struct four squares = square_place(p), columns = column_place(p);
    begin_tiles();
    for (size_t d = 0; d < depth; d += FLOATS_DEEP) {
        const struct stage stage = make_stage(p, d, FLOATS_DEEP);
        for (size_t row = 0; row < p->rows; row += 2 * TILE_SIDE)
            for (size_t block = 0; block + 2 <= blocks; block += 2) {
                float *to = acc + row * p->columns + block * TILE_SIDE;
                d == 0 ? zero_tiles() : load_tiles(to, squares);
                square(&stage, row, block);
                store_tiles(to, squares);
            }
        for (size_t row = 0; blocks % 2 && row < p->rows; row += 4 * TILE_SIDE) {
            float *to = acc + row * p->columns + (blocks - 1) * TILE_SIDE;
            d == 0 ? zero_tiles() : load_tiles(to, columns);
            column(&stage, row, blocks - 1);
            store_tiles(to, columns);
        }
    }
    _tile_release();
}

/* ---- weight gradients ---- */

/* Adding 1.5 * 2^52 to a double below 2^51 leaves its nearest integer in the low bits of the
 * pattern; outside that range (or for a NaN) the top 12 bits change. */
static const double SUM_MAGIC = 6755399441055744.0;
static const int64_t SUM_MAGIC_BITS = 0x4338000000000000;
static const int64_t SUM_TOP = 0x4330000000000000;

static __m512i add_integers(int64_t *sum, __m256 value, double unit, int first, __m512i bad)
{
    const __m512d scaled =
        _mm512_fmadd_pd(_mm512_cvtps_pd(value), _mm512_set1_pd(unit), _mm512_set1_pd(SUM_MAGIC));
    const __m512i bits = _mm512_castpd_si512(scaled);
    const __m512i integer = _mm512_sub_epi64(bits, _mm512_set1_epi64(SUM_MAGIC_BITS));
    _mm512_storeu_si512(sum, first ? integer : _mm512_add_epi64(integer, _mm512_loadu_si512(sum)));
    return _mm512_or_si512(bad, _mm512_xor_si512(bits, _mm512_set1_epi64(SUM_TOP)));
}

static __m512i add_outer(int64_t *sum, const float *tile, double unit, int first, __m512i bad)
{
    for (int i = 0; i < TILE_SUMS; i += 8)
        bad = add_integers(sum + i, _mm256_loadu_ps(tile + i), unit, first, bad);
    return bad;
}

/* Tiles 0, 1, 2: three strips. */
ALWAYS_INLINE void three_strips(const struct tile_outer *o, const size_t *start, size_t block)
{
    const size_t a_stride = o->row * sizeof *o->a, plane = o->depth * TILE_SIDE;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    for (size_t d = 0; d < o->depth; d += TILE_DEPTH) {
        const uint16_t *b = o->b + block * TILE_PLANES * plane + d * TILE_SIDE;
        _tile_loadd(3, o->a + start[0] + d, a_stride);
        _tile_loadd(4, o->a + start[1] + d, a_stride);
        _tile_loadd(5, o->a + start[2] + d, a_stride);
        for (int p = 0; p < TILE_PLANES; p++, b += plane) {
            _tile_loadd(6, b, ROW_BYTES);
            _tile_dpbf16ps(0, 3, 6);
            _tile_dpbf16ps(1, 4, 6);
            _tile_dpbf16ps(2, 5, 6);
        }
    }
}

ALWAYS_INLINE void one_strip(const struct tile_outer *o, const size_t *start, size_t block)
{
    const size_t a_stride = o->row * sizeof *o->a, plane = o->depth * TILE_SIDE;
    _tile_zero(0);
    for (size_t d = 0; d < o->depth; d += TILE_DEPTH) {
        const uint16_t *b = o->b + block * TILE_PLANES * plane + d * TILE_SIDE;
        _tile_loadd(3, o->a + start[0] + d, a_stride);
        for (int p = 0; p < TILE_PLANES; p++, b += plane) {
            _tile_loadd(6, b, ROW_BYTES);
            _tile_dpbf16ps(0, 3, 6);
        }
    }
}

static int outer_sum(int64_t *sum, const struct tile_outer *o, int first)
{
    const size_t blocks = o->columns / TILE_SIDE, strip = blocks * TILE_SUMS;
    float tile[3][TILE_SUMS] __attribute__((aligned(64)));
    __m512i bad = _mm512_setzero_si512();
    begin_tiles();
    for (size_t block = 0; block < blocks; block++) {
        int64_t *to = sum + block * TILE_SUMS;
        size_t s = 0;
        for (; s + 3 <= o->strips; s += 3) {
            three_strips(o, o->start + s, block);
            _tile_stored(0, tile[0], ROW_BYTES);
            _tile_stored(1, tile[1], ROW_BYTES);
            _tile_stored(2, tile[2], ROW_BYTES);
            for (size_t i = 0; i < 3; i++)
                bad = add_outer(to + (s + i) * strip, tile[i], o->unit, first, bad);
        }
        for (; s < o->strips; s++) {
            one_strip(o, o->start + s, block);
            _tile_stored(0, tile[0], ROW_BYTES);
            bad = add_outer(to + s * strip, tile[0], o->unit, first, bad);
        }
    }
    _tile_release();
    return _mm512_test_epi64_mask(bad, _mm512_set1_epi64((int64_t)0xfff0000000000000)) != 0;
}

/* ---- operands ---- */

static void from_codes(uint16_t *to, const int16_t *code, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        const __m512i wide = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(code + i)));
        const __m512i bits = _mm512_castps_si512(_mm512_cvtepi32_ps(wide));
        _mm256_storeu_si256((__m256i *)(to + i),
                            _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)));
    }
}

/* The upper halves of 16 floats: cut off to 8 significant bits. */
static void store_high(uint16_t *to, __m512 x)
{
    _mm256_storeu_si256((__m256i *)to,
                        _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(x), 16)));
}

static __m512 without_high(__m512 x)
{
    const __m512i high =
        _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32((int32_t)0xffff0000));
    return _mm512_sub_ps(x, _mm512_castsi512_ps(high));
}

/* Each cut takes 8 of the 24 significant bits; the differences are exact. */
static void from_floats(uint16_t *to, size_t plane, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES, to += LANES) {
        const __m512 all = _mm512_loadu_ps(x + i), middle = without_high(all);
        store_high(to, all);
        store_high(to + plane, middle);
        store_high(to + 2 * plane, without_high(middle));
    }
}

/* 16 numbers of two rows → 16 pairs. */
static __m512i make_pairs(const uint16_t *even, const uint16_t *odd)
{
    const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)even));
    const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)odd));
    return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

static void interleave(uint16_t *to, size_t block, const uint16_t *from, size_t rows,
                       size_t columns)
{
    for (size_t r = 0; r < rows; r += 2, from += 2 * columns, to += TILE_DEPTH)
        for (size_t c = 0; c < columns; c += LANES)
            _mm512_storeu_si512(to + c / LANES * block, make_pairs(from + c, from + columns + c));
}

/* 16 x 16 pairs, in place: blocks of 1, 2, 4 and 8 are exchanged across the diagonal. */
ALWAYS_INLINE void transpose_pairs(__m512i r[16])
{
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 16; i += 8)
        for (int k = 0; k < 4; k++) {
            t[i + k] = _mm512_shuffle_i32x4(r[i + k], r[i + k + 4], 0x88);
            t[i + k + 4] = _mm512_shuffle_i32x4(r[i + k], r[i + k + 4], 0xdd);
        }
    for (int k = 0; k < 8; k++) {
        r[k] = _mm512_shuffle_i32x4(t[k], t[k + 8], 0x88);
        r[k + 8] = _mm512_shuffle_i32x4(t[k], t[k + 8], 0xdd);
    }
}

static void transpose(uint16_t *to, size_t to_row, const uint16_t *from, size_t rows,
                      size_t columns)
{
    for (size_t r = 0; r < rows; r += TILE_DEPTH)
        for (size_t c = 0; c < columns; c += LANES) {
            const uint16_t *source = from + r * columns + c;
            __m512i pairs[16];
            for (size_t i = 0; i < 16; i++)
                pairs[i] = make_pairs(source + 2 * i * columns, source + (2 * i + 1) * columns);
            transpose_pairs(pairs);
            for (size_t i = 0; i < 16; i++)
                _mm512_storeu_si512(to + (c + i) * to_row + r, pairs[i]);
        }
}

static void pack_columns(uint16_t *tile, const uint16_t *from, size_t from_row)
{
    __m512i pairs[16];
    for (size_t i = 0; i < 16; i++)
        pairs[i] = _mm512_loadu_si512(from + i * from_row);
    transpose_pairs(pairs);
    for (size_t i = 0; i < 16; i++)
        _mm512_storeu_si512(tile + i * TILE_DEPTH, pairs[i]);
}

/* ---- results ---- */

static int32_t scale_sums(float *y, const int32_t *sum, size_t n, size_t columns, float scale,
                          const float *bias)
{
    __m512i max = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i++, y += columns, sum += columns)
        for (size_t c = 0; c < columns; c += LANES) {
            const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(sum + c)),
                                                 _mm512_set1_ps(scale), _mm512_loadu_ps(bias + c));
            _mm512_storeu_ps(y + c, value);
            max = _mm512_max_epi32(
                max, _mm512_and_si512(_mm512_castps_si512(value), _mm512_set1_epi32(0x7fffffff)));
        }
    return _mm512_reduce_max_epi32(max);
}

static void scale_floats(float *y, const float *x, size_t n, float scale, int accumulate)
{
    for (size_t i = 0; i < n; i += LANES) {
        const __m512 before = accumulate ? _mm512_loadu_ps(y + i) : _mm512_setzero_ps();
        _mm512_storeu_ps(y + i,
                         _mm512_fmadd_ps(_mm512_loadu_ps(x + i), _mm512_set1_ps(scale), before));
    }
}

extern const struct tile_kernels tile_kernels_amx;
const struct tile_kernels tile_kernels_amx = {
    .multiply_codes = multiply_codes,
    .multiply_floats = multiply_floats,
    .outer_sum = outer_sum,
    .from_codes = from_codes,
    .from_floats = from_floats,
    .interleave = interleave,
    .transpose = transpose,
    .pack_columns = pack_columns,
    .scale_sums = scale_sums,
    .scale_floats = scale_floats,
};
