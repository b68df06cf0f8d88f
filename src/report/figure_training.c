/* Training curves: loss, accuracy and non-zero slices by epoch. */
#include <math.h>

#include "base/mem.h"
#include "report/figures.h"
#include "store/store.h"

enum { LOSSES, ACCURACIES, PANELS, PARTS = 3 };

static const char *const columns[PANELS][PARTS] = {
    {"train_loss",     "validation_loss",     "test_loss"    },
    {"train_accuracy", "validation_accuracy", "test_accuracy"},
};
static const char *const part_names[PARTS] = {"training", "validation", "test"};

struct curves {
    size_t epochs; /* rows; row 0 is before training */
    int slices;
    double *value[PANELS][PARTS]; /* [epochs]; accuracies in percent */
    double *nonzero;              /* [epochs, slices], 0..1 */
};

static void free_curves(struct curves *curves)
{
    for (int p = 0; p < PANELS; p++)
        for (int i = 0; i < PARTS; i++)
            mem_free(curves->value[p][i]);
    mem_free(curves->nonzero);
}

static bool read_curves(struct curves *curves, const struct store_file *file, struct error *err)
{
    for (int p = 0; p < PANELS; p++)
        for (int i = 0; i < PARTS; i++) {
            char path[64];
            double *value = curves->value[p][i] = MEM_NEW(double, curves->epochs);
            snprintf(path, sizeof path, "/history/%s", columns[p][i]);
            if (!store_read(file, path, STORE_F64, curves->epochs, value, err))
                return false;
            for (size_t e = 0; p == ACCURACIES && e < curves->epochs; e++)
                value[e] *= 100;
        }
    const size_t n = curves->epochs * (size_t)curves->slices;
    curves->nonzero = MEM_NEW(double, n);
    return store_read(file, "/history/nonzero", STORE_F64, n, curves->nonzero, err);
}

static bool has_numbers(const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i]))
            return true;
    return false;
}

static void write_data(struct plot *plot, const struct curves *curves)
{
    plot_block(plot,
               "epoch (0: before training), loss (nat) of training, validation and test, "
               "accuracy (%) of training, validation and test, non-zero codes (%) of B0, B1, …");
    for (size_t e = 0; e < curves->epochs; e++) {
        fprintf(plot->data, "%zu", e);
        for (int p = 0; p < PANELS; p++)
            for (int i = 0; i < PARTS; i++)
                fprintf(plot->data, " %.9g", curves->value[p][i][e]);
        for (int k = 0; k < curves->slices; k++)
            fprintf(plot->data, " %.9g",
                    100 * curves->nonzero[e * (size_t)curves->slices + (size_t)k]);
        fputc('\n', plot->data);
    }
}

static void widen(double *low, double *high, double value)
{
    if (isfinite(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

/* What the untrained network does would press the curves flat: it is shown only where that takes no
 * more than half of the height. */
static void set_range(struct plot *plot, const struct curves *curves, int panel)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < PARTS; i++)
        for (size_t e = 1; e < curves->epochs; e++)
            widen(&low, &high, curves->value[panel][i][e]);
    const double span = high - low;
    for (int i = 0; i < PARTS; i++) {
        const double start = curves->value[panel][i][0];
        if (start >= low - span && start <= high + span)
            widen(&low, &high, start);
    }
    const double margin = high > low ? 0.06 * (high - low) : fmax(0.05 * fabs(high), 1e-3);
    if (isfinite(span))
        fprintf(plot->script, "set yrange [%.9g:%.9g]\n", low - margin, high + margin);
}

/* The names of all axes stand in one line, which gnuplot's own would not. */
static void name_axis(struct plot *plot, const char *name)
{
    fprintf(plot->script, "set label 2 '%s' at screen 0.025, graph 0.5 center rotate by 90\n",
            name);
}

static void draw_panel(struct plot *plot, const struct curves *curves, int panel)
{
    static const char *const labels[PANELS] = {"loss (nat)", "accuracy (%)"};
    set_range(plot, curves, panel);
    name_axis(plot, labels[panel]);
    for (int i = 0; i < PARTS; i++) {
        if (!has_numbers(curves->value[panel][i], curves->epochs))
            continue;
        plot_using(plot, 0);
        fprintf(plot->script, "1:%d with linespoints %s pi every title '%s'", 2 + panel * PARTS + i,
                plot_style(i).text, part_names[i]);
    }
    plot_end(plot);
}

static void draw_slices(struct plot *plot, const struct curves *curves)
{
    fputs("set yrange [0:*]\n", plot->script);
    name_axis(plot, "non-zero codes (%)");
    for (int k = curves->slices - 1; k >= 0; k--) {
        plot_using(plot, 0);
        fprintf(plot->script, "1:%d with linespoints %s pi every title 'slice B%d'",
                2 + PANELS * PARTS + k, plot_style(k).text, k);
    }
    plot_end(plot);
}

static void write_script(struct plot *plot, const struct curves *curves, int64_t kept)
{
    const bool has_slices = has_numbers(curves->nonzero, curves->epochs * (size_t)curves->slices);
    const int panels = PANELS + (has_slices ? 1 : 0);
    const double height = 70 + 190 * panels;
    plot_page(plot, 640, height);
    fprintf(
        plot->script,
        "every = %zu\n" /* markers at some epochs only */
        "set multiplot layout %d,1 margins screen 0.12, 0.79, %.4f, %.4f spacing screen 0, %.4f\n"
        "set key at graph 1.03, graph 1 left top\n"
        "set xrange [0:%zu]\n"
        "set arrow from %lld, graph 0 to %lld, graph 1 nohead lc rgb '#606060' dt (4,4) lw 1\n"
        "set label 1 'epoch kept: %lld' at graph 1.03, graph 0.08 textcolor rgb '#404040'\n"
        "set format x ''\nunset clip one\n",
        curves->epochs / 15 + 1, panels, 56 / height, 1 - 12 / height, 16 / height,
        curves->epochs - 1, (long long)kept, (long long)kept, (long long)kept);
    for (int panel = 0; panel < panels; panel++) {
        if (panel == panels - 1)
            fputs("set format x '%h'\nset xlabel 'epoch'\n", plot->script);
        if (panel < PANELS)
            draw_panel(plot, curves, panel);
        else
            draw_slices(plot, curves);
        fputs("unset label 1\n", plot->script);
    }
    fputs("unset multiplot\n", plot->script);
}

static enum figure_state draw(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err)
{
    (void)report;
    size_t length[STORE_AXES] = {0};
    struct curves curves = {.slices = result->slices};
    struct store_file *file = store_open(result->path, err);
    if (!file)
        return FIGURE_BAD_FILE;
    if (store_shape(file, "/history/epoch", length) == 1)
        curves.epochs = length[0];
    enum figure_state state = FIGURE_NO_DATA;
    if (curves.epochs > 1) { /* not only the row before training */
        state = read_curves(&curves, file, err) ? FIGURE_DRAWN : FIGURE_BAD_FILE;
        if (state == FIGURE_DRAWN) {
            write_data(plot, &curves);
            write_script(plot, &curves, result->epoch);
        }
        free_curves(&curves);
    }
    store_close(file);
    return state;
}

const struct figure figure_training = {
    "training",
    "Training curves",
    "By epoch; epoch 0 is the state before training, left out where its loss and accuracy would press "
    "the curves flat. Loss: mean cross-entropy. The dashed line marks the epoch whose weights were "
    "kept.",
    true,
    "no training; reslice train with epochs of 1 or more does some",
    draw,
};
