/* Bitline currents of each slice, and where its converters would clip them. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/figures.h"
#include "store/store.h"

enum { CURRENT_AXES = 4, PANEL_PX = 248, KEY_PX = 15, THRESHOLDS = ADC_DEFINITIONS + 1 };

static const double TOP_SHARE = 150; /* percent: where the lines of the thresholds end */

/* Conversions of all layers, signs and input bits by slice and current. */
struct currents {
    size_t bins, slices;
    uint64_t *count; /* [slices, bins] */
};

/* ---- read ---- */

static bool add_layer(struct currents *currents, const struct store_file *file, const char *path,
                      const size_t length[STORE_AXES], struct error *err)
{
    const size_t bits = length[2], all = CROSSBAR_SIGNS * currents->slices * bits * currents->bins;
    uint64_t *histogram = MEM_NEW(uint64_t, all);
    const bool fine = store_read(file, path, STORE_U64, all, histogram, err);
    for (size_t i = 0; fine && i < all; i++) {
        const size_t s = i % currents->bins, k = i / (currents->bins * bits) % currents->slices;
        currents->count[k * currents->bins + s] += histogram[i];
    }
    mem_free(histogram);
    return fine;
}

static enum figure_state read_currents(struct currents *currents,
                                       const struct report_result *result,
                                       const struct store_file *file, struct error *err)
{
    for (size_t l = 0; l < result->layers; l++) {
        char path[128];
        size_t length[STORE_AXES] = {0};
        snprintf(path, sizeof path, "/crossbars/%s/current_histogram", result->layer[l].name);
        if (!store_has(file, path))
            return FIGURE_NO_DATA;
        const int axes = store_shape(file, path, length);
        if (!currents->count && axes == CURRENT_AXES && length[3] > 0) {
            currents->bins = length[3];
            currents->count = MEM_NEW(uint64_t, currents->slices * currents->bins);
        }
        if (axes != CURRENT_AXES || length[0] != CROSSBAR_SIGNS || length[1] != currents->slices ||
            length[3] != currents->bins) {
            error_set(err, "%s: dataset '%s' has a wrong shape", result->path, path);
            return FIGURE_BAD_FILE;
        }
        if (!add_layer(currents, file, path, length, err))
            return FIGURE_BAD_FILE;
    }
    return FIGURE_DRAWN;
}

/* Converters that clip at 2^bits and read one array: those found by reslice crossbar may not. */
static bool clips_currents(const struct store_file *file)
{
    char signs[32] = "", transfer[32] = "";
    struct error none;
    return store_get_text(file, "/adc", "signs", signs, sizeof signs, &none) &&
           store_get_text(file, "/adc", "transfer", transfer, sizeof transfer, &none) &&
           strcmp(signs, "analog") != 0 && strcmp(transfer, "clip") == 0;
}

/* ---- thresholds ---- */

struct threshold {
    const char *name;
    const int *bits; /* [slice] */
};

static int list_thresholds(struct threshold list[THRESHOLDS], const struct report_result *result,
                           const struct store_file *file)
{
    int n = 0;
    for (; n < ADC_DEFINITIONS; n++)
        list[n] = (struct threshold){adc_definitions[n].label, result->bits[n]};
    const struct report_assignment *chosen = report_provisioned(result);
    if (chosen && clips_currents(file))
        list[n++] = (struct threshold){"provisioned", chosen->bits};
    return n;
}

static bool is_first_of_its_bits(const struct threshold *list, int i, int k)
{
    for (int j = 0; j < i; j++)
        if (list[j].bits[k] == list[i].bits[k])
            return false;
    return true;
}

/* One line a width, in the key with all definitions that ask for it. */
static int count_lines(const struct threshold *list, int n, int k)
{
    int lines = 0;
    for (int i = 0; i < n; i++)
        lines += is_first_of_its_bits(list, i, k);
    return lines;
}

static void write_thresholds(struct plot *plot, const struct threshold *list, int n, int k,
                             double low)
{
    for (int i = 0; i < n; i++) {
        if (!is_first_of_its_bits(list, i, k))
            continue;
        const int bits = list[i].bits[k];
        plot_block(plot, "ADC bits, ends of a line (%)");
        fprintf(plot->data, "# slice B%d: %s\n%d %g\n%d %g\n", k, list[i].name, bits, low, bits,
                TOP_SHARE);
    }
}

static void draw_thresholds(struct plot *plot, const struct threshold *list, int n, int k,
                            int block)
{
    int line = 1; /* colour 0 has the blue of the currents */
    for (int i = 0; i < n; i++) {
        if (!is_first_of_its_bits(list, i, k))
            continue;
        const int bits = list[i].bits[k];
        plot_using(plot, block++);
        fprintf(plot->script, "1:2 with lines %s title '%d bit%s: %s", plot_style(line++).text,
                bits, bits == 1 ? "" : "s", list[i].name);
        for (int j = i + 1; j < n; j++)
            if (list[j].bits[k] == bits)
                fprintf(plot->script, ", %s", list[j].name);
        fputc('\'', plot->script);
    }
}

/* ---- draw ---- */

static void write_slice(struct plot *plot, const struct currents *currents, size_t k)
{
    const uint64_t *count = currents->count + k * currents->bins;
    double all = 0;
    for (size_t s = 0; s < currents->bins; s++)
        all += (double)count[s];
    plot_block(plot, "current (cell levels), conversions, share of all conversions (%)");
    fprintf(plot->data, "# slice B%zu\n", k);
    for (size_t s = 0; s < currents->bins; s++)
        fprintf(plot->data, "%zu %llu %.9g\n", s, (unsigned long long)count[s],
                all > 0 ? 100 * (double)count[s] / all : 0);
}

