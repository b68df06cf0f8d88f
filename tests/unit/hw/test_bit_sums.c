/* hw/bit_sums: every kernel at every SIMD level against plain loops over rows, bits and vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/simd.h"
#include "hw/bit_sums.h"
#include "unit/support/random_numbers.h"

enum {
    ROWS = 131,
    STRIDE = 140,
    LANES = BIT_SUMS_LANES,
    WORDS = BIT_SUMS_WORDS,
    MOST_LEVELS = 8,
    BINS = ROWS * 3 + 1 + BIT_SUMS_COUNT_ROOM
};

static void for_each_level(void (*check)(const struct bit_sums_kernels *kernels))
{
    int levels = 0;
    for (int level = 0; level <= (int)simd_level(); level++)
        if (bit_sums_kernels_of(level)) {
            check(bit_sums_kernels_of(level));
            levels++;
        }
    assert_true(levels > 0);
}

/* Bit b of what row r of vector v is driven with. */
static int is_driven(const int16_t *input, size_t n, int negative, size_t v, size_t r, int b)
{
    if (v >= n)
        return 0;
    const int x = negative ? -input[v * STRIDE + r] : input[v * STRIDE + r];
    return x > 0 ? x >> b & 1 : 0;
}

/* Bit v of word b of row or plane i. */
static int bit_at(const uint64_t *word, size_t i, size_t b, size_t v)
{
    return (int)(word[i * WORDS + b] >> v & 1);
}

static void check_drive(const struct bit_sums_kernels *kernels)
{
    static int16_t input[LANES * STRIDE];
    static uint64_t drive[ROWS * WORDS];
    const size_t counts[] = {1, 15, 16, 17, 63, 64}, rows[] = {1, 15, 16, 17, 128, ROWS};
    for (size_t i = 0; i < LANES * STRIDE; i++)
        input[i] = (int16_t)random_between(-255, 255);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            for (int negative = 0; negative <= 1; negative++) {
                memset(drive, 0xa5, sizeof drive);
                kernels->drive(drive, input, counts[c], STRIDE, rows[k], negative);
                for (size_t r = 0; r < rows[k]; r++)
                    for (size_t i = 0; i < WORDS * LANES; i++)
                        assert_int_equal(
                            bit_at(drive, r, i / LANES, i % LANES),
                            is_driven(input, counts[c], negative, i % LANES, r, (int)(i / LANES)));
                for (size_t i = rows[k] * WORDS; i < ROWS * WORDS; i++)
                    assert_true(drive[i] == 0xa5a5a5a5a5a5a5a5u);
            }
}

static void test_drive(void **state)
{
    (void)state;
    for_each_level(check_drive);
}

/* A bitline of cells of `levels` bits, and what drives it. */
struct line {
    int levels;
    int cell[ROWS];
    uint64_t drive[(ROWS + 1) * WORDS]; /* the last row 0 */
    uint16_t row[MOST_LEVELS][ROWS + BIT_SUMS_PAD];
    struct bit_sums_rows rows[MOST_LEVELS];
};

/* `share` of 8 of the cells are not 0; all are full and driven with 8. */
static void fill_line(struct line *line, int levels, int share)
{
    memset(line, 0, sizeof *line);
    line->levels = levels;
    for (size_t r = 0; r < ROWS; r++) {
        const int full = (1 << levels) - 1;
        line->cell[r] = share == 8                     ? full
                        : random_between(0, 7) < share ? random_between(1, full)
                                                       : 0;
        for (size_t i = 0; i < (size_t)WORDS * LANES; i++)
            line->drive[r * WORDS + i / LANES] |=
                (uint64_t)(share == 8 || random_between(0, 2) == 0) << i % LANES;
    }
    for (int p = 0; p < levels; p++) {
        size_t n = 0;
        for (size_t r = 0; r < ROWS; r++)
            if (line->cell[r] >> p & 1)
                line->row[p][n++] = (uint16_t)(r * WORDS);
        while (n % BIT_SUMS_PAD)
            line->row[p][n++] = ROWS * WORDS;
        line->rows[p] = (struct bit_sums_rows){line->row[p], n};
    }
}

static int current_of(const struct line *line, size_t b, size_t v)
{
    int sum = 0;
    for (size_t r = 0; r < ROWS; r++)
        sum += line->cell[r] * bit_at(line->drive, r, b, v);
    return sum;
}

