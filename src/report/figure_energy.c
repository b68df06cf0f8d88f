/* Energy against accuracy: every choice of ADC bits of every run, and the best of them. */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "report/figures.h"

struct point {
    double energy_nj, accuracy; /* percent */
    const struct report_result *result;
    const struct report_assignment *assignment;
};

struct cloud {
    size_t points, best; /* the first `best` after find_front are the Pareto front */
    struct point *point;
};

static struct cloud list_points(const struct report *report)
{
    struct cloud cloud = {0, 0, NULL};
    size_t all = 0;
    for (size_t i = 0; i < report->results; i++)
        all += report->result[i].assignments;
    cloud.point = MEM_NEW(struct point, all);
    for (size_t i = 0; i < report->results; i++)
        for (size_t a = 0; a < report->result[i].assignments; a++) {
            const struct report_assignment *assignment = &report->result[i].assignment[a];
            /* the axis is logarithmic */
            if (isfinite(assignment->energy_pj) && assignment->energy_pj > 0 &&
                isfinite(assignment->test))
                cloud.point[cloud.points++] =
                    (struct point){assignment->energy_pj / 1000, 100 * assignment->test,
                                   &report->result[i], assignment};
        }
    return cloud;
}

/* Cheap ones first, of equal ones the better. */
static int compare(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    if (p->energy_nj != q->energy_nj)
        return p->energy_nj < q->energy_nj ? -1 : 1;
    return (p->accuracy < q->accuracy) - (p->accuracy > q->accuracy);
}

/* Sorts the points; those that nothing cheaper reaches in accuracy come first. */
static void find_front(struct cloud *cloud)
{
    double most = -INFINITY;
    struct point *rest = MEM_NEW(struct point, cloud->points);
    size_t others = 0;
    qsort(cloud->point, cloud->points, sizeof *cloud->point, compare);
    for (size_t i = 0; i < cloud->points; i++)
        if (cloud->point[i].accuracy > most) {
            most = cloud->point[i].accuracy;
            cloud->point[cloud->best++] = cloud->point[i];
        } else {
            rest[others++] = cloud->point[i];
        }
    for (size_t i = 0; i < others; i++)
        cloud->point[cloud->best + i] = rest[i];
    mem_free(rest);
}

struct range {
    double low, high;
};

/* ---- data ---- */

enum { BITS_BYTES = 64, COMMAS_FIT = 5 /* slices, in the list beside the panels */ };

/* "1,3,3,3", the most significant slice first. */
static void bits_text(const struct point *point, const char *separator, char text[BITS_BYTES])
{
    size_t used = 0;
    for (int k = point->result->crossbar_slices - 1; k >= 0; k--)
        used += (size_t)snprintf(text + used, BITS_BYTES - used, "%d%s", point->assignment->bits[k],
                                 k > 0 ? separator : "");
}

/* The same, as short as the list beside the panels wants it: "877511111". */
static void short_bits_text(const struct point *point, char text[BITS_BYTES])
{
    bool is_short = point->result->crossbar_slices > COMMAS_FIT;
    for (int k = 0; k < point->result->crossbar_slices; k++)
        is_short &= point->assignment->bits[k] < 10;
    bits_text(point, is_short ? "" : ",", text);
}

static bool is_of_row(const struct point *point, const struct report_row *row)
{
    for (const struct report_result *r = row->first; r; r = r->next_seed)
        if (r == point->result)
            return true;
    return false;
}

/* Test samples behind the points of a row, of all rows when it is NULL; 0 where a file does not say. */
static struct range samples_range(const struct cloud *cloud, const struct report_row *row)
{
    struct range range = {INFINITY, 0};
    for (size_t i = 0; i < cloud->points; i++) {
        const struct point *point = &cloud->point[i];
        if (row && !is_of_row(point, row))
            continue;
        range.low = fmin(range.low, (double)point->result->test_samples);
        range.high = fmax(range.high, (double)point->result->test_samples);
    }
    return range;
}

