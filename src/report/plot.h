/* A figure on its way to paper: a gnuplot script and a file of its numbers.
 *
 * NAME.gp draws NAME.svg (or .png, .pdf) from NAME.dat, all in one folder; both can be kept and
 * edited. Lines differ in colour (Okabe and Ito's eight, told apart by colour-blind readers), in dash
 * and in marker, so that they also survive a black and white printer.
 */
#ifndef RESLICE_REPORT_PLOT_H
#define RESLICE_REPORT_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

enum plot_format { PLOT_SVG, PLOT_PNG, PLOT_PDF, PLOT_FORMATS };

/* Fills `names` of `size` bytes with "svg, png, pdf". */
void plot_format_names(char *names, size_t size);

/* The name of a format, which is also the ending of its files. */
const char *plot_format_name(enum plot_format format);

/* The format of that name; false when there is none, and *format is as it was. */
bool plot_format_find(const char *name, enum plot_format *format);

struct plot {
    FILE *script, *data;
    const char *name; /* of the files, without ending; not owned */
    enum plot_format format;
    int blocks;     /* of data so far */
    bool is_behind; /* in a plot command: a comma comes first */
};

/* Makes NAME.gp and NAME.dat in the folder; `name` must outlive the plot, which plot_close ends. False
 * with a line (environment error), and nothing to close. */
bool plot_open(struct plot *plot, const char *folder, const char *name, enum plot_format format,
               struct error *err);

/* Ends script and data. False with a line when they are not on the disk (environment error). */
bool plot_close(struct plot *plot, struct error *err);

/* Whether the picture that the script draws is there to its end: of a full disk gnuplot says nothing.
 * False with a line (environment error). */
bool plot_check_picture(const struct plot *plot, const char *folder, struct error *err);

/* Writes the first lines of a script: a figure of width x height pixels of 1/96 inch (on paper 640 are
 * 17 cm, and the text has 9 points). */
void plot_page(struct plot *plot, double width, double height);

/* Begins a block of numbers in NAME.dat, below a comment that names its columns. Returns its index. */
int plot_block(struct plot *plot, const char *columns);

/* Writes "'NAME.dat' index BLOCK using " into a plot command, first with "plot " or ", ". */
void plot_using(struct plot *plot, int block);

/* Writes at most so many signs of the text in quotes, as gnuplot shows it in titles. */
void plot_quote(struct plot *plot, const char *text, size_t most);

/* Writes at most so many signs of the text in quotes, as gnuplot shows it at tics, where % is special. */
void plot_quote_tic(struct plot *plot, const char *text, size_t most);

/* Sets a logarithmic axis ("x") from low to high (> 0, read in the axis' units) with tics at 1, 2, 5, more
 * where it is short, and 1 alone where it is so long that their numbers would touch. */
void plot_log_axis(struct plot *plot, const char *axis, double low, double high);

/* Ends the plot command. */
void plot_end(struct plot *plot);

struct plot_style {
    char text[96];
};

/* Colour, dash and marker of the i-th line: "lc rgb '#0072B2' dt 1 pt 7 …". */
struct plot_style plot_style(int i);

/* The colour of the i-th line: "lc rgb '#0072B2'". */
const char *plot_colour(int i);

#endif
