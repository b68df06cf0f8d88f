/* Accuracy against the ADC bits of one slice, the others lossless. */
#include <math.h>
#include <string.h>

#include "report/figures.h"
#include "store/store.h"

struct sweep {
    size_t slices;
    double accuracy[CROSSBAR_MAX_SLICES][REPORT_SWEEP_WIDTHS]; /* percent */
    double exact, lowest_allowed;                              /* percent */
    int64_t samples;
    bool is_training; /* the samples */
};

static bool read_sweep(struct sweep *sweep, const struct report_result *result, struct error *err)
{
    double loss = 0;
    char part[32] = "";
    struct store_file *file = store_open(result->path, err);
    if (!file)
        return false;
    const bool fine =
        store_get_real(file, "/adc", "loss", &loss, err) &&
        store_get_integer(file, "/adc", "calibration_samples", &sweep->samples, err) &&
        store_get_text(file, "/adc", "calibration", part, sizeof part, err);
    store_close(file);
    sweep->slices = (size_t)result->crossbar_slices;
    sweep->is_training = strcmp(part, "train") == 0;
    sweep->exact = 100 * result->exact_calibration;
    sweep->lowest_allowed = 100 * (result->exact_calibration - loss);
    for (size_t k = 0; k < sweep->slices; k++)
        for (size_t n = 0; n < REPORT_SWEEP_WIDTHS; n++)
            sweep->accuracy[k][n] = 100 * result->sweep[k][n];
    return fine;
}

static void write_data(struct plot *plot, const struct sweep *sweep)
{
    plot_block(plot, "ADC bits, accuracy (%) of slice B0, B1, …");
    for (size_t n = 0; n < REPORT_SWEEP_WIDTHS; n++) {
        fprintf(plot->data, "%zu", n);
        for (size_t k = 0; k < sweep->slices; k++)
            fprintf(plot->data, " %.9g", sweep->accuracy[k][n]);
        fputc('\n', plot->data);
    }
}

static void draw_panel(struct plot *plot, const struct sweep *sweep, double low, double high,
                       bool has_key)
{
    fprintf(plot->script, "set yrange [%.9g:%.9g]\n%s\n", low, high,
            has_key ? "set key at graph 1.05, graph 1 left top" : "unset key");
    for (size_t k = sweep->slices; k-- > 0;) {
        plot_using(plot, 0);
        fprintf(plot->script, "1:%zu with linespoints %s title 'slice B%zu'", k + 2,
                plot_style((int)k).text, k);
    }
    fprintf(plot->script,
            ", \\\n     %.9g with lines lc rgb '#404040' lw 1 dt 1 title 'lossless'"
            ", \\\n     %.9g with lines lc rgb '#404040' lw 1 dt (4,4) title 'allowed'\n",
            sweep->exact, sweep->lowest_allowed);
    plot_end(plot);
}

/* All of it, and the last points enlarged, where the bits are decided. */
static void write_script(struct plot *plot, const struct sweep *sweep)
{
    double low = sweep->lowest_allowed, high = sweep->exact;
    for (size_t k = 0; k < sweep->slices; k++)
        for (size_t n = 0; n < REPORT_SWEEP_WIDTHS; n++) {
            low = fmin(low, sweep->accuracy[k][n]);
            high = fmax(high, sweep->accuracy[k][n]);
        }
    const double margin = fmax(0.04 * (high - low), 0.05);
    const double close = fmax(3 * (sweep->exact - sweep->lowest_allowed), 0.5);
    plot_page(plot, 760, 330);
    fprintf(
        plot->script,
        "set multiplot layout 1,2 margins screen 0.085, 0.845, 0.18, 0.91 spacing screen 0.085\n"
        "set xrange [-0.3:%g]\nset xtics 1\n"
        "set xlabel 'ADC bits of the slice (others lossless)'\n"
        "set ylabel 'accuracy on %lld %s samples (%%)'\nset title 'whole range' offset 0,-0.5\n",
        REPORT_SWEEP_WIDTHS - 0.7, (long long)sweep->samples,
        sweep->is_training ? "training" : "validation");
    draw_panel(plot, sweep, low - margin, high + margin, false);
    fputs("unset ylabel\nset title 'near the top' offset 0,-0.5\n", plot->script);
    draw_panel(plot, sweep, sweep->exact - close, high + 0.1 * close, true);
    fputs("unset multiplot\n", plot->script);
}

static enum figure_state draw(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err)
{
    (void)report;
    struct sweep sweep;
    if (result->assignments == 0)
        return FIGURE_NO_DATA;
    if (!read_sweep(&sweep, result, err))
        return FIGURE_BAD_FILE;
    write_data(plot, &sweep);
    write_script(plot, &sweep);
    return FIGURE_DRAWN;
}

const struct figure figure_adc = {
    "adc",
    "Accuracy against ADC bits",
    "Accuracy on the samples that reslice crossbar provisioned on, with so many ADC bits on one slice "
    "of all layers and lossless ADCs on the others. Dashed: the allowed loss.",
    true,
    "no accuracies by ADC bits in the file; reslice crossbar adds them",
    draw,
};