static size_t write_row(struct plot *plot, const struct cloud *cloud, const struct report_row *row)
{
    size_t n = 0;
    for (size_t i = 0; i < cloud->points; i++) {
        const struct point *point = &cloud->point[i];
        char bits[BITS_BYTES];
        if (!is_of_row(point, row))
            continue;
        if (n++ == 0) {
            plot_block(plot,
                       "ADC energy of a sample (nJ), test accuracy (%), ADC bits of the slices, "
                       "most significant first, name of the choice");
            fprintf(plot->data, "# run %s\n", row->label);
        }
        bits_text(point, ",", bits);
        fprintf(plot->data, "%.9g %.9g %s # %s\n", point->energy_nj, point->accuracy, bits,
                point->assignment->name);
    }
    return n;
}

static void write_front(struct plot *plot, const struct cloud *cloud)
{
    plot_block(plot, "the Pareto front: energy (nJ), accuracy (%), ADC bits");
    for (size_t i = 0; i < cloud->best; i++) {
        char bits[BITS_BYTES];
        bits_text(&cloud->point[i], ",", bits);
        fprintf(plot->data, "%.9g %.9g %s\n", cloud->point[i].energy_nj, cloud->point[i].accuracy,
                bits);
    }
}

/* ---- draw ---- */

enum { FRONT_LISTED = 12, LINE_PX = 18, LABEL_SIGNS = 21, SHORT_LABEL_SIGNS = 14 };

static const double TOP_POINTS = 3; /* percent points of the enlarged panel */
static const char key_beside[] = "set key at screen 0.775, graph 1 left top";

/* Of the points at most `span` percent points below the best. */
static struct range accuracy_range(const struct cloud *cloud, double span)
{
    struct range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < cloud->points; i++)
        range.high = fmax(range.high, cloud->point[i].accuracy);
    for (size_t i = 0; i < cloud->points; i++)
        if (cloud->point[i].accuracy >= range.high - span)
            range.low = fmin(range.low, cloud->point[i].accuracy);
    return range;
}

static struct range energy_range(const struct cloud *cloud)
{
    struct range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < cloud->points; i++) {
        range.low = fmin(range.low, cloud->point[i].energy_nj);
        range.high = fmax(range.high, cloud->point[i].energy_nj);
    }
    return range;
}

/* A run in the key, with its test samples where others have other ones. */
static void put_run(struct plot *plot, const struct cloud *cloud, const struct report_row *row)
{
    const struct range all = samples_range(cloud, NULL), own = samples_range(cloud, row);
    const bool is_same = all.low == all.high;
    plot_quote(plot, row->label, is_same ? LABEL_SIGNS : SHORT_LABEL_SIGNS);
    if (is_same)
        return;
    fprintf(plot->script, ".' (%.0f", own.low);
    if (own.high > own.low)
        fprintf(plot->script, "–%.0f", own.high);
    fputs(")'", plot->script);
}

static void draw_panel(struct plot *plot, const struct report *report, const struct cloud *cloud,
                       double span)
{
    const struct range range = accuracy_range(cloud, span);
    const double margin = fmax(0.06 * (range.high - range.low), 0.15);
    int block = 1;
    fprintf(plot->script, "set yrange [%.9g:%.9g]\n", range.low - margin, range.high + margin);
    plot_using(plot, 0);
    fputs("1:2 with steps lc rgb '#606060' lw 1.2 dt (5,3) notitle", plot->script);
    for (size_t r = 0; r < report->rows; r++) {
        bool occurs = false;
        for (size_t i = 0; i < cloud->points; i++)
            occurs |= is_of_row(&cloud->point[i], &report->row[r]);
        if (!occurs)
            continue;
        plot_using(plot, block);
        fprintf(plot->script, "1:2 with points %s title ", plot_style(block - 1).text);
        put_run(plot, cloud, &report->row[r]);
        block++;
    }
    plot_using(plot, 0);
    fputs("1:2 with points pt 6 ps 1.4 lw 1.2 lc rgb '#000000' title 'Pareto front'", plot->script);
    plot_using(plot, 0);
    fputs("1:2:(sprintf('%d', $0 + 1)) with labels offset 1.1,-0.6 font ',10' notitle",
          plot->script);
    plot_end(plot);
}

