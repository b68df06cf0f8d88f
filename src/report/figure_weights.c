/* Weights per digit: how many codes have which digit in which slice. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/figures.h"
#include "store/store.h"

/* Digits of a slice and their counts [slice, digit]; NULL with a line when the file is damaged. */
static uint64_t *read_histogram(const struct report_result *result, size_t *digits,
                                struct error *err)
{
    static const char path[] = "/slices/total/histogram";
    size_t length[STORE_AXES] = {0};
    uint64_t *count = NULL;
    struct store_file *file = store_open(result->path, err);
    if (!file)
        return NULL;
    if (store_shape(file, path, length) != 2 || length[0] != (size_t)result->slices ||
        length[1] < 2 || length[1] > BIT_SLICE_MAX_DIGITS)
        error_set(err, "%s: dataset '%s' is missing or has a wrong shape", result->path, path);
    else {
        count = MEM_NEW(uint64_t, length[0] * length[1]);
        if (!store_read(file, path, STORE_U64, length[0] * length[1], count, err)) {
            mem_free(count);
            count = NULL;
        }
    }
    store_close(file);
    *digits = length[1];
    return count;
}

/* Returns the smallest share above 0, in percent. */
static double write_slice(struct plot *plot, const uint64_t *count, size_t digits, int k)
{
    double codes = 0, low = 100;
    for (size_t d = 0; d < digits; d++)
        codes += (double)count[d];
    plot_block(plot, "digit, codes, share of all codes (%)");
    fprintf(plot->data, "# slice B%d\n", k);
    for (size_t d = 0; d < digits; d++) {
        const double share = codes > 0 ? 100 * (double)count[d] / codes : 0;
        fprintf(plot->data, "%zu %llu %.9g\n", d, (unsigned long long)count[d], share);
        low = count[d] > 0 ? fmin(low, share) : low;
    }
    return low;
}

static enum figure_state draw(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err)
{
    (void)report;
    size_t digits;
    double low = 100;
    if (!result->is_quantised)
        return FIGURE_NO_DATA;
    uint64_t *count = read_histogram(result, &digits, err);
    if (!count)
        return FIGURE_BAD_FILE;
    for (int k = result->slices - 1; k >= 0; k--)
        low = fmin(low, write_slice(plot, count + (size_t)k * digits, digits, k));
    mem_free(count);
    plot_page(plot, 520, 320);
    fprintf(plot->script,
            "set logscale y\nset format y '%%h'\nset yrange [%.9g:130]\n"
            "set xrange [-0.2:%g]\n%s"
            "set xlabel 'digit of the slice (cell level)'\n"
            "set ylabel 'weights and biases (%%, logarithmic)'\n"
            "set key outside right top\n",
            pow(10, floor(log10(low))), (double)digits - 0.8, digits <= 16 ? "set xtics 1\n" : "");
    for (int k = result->slices - 1; k >= 0; k--) {
        plot_using(plot, result->slices - 1 - k);
        fprintf(plot->script, "1:($2 > 0 ? $3 : NaN) with linespoints %s title 'B%d'",
                plot_style(k).text, k);
    }
    plot_end(plot);
    return FIGURE_DRAWN;
}

const struct figure figure_weights = {
    "weights",
    "Weights per digit",
    "Share of all codes, weights and biases, with each digit in each slice; a digit that no code has "
    "is left out.",
    true,
    "not quantised; reslice train with fixed_point.quantise does that",
    draw,
};