/* Runs a check on lines of cells of 1, 2, 4 and 8 bits, empty to full. */
static void for_each_line(const struct bit_sums_kernels *kernels,
                          void (*check)(const struct bit_sums_kernels *, const struct line *))
{
    static struct line line;
    for (int levels = 1; levels <= MOST_LEVELS; levels *= 2)
        for (int share = 0; share <= 8; share += 4) {
            fill_line(&line, levels, share);
            check(kernels, &line);
        }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void check_sum_of(const struct bit_sums_kernels *kernels, const struct line *line)
{
    for (int planes = 1; planes <= BIT_SUMS_PLANES; planes += planes < 4 ? 1 : 5) {
        uint64_t plane[(BIT_SUMS_PLANES + 1) * WORDS];
        int32_t value[LANES];
        memset(plane, 0xa5, sizeof plane);
        kernels->sum(plane, planes, line->drive, line->rows, line->levels);
        for (size_t b = 0; b < WORDS; b++) {
            kernels->expand(value, plane + b, planes);
            for (size_t v = 0; v < LANES; v++)
                assert_int_equal(value[v], least(current_of(line, b, v), (1 << planes) - 1));
        }
        assert_true(plane[planes * WORDS] == 0xa5a5a5a5a5a5a5a5u);
    }
}

static void check_sum(const struct bit_sums_kernels *kernels)
{
    for_each_line(kernels, check_sum_of);
}

static void test_sum(void **state)
{
    (void)state;
    for_each_level(check_sum);
}

/* Twice the same bitline on a total that is not empty; clip 0: all of min(S, 2^planes - 1). */
static void check_total(const struct bit_sums_kernels *kernels, const struct line *line, int planes,
                        int clip)
{
    enum { START = 1000 };
    uint64_t total[BIT_SUMS_TOTAL * WORDS];
    int32_t value[LANES];
    for (int i = 0; i < BIT_SUMS_TOTAL * WORDS; i++)
        total[i] = START >> i / WORDS & 1 ? UINT64_MAX : 0;
    for (int twice = 0; twice < 2; twice++)
        if (clip > 0)
            kernels->add_excess(total, BIT_SUMS_TOTAL, planes, clip, line->drive, line->rows,
                                line->levels);
        else
            kernels->add(total, BIT_SUMS_TOTAL, planes, line->drive, line->rows, line->levels);
    kernels->value(value, total, BIT_SUMS_TOTAL);
    for (size_t v = 0; v < LANES; v++) {
        int expected = 0;
        for (size_t b = 0; b < WORDS; b++) {
            const int s = current_of(line, b, v), top = (1 << (clip ? clip : planes)) - 1;
            expected += (START + 2 * (clip ? s - least(s, top) : least(s, top))) << b;
        }
        assert_int_equal(value[v], expected);
    }
}

static void check_totals_of(const struct bit_sums_kernels *kernels, const struct line *line)
{
    int planes = 1;
    while (ROWS * ((1 << line->levels) - 1) >> planes)
        planes++;
    for (int few = 1; few <= planes; few += 3)
        check_total(kernels, line, few, 0);
    for (int clip = 1; clip < planes; clip += 2)
        check_total(kernels, line, planes, clip);
}

static void check_totals(const struct bit_sums_kernels *kernels)
{
    uint64_t nothing[9 * WORDS] = {0};
    int32_t value[LANES];
    memset(value, 0xa5, sizeof value);
    kernels->value(value, nothing, 9);
    for (size_t v = 0; v < LANES; v++)
        assert_int_equal(value[v], 0);
    for_each_line(kernels, check_totals_of);
}

static void test_totals(void **state)
{
    (void)state;
    for_each_level(check_totals);
}

/* Currents of 2-bit cells, of some lanes only. */
static void check_count(const struct bit_sums_kernels *kernels)
{
    static struct line line;
    static uint32_t bin[BINS * WORDS], expected[BINS * WORDS];
    const uint64_t some[] = {UINT64_MAX, 0x00ffff0000ff00fful, 1, 0};
    memset(bin, 0, sizeof bin);
    memset(expected, 0, sizeof expected);
    for (int share = 0; share <= 8; share++)
        for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
            uint64_t plane[9 * WORDS];
            fill_line(&line, 2, share);
            kernels->sum(plane, 9, line.drive, line.rows, 2);
            kernels->count(bin, plane, 9, some[i]);
            for (size_t b = 0; b < WORDS; b++)
                for (size_t v = 0; v < LANES; v++)
                    expected[(size_t)current_of(&line, b, v) * WORDS + b] += some[i] >> v & 1;
        }
    assert_memory_equal(bin, expected, sizeof bin);
}

static void test_count(void **state)
{
    (void)state;
    for_each_level(check_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drive),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