/* The points of the front have numbers; the list beside the panels says which bits they are. */
static void list_front(struct plot *plot, const struct cloud *cloud, int rows, double height)
{
    double y = 1 - (28 + LINE_PX * (rows + 2.5)) / height;
    fprintf(plot->script, "set label 'front: bits; nJ; %%' at screen 0.775, %.4f\n", y);
    for (size_t i = 0; i < cloud->best && i < FRONT_LISTED; i++) {
        char bits[BITS_BYTES];
        const double energy = cloud->point[i].energy_nj;
        const int decimals = energy < 10 ? 2 : energy < 100 ? 1 : 0;
        short_bits_text(&cloud->point[i], bits);
        y -= LINE_PX / height;
        fprintf(plot->script, "set label '%zu:  %s;  %.*f;  %.2f' at screen 0.785, %.4f\n", i + 1,
                bits, decimals, energy, cloud->point[i].accuracy, y);
    }
    if (cloud->best > FRONT_LISTED)
        fprintf(plot->script, "set label '… and %zu more' at screen 0.785, %.4f\n",
                cloud->best - FRONT_LISTED, y - LINE_PX / height);
}

static void draw_cloud(struct plot *plot, const struct report *report, const struct cloud *cloud,
                       int rows)
{
    const struct range all = accuracy_range(cloud, INFINITY), energy = energy_range(cloud);
    const size_t listed = cloud->best < FRONT_LISTED ? cloud->best : FRONT_LISTED + 1;
    const double height = fmax(370, 70 + LINE_PX * ((double)listed + rows + 4));
    const bool is_close = all.high - all.low <= TOP_POINTS;
    const struct range samples = samples_range(cloud, NULL);
    char accuracy[64] = "test accuracy (%), samples in brackets";
    if (samples.low == samples.high)
        snprintf(accuracy, sizeof accuracy, "accuracy on %.0f test samples (%%)", samples.low);
    plot_page(plot, 900, height);
    list_front(plot, cloud, rows, height);
    fprintf(plot->script,
            "set multiplot layout 1,%d margins screen 0.07, 0.755, %.4f, %.4f spacing screen 0.06\n"
            "set xlabel 'ADC energy of a sample (nJ, logarithmic)'\n"
            "set ylabel '%s'\nset title 'all choices' offset 0,-0.5\n%s\n",
            is_close ? 1 : 2, 58 / height, 1 - 28 / height, accuracy,
            is_close ? key_beside : "unset key");
    plot_log_axis(plot, "x", 0.85 * energy.low, 1.2 * energy.high);
    draw_panel(plot, report, cloud, INFINITY);
    if (!is_close) {
        fprintf(plot->script,
                "unset label\nunset ylabel\nset title 'near the top' offset 0,-0.5\n%s\n",
                key_beside);
        draw_panel(plot, report, cloud, TOP_POINTS);
    }
    fputs("unset multiplot\n", plot->script);
}

static void warn_of_samples(const struct cloud *cloud)
{
    const struct range samples = samples_range(cloud, NULL);
    if (samples.low < samples.high)
        log_warn(
            "figure 'energy': accuracies on %.0f to %.0f test samples, whose front says little; "
            "reslice crossbar with one --test for all files makes them comparable",
            samples.low, samples.high);
}

static enum figure_state draw(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err)
{
    (void)result, (void)err;
    struct cloud cloud = list_points(report);
    if (cloud.points > 0) {
        int rows = 0;
        warn_of_samples(&cloud);
        find_front(&cloud);
        write_front(plot, &cloud);
        for (size_t r = 0; r < report->rows; r++)
            rows += write_row(plot, &cloud, &report->row[r]) > 0;
        draw_cloud(plot, report, &cloud, rows);
    }
    mem_free(cloud.point);
    return cloud.points > 0 ? FIGURE_DRAWN : FIGURE_NO_DATA;
}

const struct figure figure_energy = {
    "energy",
    "Energy against accuracy",
    "Every choice of ADC bits that reslice crossbar has tried, on every run: energy of the conversions "
    "of a sample (cost model isaac; 1 to 3 bits are extrapolated), accuracy on the test samples, whose "
    "number stands in brackets where files differ in it: then the front says little. "
    "Rings: nothing cheaper is as accurate (Pareto front); their list has the bits, the widest of "
    "layers and signs, most significant slice first, the energy and the accuracy.",
    false,
    "no choices of ADC bits in the files; reslice crossbar adds them",
    draw,
};
