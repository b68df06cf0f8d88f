/* Inputs turned for the kernels that read bitlines: the codes of a row side by side, a byte for each of
 * 64 vectors. Only for kernel files. */
#ifndef RESLICE_HW_INPUT_ROWS_H
#define RESLICE_HW_INPUT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"

enum {
    INPUT_ROWS_BLOCK = 16, /* rows and vectors that are turned at once */
    INPUT_ROWS_LANES = 64  /* vectors */
};

/* The drive of 16 rows by 16 vectors, code [vector, row] -> byte [row][vector]. */
#if SIMD_LEVEL > 0
static inline void input_rows_turn(uint8_t *restrict byte, const int16_t *restrict code,
                                   size_t stride, int negative)
{
    __m128i x[INPUT_ROWS_BLOCK], y[INPUT_ROWS_BLOCK];
    for (int v = 0; v < INPUT_ROWS_BLOCK; v++) {
        __m128i low = _mm_loadu_si128((const __m128i *)(code + (size_t)v * stride));
        __m128i high = _mm_loadu_si128((const __m128i *)(code + (size_t)v * stride + 8));
        low = negative ? _mm_sub_epi16(_mm_setzero_si128(), low) : low;
        high = negative ? _mm_sub_epi16(_mm_setzero_si128(), high) : high;
        x[v] = _mm_packus_epi16(low, high); /* below 0: 0 */
    }
    /* four times: vector v beside vector v + 8, which turns a 16 x 16 matrix */
    for (int round = 0; round < 4; round++) {
        for (int v = 0; v < 8; v++) {
            y[2 * v] = _mm_unpacklo_epi8(x[v], x[v + 8]);
            y[2 * v + 1] = _mm_unpackhi_epi8(x[v], x[v + 8]);
        }
        memcpy(x, y, sizeof x);
    }
    for (int r = 0; r < INPUT_ROWS_BLOCK; r++)
        _mm_storeu_si128((__m128i *)(byte + r * INPUT_ROWS_LANES), x[r]);
}
#else
static inline void input_rows_turn(uint8_t *restrict byte, const int16_t *restrict code,
                                   size_t stride, int negative)
{
    for (int v = 0; v < INPUT_ROWS_BLOCK; v++)
        for (int r = 0; r < INPUT_ROWS_BLOCK; r++) {
            const int x = negative ? -code[(size_t)v * stride + (size_t)r]
                                   : code[(size_t)v * stride + (size_t)r];
            byte[r * INPUT_ROWS_LANES + v] = (uint8_t)(x > 0 ? x : 0);
        }
}
#endif

/* byte [INPUT_ROWS_BLOCK, INPUT_ROWS_LANES] from codes of which only n vectors and `rows` rows are
 * there; 0 for the rest, and for codes below 0 (above 0 when `negative`). Not collective. */
static inline void input_rows_drive(uint8_t *restrict byte, const int16_t *restrict input, size_t n,
                                    size_t stride, size_t rows, int negative)
{
    for (size_t v = 0; v < INPUT_ROWS_LANES; v += INPUT_ROWS_BLOCK) {
        if (rows >= INPUT_ROWS_BLOCK && v + INPUT_ROWS_BLOCK <= n) {
            input_rows_turn(byte + v, input + v * stride, stride, negative);
            continue;
        }
        int16_t rest[INPUT_ROWS_BLOCK * INPUT_ROWS_BLOCK] = {0};
        for (size_t i = v; i < n && i < v + INPUT_ROWS_BLOCK; i++)
            memcpy(rest + (i - v) * INPUT_ROWS_BLOCK, input + i * stride,
                   (rows < INPUT_ROWS_BLOCK ? rows : INPUT_ROWS_BLOCK) * sizeof *rest);
        input_rows_turn(byte + v, rest, INPUT_ROWS_BLOCK, negative);
    }
}

#endif
