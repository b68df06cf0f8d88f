/* nn/winograd.h, built once for each SIMD level: vectors along the channels. */
#include "nn/winograd.h"

#include "base/simd.h"
#include "nn/panels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { WINDOW = WINOGRAD_WINDOW, TILE = WINOGRAD_TILE, TAPS = 3 };

/* ---- along one axis ---- */

/* B' d */
ALWAYS_INLINE void window_axis(simd_f32 to[WINDOW], const simd_f32 d[WINDOW])
{
    const simd_f32 a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1];
    const simd_f32 c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
    to[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
    to[1] = a + b;
    to[2] = a - b;
    to[3] = c + e;
    to[4] = c - e;
    to[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

/* A y */
ALWAYS_INLINE void tile_axis(simd_f32 to[WINDOW], const simd_f32 y[TILE])
{
    const simd_f32 a = y[0] + y[2], b = y[1] + y[3];
    const simd_f32 c = y[0] + 4.0f * y[2], e = 2.0f * y[1] + 8.0f * y[3];
    to[0] = y[0];
    to[1] = a + b;
    to[2] = a - b;
    to[3] = c + e;
    to[4] = c - e;
    to[5] = y[3];
}

/* A' m */
ALWAYS_INLINE void result_axis(simd_f32 to[TILE], const simd_f32 m[WINDOW])
{
    const simd_f32 a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], e = m[3] - m[4];
    to[0] = m[0] + a + c;
    to[1] = b + 2.0f * e;
    to[2] = a + 4.0f * c;
    to[3] = b + 8.0f * e + m[5];
}

/* G w */
ALWAYS_INLINE void weight_axis(simd_f32 to[WINDOW], const simd_f32 w[TAPS])
{
    const simd_f32 a = (w[0] + w[2]) * (-1.0f / 6.0f), b = w[1] * (-1.0f / 6.0f);
    const simd_f32 c = w[0] * (1.0f / 24.0f) + w[2] * (1.0f / 6.0f), e = w[1] * (1.0f / 12.0f);
    to[0] = w[0] * 0.25f;
    to[1] = a + b;
    to[2] = a - b;
    to[3] = c + e;
    to[4] = c - e;
    to[5] = w[2];
}

/* G' u */
ALWAYS_INLINE void weight_gradient_axis(simd_f32 to[TAPS], const simd_f32 u[WINDOW])
{
    const simd_f32 a = (u[1] + u[2]) * (-1.0f / 6.0f), b = (u[2] - u[1]) * (1.0f / 6.0f);
    const simd_f32 c = u[3] + u[4], e = (u[3] - u[4]) * (1.0f / 12.0f);
    to[0] = u[0] * 0.25f + a + c * (1.0f / 24.0f);
    to[1] = b + e;
    to[2] = a + c * (1.0f / 6.0f) + u[5];
}

/* ---- both axes ---- */

ALWAYS_INLINE simd_f32 load_codes(const int16_t *from)
{
    simd_i16_half narrow;
    SIMD_LOAD(narrow, from);
    return __builtin_convertvector(__builtin_convertvector(narrow, simd_i32), simd_f32);
}

ALWAYS_INLINE simd_f32 load_floats(const float *from)
{
    simd_f32 x;
    SIMD_LOAD(x, from);
    return x;
}

/* Rows of `columns` numbers to rows of six, which are stored. */
ALWAYS_INLINE void store_window(float *v, size_t position, const simd_f32 row[WINDOW])
{
    SIMD_UNROLL
    for (size_t i = 0; i < WINDOW; i++)
        SIMD_STORE(v + i * position, row[i]);
}

/* One vector of channels; `codes` or `floats` is NULL. */
ALWAYS_INLINE void window(float *v, size_t position, const int16_t *codes, const float *floats,
                          struct winograd_pixels from)
{
    simd_f32 half[WINDOW][WINDOW]; /* [column, row of B' d] */
    SIMD_UNROLL
    for (size_t x = 0; x < WINDOW; x++) {
        simd_f32 d[WINDOW];
        SIMD_UNROLL
        for (size_t y = 0; y < WINDOW; y++) {
            const size_t at = y * from.row + x * from.pixel;
            d[y] = codes ? load_codes(codes + at) : load_floats(floats + at);
        }
        window_axis(half[x], d);
    }
    SIMD_UNROLL
    for (size_t i = 0; i < WINDOW; i++) {
        simd_f32 row[WINDOW], out[WINDOW];
        SIMD_UNROLL
        for (size_t x = 0; x < WINDOW; x++)
            row[x] = half[x][i];
        window_axis(out, row);
        store_window(v + i * WINDOW * position, position, out);
    }
}

static void window_of_codes(float *v, struct winograd_place place, const int16_t *d,
                            struct winograd_pixels from, size_t panels)
{
    for (size_t p = 0; p < panels; p++)
        for (size_t c = 0; c < PANEL_WIDTH; c += SIMD_LANES)
            window(v + p * place.panel + c, place.position, d + p * PANEL_WIDTH + c, NULL, from);
}

static void window_of_floats(float *v, struct winograd_place place, const float *d,
                             struct winograd_pixels from, size_t panels)
{
    for (size_t p = 0; p < panels; p++)
        for (size_t c = 0; c < PANEL_WIDTH; c += SIMD_LANES)
            window(v + p * place.panel + c, place.position, NULL, d + p * PANEL_WIDTH + c, from);
}

ALWAYS_INLINE void tile_vector(float *v, size_t position, const float *dy,
                               struct winograd_pixels from)
{
    simd_f32 half[TILE][WINDOW]; /* [column, row of A dy] */
    SIMD_UNROLL
    for (size_t x = 0; x < TILE; x++) {
        simd_f32 d[TILE];
        SIMD_UNROLL
        for (size_t y = 0; y < TILE; y++)
            d[y] = load_floats(dy + y * from.row + x * from.pixel);
        tile_axis(half[x], d);
    }
    SIMD_UNROLL
    for (size_t i = 0; i < WINDOW; i++) {
        simd_f32 row[TILE], out[WINDOW];
        SIMD_UNROLL
        for (size_t x = 0; x < TILE; x++)
            row[x] = half[x][i];
        tile_axis(out, row);
        store_window(v + i * WINDOW * position, position, out);
    }
}

static void tile(float *v, struct winograd_place place, const float *dy,
                 struct winograd_pixels from, size_t panels)
{
    for (size_t p = 0; p < panels; p++)
        for (size_t c = 0; c < PANEL_WIDTH; c += SIMD_LANES)
            tile_vector(v + p * place.panel + c, place.position, dy + p * PANEL_WIDTH + c, from);
}

/* One vector of channels, all 4x4 pixels. */
ALWAYS_INLINE void result_vector(simd_f32 y[TILE][TILE], const float *m, size_t position)
{
    simd_f32 half[WINDOW][TILE]; /* [column, row of A' m] */
    SIMD_UNROLL
    for (size_t x = 0; x < WINDOW; x++) {
        simd_f32 column[WINDOW];
        SIMD_UNROLL
        for (size_t i = 0; i < WINDOW; i++)
            column[i] = load_floats(m + (i * WINDOW + x) * position);
        result_axis(half[x], column);
    }
    SIMD_UNROLL
    for (size_t i = 0; i < TILE; i++) {
        simd_f32 row[WINDOW];
        SIMD_UNROLL
        for (size_t x = 0; x < WINDOW; x++)
            row[x] = half[x][i];
        result_axis(y[i], row);
    }
}

static void result(float *y, struct winograd_pixels to, size_t rows, size_t columns, const float *m,
                   struct winograd_place place, size_t channels, int accumulate)
{
    for (size_t c = 0; c < channels; c += SIMD_LANES) {
        simd_f32 value[TILE][TILE];
        result_vector(value, m + c / PANEL_WIDTH * place.panel + c % PANEL_WIDTH, place.position);
        for (size_t i = 0; i < rows; i++)
            for (size_t x = 0; x < columns; x++) {
                float *at = y + i * to.row + x * to.pixel + c;
                const simd_f32 sum = accumulate ? load_floats(at) + value[i][x] : value[i][x];
                SIMD_STORE(at, sum);
            }
    }
}

/* ---- weights ---- */

static void turned_weights(float *u, size_t position, const float *w, size_t tap, size_t n)
{
    for (size_t i = 0; i < n; i += SIMD_LANES) {
        simd_f32 half[TAPS][WINDOW];
        for (size_t x = 0; x < TAPS; x++) {
            simd_f32 column[TAPS];
            for (size_t y = 0; y < TAPS; y++)
                column[y] = load_floats(w + (TAPS * TAPS - 1 - (y * TAPS + x)) * tap + i);
            weight_axis(half[x], column);
        }
        for (size_t r = 0; r < WINDOW; r++) {
            const simd_f32 row[TAPS] = {half[0][r], half[1][r], half[2][r]};
            simd_f32 out[WINDOW];
            weight_axis(out, row);
            store_window(u + r * WINDOW * position + i, position, out);
        }
    }
}

static void weight_gradient(float *dw, size_t tap, const float *u, size_t position, size_t n)
{
    for (size_t i = 0; i < n; i += SIMD_LANES) {
        simd_f32 half[WINDOW][TAPS];
        for (size_t x = 0; x < WINDOW; x++) {
            simd_f32 column[WINDOW];
            for (size_t r = 0; r < WINDOW; r++)
                column[r] = load_floats(u + (r * WINDOW + x) * position + i);
            weight_gradient_axis(half[x], column);
        }
        for (size_t y = 0; y < TAPS; y++) {
            const simd_f32 row[WINDOW] = {half[0][y], half[1][y], half[2][y],
                                          half[3][y], half[4][y], half[5][y]};
            simd_f32 out[TAPS];
            weight_gradient_axis(out, row);
            for (size_t x = 0; x < TAPS; x++)
                SIMD_STORE(dw + (y * TAPS + x) * tap + i, out[x]);
        }
    }
}

extern const struct winograd_kernels SIMD_NAME(winograd_kernels);
const struct winograd_kernels SIMD_NAME(winograd_kernels) = {
    .window_of_codes = window_of_codes,
    .window_of_floats = window_of_floats,
    .tile = tile,
    .result = result,
    .turned_weights = turned_weights,
    .weight_gradient = weight_gradient,
};