/* Smallest share above 0 as a power of ten, in percent; widest threshold or current in bits. */
static void find_ranges(const struct currents *currents, const struct report_result *result,
                        double *low, int *bits)
{
    *low = 10;
    *bits = 1;
    for (size_t k = 0; k < currents->slices; k++) {
        double all = 0, least = INFINITY;
        for (size_t s = 0; s < currents->bins; s++) {
            const double n = (double)currents->count[k * currents->bins + s];
            all += n;
            least = n > 0 ? fmin(least, n) : least;
        }
        if (all > 0)
            *low = fmin(*low, pow(10, floor(log10(100 * least / all))));
        for (int d = 0; d < ADC_DEFINITIONS; d++)
            *bits = result->bits[d][k] > *bits ? result->bits[d][k] : *bits;
    }
}

/* The axis is log2 of the current, so that N bits clip right of N; current s takes [s, s + 1), and 0
 * has a place of its own left of 1. */
static void set_axes(struct plot *plot, int slices, double low, int bits, int most_lines)
{
    const int columns = slices > 1 ? 2 : 1, rows = (slices + columns - 1) / columns;
    const double height = 48 + PANEL_PX * rows;
    plot_page(plot, 420 * columns, height);
    /* the key stands above 100 %: it takes `head` of a frame of 190 pixels */
    const double head = (12 + KEY_PX * most_lines) / 190.0;
    const double ymax = TOP_SHARE * pow(TOP_SHARE / low, head / (1 - head));
    fprintf(
        plot->script,
        "set multiplot layout %d,%d margins screen %.3f, 0.985, %.4f, %.4f spacing screen %.3f, "
        "%.4f\n"
        "set logscale y\nset yrange [%g:%g]\nset ytics (100, 1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, "
        "1e-12)\nset xrange [-1.15:%d.35]\nset xtics ('0' -0.5",
        rows, columns, 0.2 / columns, 56 / height, 1 - 26 / height, 0.15 / columns, 64 / height,
        low, ymax, bits);
    for (int b = 0; b <= bits; b++)
        fprintf(plot->script, ", '%d' %d", 1 << b, b);
    fputs(")\n"
          "set key at graph 0.02, graph 0.985 left top spacing 1.1 samplen 2 font ',10.5'\n"
          "set style fill solid 1 border\n"
          "left(s) = s > 0 ? log(s) / log(2) : -1\n"
          "right(s) = s > 0 ? log(s + 1) / log(2) : 0\n",
          plot->script);
}

static void draw_all(struct plot *plot, const struct currents *currents,
                     const struct report_result *result, const struct store_file *file)
{
    struct threshold list[THRESHOLDS];
    const int thresholds = list_thresholds(list, result, file), slices = (int)currents->slices;
    double low;
    int bits, block = 0, most_lines = 0;
    find_ranges(currents, result, &low, &bits);
    for (int k = 0; k < slices; k++) {
        const int lines = count_lines(list, thresholds, k);
        most_lines = lines > most_lines ? lines : most_lines;
    }
    set_axes(plot, slices, low, bits, most_lines);
    for (int k = slices - 1; k >= 0; k--) {
        write_slice(plot, currents, (size_t)k);
        write_thresholds(plot, list, thresholds, k, low);
        fprintf(plot->script,
                "set title 'slice B%d%s' offset 0,-0.6\nset ylabel '%s'\nset xlabel '%s'\n", k,
                k == slices - 1 && slices > 1 ? " (most significant)" : "",
                (slices - 1 - k) % 2 == 0 ? "conversions (%)" : "",
                k < 2 ? "bitline current (cell levels)" : ""); /* no panel below */
        plot_using(plot, block);
        fprintf(plot->script,
                "(left($1)):3:(left($1)):(right($1)):(%g):($2 > 0 ? $3 : NaN) with boxxyerror lc "
                "rgb '#A6C8E0' lw 0.5 notitle",
                low);
        draw_thresholds(plot, list, thresholds, k, block + 1);
        plot_end(plot);
        block += 1 + count_lines(list, thresholds, k);
    }
    fputs("unset multiplot\n", plot->script);
}

static enum figure_state draw(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err)
{
    (void)report;
    struct currents currents = {.slices = (size_t)result->crossbar_slices};
    if (result->layers == 0)
        return FIGURE_NO_DATA;
    struct store_file *file = store_open(result->path, err);
    if (!file)
        return FIGURE_BAD_FILE;
    const enum figure_state state = read_currents(&currents, result, file, err);
    if (state == FIGURE_DRAWN)
        draw_all(plot, &currents, result, file);
    mem_free(currents.count);
    store_close(file);
    return state;
}

const struct figure figure_currents = {
    "currents",
    "Bitline currents",
    "Conversions by bitline current, all layers, signs and input bits together; both axes are "
    "logarithmic, current 0 has a place of its own. A converter of N bits clips what lies right of "
    "its line at 2^N. Bits: the maximum over layers and signs; static: lossless for every input; "
    "observed: lossless on the test set; 99.99 %, 99.9 %: hold that share of the conversions of each "
    "layer and sign; provisioned: the cheapest within the allowed loss of accuracy.",
    true,
    "no bitline currents in the file; reslice crossbar adds them to a quantised run",
    draw,
};
