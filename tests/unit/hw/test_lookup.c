/* hw/lookup: every kernel at every SIMD level against plain loops over rows and bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/simd.h"
#include "hw/lookup.h"
#include "unit/support/random_numbers.h"

enum { ROWS = 131, STRIDE = 140, GROUPS = (ROWS + 3) / 4, CELLS = LOOKUP_BITS * LOOKUP_LANES };

static uint8_t table[LOOKUP_PATTERNS * LOOKUP_TABLE];

static void for_each_level(void (*check)(const struct lookup_kernels *kernels))
{
    int levels = 0;
    for (int level = 0; level <= (int)simd_level(); level++)
        if (lookup_kernels_of(level)) {
            check(lookup_kernels_of(level));
            levels++;
        }
    assert_true(levels > 0);
}

/* Bit b of what row r of vector v is driven with. */
static int is_driven(const int16_t *input, size_t n, size_t rows, int negative, size_t v, size_t r,
                     int b)
{
    if (v >= n || r >= rows)
        return 0;
    const int x = negative ? -input[v * STRIDE + r] : input[v * STRIDE + r];
    return x > 0 ? x >> b & 1 : 0;
}

static void fill_input(int16_t input[LOOKUP_LANES * STRIDE])
{
    for (size_t i = 0; i < LOOKUP_LANES * STRIDE; i++)
        input[i] = (int16_t)random_between(-255, 255);
}

static void check_indices(const struct lookup_kernels *kernels)
{
    static int16_t input[LOOKUP_LANES * STRIDE];
    static uint8_t index[GROUPS * CELLS];
    const size_t counts[] = {1, 15, 16, 17, 63, 64}, rows[] = {1, 3, 4, 16, 27, 128, ROWS};
    fill_input(input);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            for (int negative = 0; negative <= 1; negative++) {
                kernels->indices(index, input, counts[c], STRIDE, rows[k], negative);
                for (size_t g = 0; g < (rows[k] + 3) / 4; g++)
                    for (size_t i = 0; i < CELLS; i++) {
                        int expected = 0;
                        for (size_t r = 0; r < 4; r++)
                            expected |=
                                is_driven(input, counts[c], rows[k], negative, i % LOOKUP_LANES,
                                          4 * g + r, (int)(i / LOOKUP_LANES))
                                << r;
                        assert_int_equal(index[g * CELLS + i], expected);
                    }
            }
}

static void test_indices(void **state)
{
    (void)state;
    for_each_level(check_indices);
}

/* A bitline with `share` of 8 of its groups not empty, and its cells. */
struct line {
    uint8_t cell[4 * GROUPS], group[GROUPS], pattern[GROUPS];
    struct lookup_run run;
};

static void fill_line(struct line *line, int share)
{
    *line = (struct line){
        .run = {line->group, line->pattern, 0}
    };
    for (size_t g = 0; g < GROUPS; g++) {
        uint8_t pattern = 0;
        for (size_t r = 0; r < 4 && random_between(0, 7) < share; r++) {
            line->cell[4 * g + r] = (uint8_t)(share == 8 ? 3 : random_between(0, 3));
            pattern |= (uint8_t)(line->cell[4 * g + r] << (2 * r));
        }
        if (!pattern)
            continue;
        line->group[line->run.count] = (uint8_t)g;
        line->pattern[line->run.count++] = pattern;
    }
}

static int current_of(const struct line *line, const int16_t *input, size_t v, int b)
{
    int sum = 0;
    for (size_t r = 0; r < ROWS; r++)
        sum += line->cell[r] * is_driven(input, LOOKUP_LANES, ROWS, 0, v, r, b);
    return sum;
}

/* Full arrays that every input drives: currents beyond a byte. */
static void fill_drive(int16_t *input, uint8_t *index, const struct lookup_kernels *kernels,
                       int full)
{
    fill_input(input);
    for (size_t i = 0; full && i < LOOKUP_LANES * STRIDE; i++)
        input[i] = 255;
    kernels->indices(index, input, LOOKUP_LANES, STRIDE, ROWS, 0);
}

static void check_currents(const struct lookup_kernels *kernels)
{
    static int16_t input[LOOKUP_LANES * STRIDE];
    static uint8_t index[GROUPS * CELLS];
    for (int full = 0; full <= 1; full++)
        for (int share = 0; share <= 8; share += 2) {
            struct line line;
            int32_t wide[CELLS];
            fill_drive(input, index, kernels, full);
            fill_line(&line, share);
            for (int i = 0; i < CELLS; i++)
                wide[i] = i;
            kernels->add_wide(wide, index, line.run, table, 4);
            for (int i = 0; i < CELLS; i++) {
                const int s =
                    current_of(&line, input, (size_t)(i % LOOKUP_LANES), i / LOOKUP_LANES);
                assert_int_equal(wide[i], i + (s << 4));
            }
        }
}

static void test_currents(void **state)
{
    (void)state;
    for_each_level(check_currents);
}

int main(void)
{
    lookup_fill_table(table);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indices),
        cmocka_unit_test(test_currents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
