#include "unit/nn/span_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/simd.h"
#include "unit/support/random_numbers.h"

static void make_span_case(struct span_case *c, size_t channels, size_t rows, size_t pixels)
{
    const size_t row = (pixels + 2) * channels;
    *c = (struct span_case){
        .span = {rows, pixels, channels, row},
          .size = (rows + 2) * row, .first = row + channels
    };
    c->x = random_floats(c->size);
    c->dy = random_floats(c->size);
    c->start = random_floats(c->size);
    c->own = MEM_NEW(float, c->size);
    memcpy(c->own, c->start, c->size * sizeof *c->own);
    for (int i = 0; i < 4; i++)
        c->per_channel[i] = random_floats(2 * channels);
    c->code = MEM_NEW(int16_t, c->size);
    for (size_t i = 0; i < c->size; i++)
        c->code[i] = i % 5 ? random_code() : (int16_t)(i % 2 ? 255 : -255);
}

static void free_span_case(struct span_case *c)
{
    mem_free(c->x);
    mem_free(c->dy);
    mem_free(c->start);
    mem_free(c->own);
    mem_free(c->code);
    for (int i = 0; i < 4; i++)
        mem_free(c->per_channel[i]);
}

int inside(const struct span_case *c, size_t i)
{
    const size_t y = i / c->span.row, x = i % c->span.row / c->span.channels;
    return y >= 1 && y <= c->span.rows && x >= 1 && x <= c->span.pixels;
}

void for_all_spans(void (*check)(const struct nn_kernels *, struct span_case *))
{
    static const size_t images[][2] = {
        {1, 1 },
        {1, 9 },
        {7, 5 },
        {3, 13},
        {9, 1 }
    };
    for (int level = 0; level <= (int)simd_level(); level++)
        for (size_t i = 0; nn_kernels_of(level) && i < sizeof images / sizeof *images; i++)
            for (size_t channels = 16; channels <= 64; channels += 16) {
                struct span_case c;
                make_span_case(&c, channels, images[i][0], images[i][1]);
                check(nn_kernels_of(level), &c);
                free_span_case(&c);
            }
    assert_int_equal(mem_live_blocks(), 0);
}
