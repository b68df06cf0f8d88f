#include "method/metrics.h"

#include <stdbool.h>

size_t metrics_nonzero(const float *w, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += w[i] != 0.0F;
    return count;
}

enum { INDEX_BITS = 16 };

uint64_t metrics_index_bits(const float *w, size_t n, int value_bits)
{
    uint64_t nonzero = 0, fillers[INDEX_BITS + 1] = {0}, best = 0, gap = 0;
    for (size_t i = 0; i < n; i++) {
        if (w[i] == 0.0F) {
            gap++;
            continue;
        }
        for (int b = 1; b <= INDEX_BITS; b++)
            fillers[b] += gap >> b;
        nonzero++;
        gap = 0;
    }
    for (int b = 1; b <= INDEX_BITS; b++) {
        const uint64_t bits = nonzero * (uint64_t)b + fillers[b] * (uint64_t)(b + value_bits);
        if (b == 1 || bits < best)
            best = bits;
    }
    return best;
}

size_t metrics_column_nonzero(const float *w, size_t outputs, size_t inputs, size_t rows, int sign)
{
    size_t most = 0;
    for (size_t o = 0; o < outputs; o++)
        for (size_t first = 0; first < inputs; first += rows) {
            const size_t end = inputs - first < rows ? inputs : first + rows;
            size_t count = 0;
            for (size_t i = first; i < end; i++) {
                const float x = w[o * inputs + i];
                count += sign > 0 ? x > 0.0F : sign < 0 ? x < 0.0F : x != 0.0F;
            }
            most = count > most ? count : most;
        }
    return most;
}

int metrics_lossless_bits(size_t nonzero, int cell_bits)
{
    const uint64_t most = (uint64_t)nonzero * ((UINT64_C(1) << cell_bits) - 1);
    int bits = 0;
    while (bits < 63 && UINT64_C(1) << bits < 1 + most)
        bits++;
    return bits;
}

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

enum { SIGNS = 2 };

struct metrics_arrays metrics_circulant(size_t outputs, size_t inputs, size_t block, size_t rows,
                                        size_t columns, size_t slices)
{
    const size_t high = SIGNS * divide_up(inputs, rows),
                 vectors = divide_up(outputs, block) * slices;
    struct metrics_arrays found = {.dense = high * divide_up(outputs * slices, columns),
                                   .arrays = high * divide_up(vectors, columns),
                                   .copies = 1};
    for (size_t d = 2; d <= block; d++)
        if (block % d == 0 && high * divide_up(vectors * d, columns) == found.arrays)
            found.copies = d;
    found.passes = block / found.copies;
    return found;
}

/* Diagonals of a k x k block that meet its corner of height x width. */
static size_t diagonals(size_t k, size_t height, size_t width)
{
    size_t count = 0;
    for (size_t t = 0; t < k; t++) {
        bool meets = false;
        for (size_t r = 0; r < height; r++)
            meets |= (r + t) % k < width;
        count += meets;
    }
    return count;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t metrics_circulant_values(size_t out, size_t in, size_t taps, size_t block)
{
    size_t values = 0;
    for (size_t r = 0; r < out; r += block)
        for (size_t c = 0; c < in; c += block)
            values += diagonals(block, smaller(block, out - r), smaller(block, in - c));
    return values * taps;
}

struct metrics_groups metrics_count_groups(const float *w, size_t out, size_t in, size_t taps,
                                           size_t group)
{
    struct metrics_groups found = {0};
    for (size_t o = 0; o < out; o++)
        for (size_t c = 0; c < in; c += group) {
            const size_t n = smaller(group, in - c) * taps;
            const size_t nonzero = metrics_nonzero(w + (o * in + c) * taps, n);
            const double zeros = 1.0 - (double)nonzero / (double)n;
            found.groups++;
            if (nonzero == 0)
                continue;
            if (found.alive == 0 || zeros < found.least_zeros)
                found.least_zeros = zeros;
            found.alive++;
        }
    return found;
}

double metrics_group_compression(struct metrics_groups groups, int bits)
{
    if (groups.alive == 0)
        return 0.0;
    const double density = (double)groups.alive / (double)groups.groups;
    return 32.0 / bits / (density * (1.0 - groups.least_zeros));
}
