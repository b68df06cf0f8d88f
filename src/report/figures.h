/* The figures of a paper, drawn from result files by gnuplot.
 *
 * A figure is one file figure_*.c and one line in the table of figures.c. Some are about all runs
 * together, others are drawn once for each run. */
#ifndef RESLICE_REPORT_FIGURES_H
#define RESLICE_REPORT_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "report/plot.h"
#include "report/rows.h"

enum { FIGURE_NAME = 224 };

enum figure_state {
    FIGURE_DRAWN,
    FIGURE_NO_DATA, /* the files do not have what it shows */
    FIGURE_BAD_FILE /* a file cannot be read, is damaged, or nonsense: user error */
};

struct figure {
    const char *name;    /* of its file: "currents" */
    const char *title;   /* for a heading */
    const char *caption; /* what a reader must know */
    bool is_of_run;      /* drawn for each run; otherwise for all runs together */
    const char
        *without; /* to say when there is no data: what is missing, and the command that adds it */
    /* Writes script and data into an open plot. `result` is NULL for figures of all runs. With
     * FIGURE_BAD_FILE the line is in *err. */
    enum figure_state (*draw)(struct plot *plot, const struct report *report,
                              const struct report_result *result, struct error *err);
};

extern const struct figure figure_nonzero, figure_energy, figure_training, figure_weights,
    figure_currents, figure_adc;

/* A figure that is ready: folder/name.ENDING, beside name.gp and name.dat. */
struct figure_file {
    const struct figure *figure;
    const struct report_result *result; /* NULL: all runs */
    const char *folder;
    char name[FIGURE_NAME];
};

/* Takes a ready figure, whose files go when it returns unless it has moved them; false with a line on an
 * environment error. */
typedef bool (*figure_sink)(void *context, const struct figure_file *file, struct error *err);

enum figures_state { FIGURES_FINE, FIGURES_BAD_FILE, FIGURES_ENVIRONMENT };

/* Draws every figure that the files have data for, in a temporary folder inside `parent`, and gives
 * it to the sink; the folder and what the sink left there are removed, also when a signal asks to stop
 * (base/stop.h), which is an environment error. One warning a figure for the runs that lack its data.
 * With another state than FIGURES_FINE the line is in *err. Not collective. */
enum figures_state figures_draw(const struct report *report, enum plot_format format,
                                const char *parent, figure_sink sink, void *context,
                                struct error *err);

#endif
