/* Non-zero ratio of each slice, a line a run: dots, so that many runs fit and names stay readable. */
#include <math.h>

#include "report/figures.h"

enum { TOP_PX = 40, BOTTOM_PX = 58, ROW_PX = 30, LABEL_SIGNS = 32 };

struct range {
    double low, high;
};

static void mean_and_std(const struct report_row *row, int k, double *mean, double *std)
{
    const double n = (double)row->seeds;
    double sum = 0, squares = 0;
    for (const struct report_result *r = row->first; r; r = r->next_seed)
        sum += 100 * r->nonzero[k];
    *mean = sum / n;
    for (const struct report_result *r = row->first; r; r = r->next_seed)
        squares += (100 * r->nonzero[k] - *mean) * (100 * r->nonzero[k] - *mean);
    *std = row->seeds > 1 ? sqrt(squares / (n - 1)) : 0;
}

static void write_rows(struct plot *plot, const struct report *report, int k, struct range *range)
{
    int y = 0;
    for (size_t i = 0; i < report->rows; i++) {
        const struct report_row *row = &report->row[i];
        if (!row->first->is_quantised)
            continue;
        y++;
        if (k >= row->first->slices)
            continue;
        double mean, std;
        mean_and_std(row, k, &mean, &std);
        fprintf(plot->data, "%d %.9g %.9g # %s\n", y, mean, std, row->label);
        range->low = fmin(range->low, mean - std);
        range->high = fmax(range->high, mean + std);
    }
}

static void set_rows(struct plot *plot, const struct report *report, int rows)
{
    const double height = TOP_PX + BOTTOM_PX + ROW_PX * rows;
    int y = 0;
    plot_page(plot, 640, height);
    fprintf(plot->script,
            "set tmargin at screen %.4f\nset bmargin at screen %.4f\nset rmargin 3\n"
            "set yrange [%g:0.4]\nunset ytics\nset ytics scale 0 ()\n",
            1 - TOP_PX / height, BOTTOM_PX / height, rows + 0.6);
    for (size_t i = 0; i < report->rows; i++)
        if (report->row[i].first->is_quantised) {
            fputs("set ytics add (", plot->script);
            plot_quote_tic(plot, report->row[i].label, LABEL_SIGNS);
            fprintf(plot->script, " %d)\n", ++y);
        }
}

static void draw_slices(struct plot *plot, int slices, struct range range, bool has_seeds)
{
    const bool is_log = range.low > 0 && range.high > 10 * range.low;
    if (is_log)
        plot_log_axis(plot, "x", 0.8 * range.low, 1.25 * range.high);
    else
        fprintf(plot->script, "set xrange [0:%.9g]\n", range.high > 0 ? 1.08 * range.high : 1);
    fprintf(plot->script,
            "set xlabel 'weights and biases with a non-zero digit (%%%s)'\n"
            "set key at screen 0.5, screen 0.99 center top horizontal maxrows 1\n",
            is_log ? ", logarithmic" : "");
    for (int k = slices - 1; k >= 0; k--) {
        const double shift = 0.36 * ((slices - 1) / 2.0 - k) / slices; /* of dots in one place */
        plot_using(plot, slices - 1 - k);
        fprintf(plot->script, "2:($1 + %.3f) with points %s title 'slice B%d'", shift,
                plot_style(k).text, k);
        if (has_seeds) {
            plot_using(plot, slices - 1 - k);
            fprintf(plot->script, "2:($1 + %.3f):3 with xerrorbars %s dt 1 ps 0 notitle", shift,
                    plot_colour(k));
        }
    }
    plot_end(plot);
}

static enum figure_state draw(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err)
{
    (void)result, (void)err;
    int rows = 0, slices = 0;
    bool has_seeds = false;
    for (size_t i = 0; i < report->rows; i++)
        if (report->row[i].first->is_quantised) {
            rows++;
            has_seeds |= report->row[i].seeds > 1;
            slices = report->row[i].first->slices > slices ? report->row[i].first->slices : slices;
        }
    if (rows == 0)
        return FIGURE_NO_DATA;
    set_rows(plot, report, rows);
    struct range range = {INFINITY, 0};
    for (int k = slices - 1; k >= 0; k--) {
        plot_block(plot, "row, mean over seeds (%), sample standard deviation (%), run");
        fprintf(plot->data, "# slice B%d\n", k);
        write_rows(plot, report, k, &range);
    }
    draw_slices(plot, slices, range, has_seeds);
    return FIGURE_DRAWN;
}

const struct figure figure_nonzero = {
    "nonzero",
    "Non-zero ratio of the slices",
    "Share of all codes, weights and biases, whose digit in that slice is not 0. Bars: sample "
    "standard deviation over seeds, where there are several.",
    false,
    "not quantised; reslice train with fixed_point.quantise does that",
    draw,
};
