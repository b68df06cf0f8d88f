/* nn/winograd: transforms of every instruction set of this machine, put together as a convolution
 * does, against direct convolution in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/simd.h"
#include "nn/panels.h"
#include "nn/winograd.h"
#include "unit/support/random_numbers.h"

enum {
    TILE = WINOGRAD_TILE,
    WINDOW = WINOGRAD_WINDOW,
    POSITIONS = WINOGRAD_POSITIONS,
    PANELS = 3,
    CHANNELS = PANELS * PANEL_WIDTH,
    ROW = 9, /* pixels of the images that windows are cut from */
    TAPS = 9
};

/* Errors of float, of one tile: of a result, relative to 9 times the largest weight and the largest
 * pixel of the window; of a weight's gradient, relative to the sum of its terms' magnitudes. */
static const double RESULT_BOUND = 2e-6, GRADIENT_BOUND = 1e-5;

/* A transformed tile of three panels, panels and positions apart by more than they need. */
static const struct winograd_place place = {CHANNELS + 16, PANEL_WIDTH};
static const struct winograd_pixels pixels = {(size_t)ROW * CHANNELS, CHANNELS};

struct image {
    int16_t code[WINDOW * ROW * CHANNELS];
    float value[WINDOW * ROW * CHANNELS];
};

static void fill_image(struct image *image, int codes)
{
    for (size_t i = 0; i < sizeof image->code / sizeof *image->code; i++) {
        image->code[i] = random_code();
        image->value[i] = codes ? (float)image->code[i] : (float)random_real();
    }
}

static double pixel_of(const struct image *image, size_t y, size_t x, size_t channel)
{
    return (double)image->value[(y * ROW + x) * CHANNELS + channel];
}

static double largest_pixel(const struct image *image, size_t channel)
{
    double largest = 0.0;
    for (size_t p = 0; p < POSITIONS; p++)
        largest = fmax(largest, fabs(pixel_of(image, p / WINDOW, p % WINDOW, channel)));
    return largest;
}

static void put_window(const struct winograd_kernels *kernels, float *v, const struct image *image,
                       int codes)
{
    if (codes)
        kernels->window_of_codes(v, place, image->code, pixels, PANELS);
    else
        kernels->window_of_floats(v, place, image->value, pixels, PANELS);
}

/* ---- results: channel by channel, y[i,j] = sum d[i+u, j+v] w[2-u, 2-v] ---- */

static void check_result(const float *y, const float *start, const struct image *image,
                         const float *w, size_t rows, size_t columns, int accumulate)
{
    for (size_t i = 0; i < (size_t)TILE * ROW * CHANNELS; i++) {
        const size_t c = i % CHANNELS, x = i / CHANNELS % ROW, row = i / CHANNELS / ROW;
        double sum = accumulate ? (double)start[i] : 0.0, weight = 0.0;
        if (row >= rows || x >= columns) {
            assert_true(y[i] == start[i]);
            continue;
        }
        for (size_t t = 0; t < TAPS; t++) {
            const double factor = (double)w[(TAPS - 1 - t) * CHANNELS + c];
            sum += pixel_of(image, row + t / 3, x + t % 3, c) * factor;
            weight = fmax(weight, fabs(factor));
        }
        assert_true(fabs((double)y[i] - sum) <=
                    RESULT_BOUND * (9.0 * weight * largest_pixel(image, c) + fabs(sum)));
    }
}

static void check_results(const struct winograd_kernels *kernels, int codes)
{
    static struct image image;
    static float v[POSITIONS * (CHANNELS + 16)], u[POSITIONS * (CHANNELS + 16)];
    static float y[TILE * ROW * CHANNELS];
    const size_t position = place.position;
    for (size_t size = 1; size <= TILE; size++)
        for (int accumulate = 0; accumulate <= 1; accumulate++) {
            float *w = random_floats(TAPS * CHANNELS);
            float *start = random_floats(sizeof y / sizeof *y);
            fill_image(&image, codes);
            memcpy(y, start, sizeof y);
            put_window(kernels, v, &image, codes);
            kernels->turned_weights(u, position, w, CHANNELS, CHANNELS);
            for (size_t p = 0; p < POSITIONS; p++)
                for (size_t c = 0; c < CHANNELS; c++)
                    v[p * position + c] *= u[p * position + c];
            kernels->result(y, pixels, size, TILE + 1 - size, v, place, CHANNELS, accumulate);
            check_result(y, start, &image, w, size, TILE + 1 - size, accumulate);
            mem_free(w);
            mem_free(start);
        }
}

/* ---- gradients of weights: dw[u,v] = sum d[i+u, j+v] dy[i,j] ---- */

static void check_weight_gradient(const struct winograd_kernels *kernels, int codes)
{
    static struct image image, dy;
    static float v[POSITIONS * (CHANNELS + 16)], u[POSITIONS * (CHANNELS + 16)];
    static float dw[TAPS * CHANNELS];
    const size_t position = place.position;
    fill_image(&image, codes);
    fill_image(&dy, 0);
    put_window(kernels, v, &image, codes);
    kernels->tile(u, place, dy.value, pixels, PANELS);
    for (size_t p = 0; p < POSITIONS; p++)
        for (size_t c = 0; c < CHANNELS; c++)
            v[p * position + c] *= u[p * position + c];
    kernels->weight_gradient(dw, CHANNELS, v, position, CHANNELS);
    for (size_t i = 0; i < (size_t)TAPS * CHANNELS; i++) {
        const size_t c = i % CHANNELS, t = i / CHANNELS;
        double sum = 0.0, size = 0.0;
        for (size_t q = 0; q < (size_t)TILE * TILE; q++) {
            const double term = pixel_of(&image, q / TILE + t / 3, q % TILE + t % 3, c) *
                                pixel_of(&dy, q / TILE, q % TILE, c);
            sum += term;
            size += fabs(term);
        }
        assert_true(fabs((double)dw[i] - sum) <= GRADIENT_BOUND * size);
    }
}

static void for_all_levels(void (*check)(const struct winograd_kernels *, int codes))
{
    for (int level = 0; level <= (int)simd_level(); level++)
        for (int i = 0; winograd_kernels_of(level) && i < 20; i++)
            check(winograd_kernels_of(level), i % 2);
    assert_ptr_equal(winograd_kernels(), winograd_kernels_of((int)simd_level()));
    assert_int_equal(mem_live_blocks(), 0);
}

static void test_results(void **state)
{
    (void)state;
    for_all_levels(check_results);
}

static void test_weight_gradients(void **state)
{
    (void)state;
    for_all_levels(check_weight_gradient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_weight_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
