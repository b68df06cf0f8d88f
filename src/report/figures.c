#define _POSIX_C_SOURCE 200809L
#include "report/figures.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"
#include "report/gnuplot.h"
#include "store/disk.h"

enum { FIGURES_PATH = 4096 };

static const struct figure *const figures[] = {
    &figure_nonzero, &figure_energy,   &figure_training,
    &figure_weights, &figure_currents, &figure_adc,
};

enum { FIGURES = sizeof figures / sizeof figures[0] };

/* ---- names ---- */

/* Letters, digits and a few signs, so that shells, gnuplot and LaTeX take the name. */
static void file_name(const struct report *report, const struct figure *figure,
                      const struct report_result *result, char name[FIGURE_NAME])
{
    char label[REPORT_LABEL], other[REPORT_LABEL];
    if (!result) {
        snprintf(name, FIGURE_NAME, "%s", figure->name);
        return;
    }
    int namesakes = 0;
    report_run_label(report, result, label);
    for (const struct report_result *r = report->result; r < result; r++) {
        report_run_label(report, r, other);
        namesakes += strcmp(label, other) == 0;
    }
    const size_t used = (size_t)snprintf(name, FIGURE_NAME, "%s-%.180s", figure->name, label);
    for (char *c = name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,=@+", *c))
            *c = '_';
    if (namesakes > 0)
        snprintf(name + used, FIGURE_NAME - used, "_%d", namesakes + 1);
}

/* ---- one figure ---- */

struct drawing {
    const struct report *report;
    enum plot_format format;
    const char *folder; /* temporary */
    figure_sink sink;
    void *context;
    struct error *err;
};

/* `lacks` counts what cannot be drawn for lack of data, `lacking` is the first such run. */
static enum figures_state draw(const struct drawing *drawing, const struct figure *figure,
                               const struct report_result *result,
                               const struct report_result **lacking, size_t *lacks)
{
    struct figure_file file = {figure, result, drawing->folder, ""};
    struct plot plot;
    char script[FIGURE_NAME + 4];
    file_name(drawing->report, figure, result, file.name);
    snprintf(script, sizeof script, "%s.gp", file.name);
    if (!plot_open(&plot, drawing->folder, file.name, drawing->format, drawing->err))
        return FIGURES_ENVIRONMENT;
    const enum figure_state state = figure->draw(&plot, drawing->report, result, drawing->err);
    struct error why;
    const bool is_written = plot_close(&plot, &why);
    if (state == FIGURE_BAD_FILE)
        return FIGURES_BAD_FILE;
    if (state == FIGURE_NO_DATA) {
        *lacking = *lacking ? *lacking : result;
        *lacks += 1;
        return FIGURES_FINE;
    }
    if (!is_written)
        *drawing->err = why;
    return is_written && gnuplot_run(drawing->folder, script, drawing->err) &&
                   plot_check_picture(&plot, drawing->folder, drawing->err) &&
                   drawing->sink(drawing->context, &file, drawing->err)
               ? FIGURES_FINE
               : FIGURES_ENVIRONMENT;
}

/* The folder is temporary, and must go too when the user has had enough. */
static enum figures_state draw_unless_stopped(const struct drawing *drawing,
                                              const struct figure *figure,
                                              const struct report_result *result,
                                              const struct report_result **lacking, size_t *lacks)
{
    const enum figures_state state = draw(drawing, figure, result, lacking, lacks);
    if (!stop_wanted())
        return state;
    error_set(drawing->err, "stopped by %s", stop_reason()); /* gnuplot may have had it too */
    return FIGURES_ENVIRONMENT;
}

/* One line a figure. */
static void say_without(const struct drawing *drawing, const struct figure *figure,
                        const struct report_result *lacking, size_t lacks)
{
    char label[REPORT_LABEL] = "", more[32] = "";
    if (lacking)
        report_run_label(drawing->report, lacking, label);
    if (lacks > 1)
        snprintf(more, sizeof more, " and %zu more", lacks - 1);
    log_warn("no figure '%s'%s%s%s: %s", figure->name, lacking ? " of " : "", label, more,
             figure->without);
}

static enum figures_state draw_all(const struct drawing *drawing)
{
    enum figures_state state = FIGURES_FINE;
    for (int f = 0; f < FIGURES && state == FIGURES_FINE; f++) {
        const struct report_result *lacking = NULL;
        size_t lacks = 0;
        if (!figures[f]->is_of_run)
            state = draw_unless_stopped(drawing, figures[f], NULL, &lacking, &lacks);
        for (size_t r = 0; figures[f]->is_of_run && r < drawing->report->results; r++)
            if (state == FIGURES_FINE)
                state = draw_unless_stopped(drawing, figures[f], &drawing->report->result[r],
                                            &lacking, &lacks);
        if (lacks > 0)
            say_without(drawing, figures[f], lacking, lacks);
    }
    return state;
}

/* ---- the temporary folder ---- */

static void remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    for (const struct dirent *entry = entries ? readdir(entries) : NULL; entry;
         entry = readdir(entries)) {
        char path[FIGURES_PATH + 256];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove(path);
    }
    if (entries)
        closedir(entries);
    rmdir(folder);
}

enum figures_state figures_draw(const struct report *report, enum plot_format format,
                                const char *parent, figure_sink sink, void *context,
                                struct error *err)
{
    char folder[FIGURES_PATH];
    snprintf(folder, sizeof folder, "%s/.reslice-plot.XXXXXX", parent);
    if (!mkdtemp(folder)) {
        disk_failed(err, "folder '%s': cannot write there", parent);
        return err->is_environment ? FIGURES_ENVIRONMENT : FIGURES_BAD_FILE;
    }
    const struct drawing drawing = {report, format, folder, sink, context, err};
    stop_start(0.0);
    const enum figures_state state = draw_all(&drawing);
    stop_end();
    remove_folder(folder);
    return state;
}
