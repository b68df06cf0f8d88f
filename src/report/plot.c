#include "report/plot.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/names.h"
#include "table/text.h"

static const char *const format_names[PLOT_FORMATS] = {"svg", "png", "pdf"};

void plot_format_names(char *names, size_t size)
{
    names[0] = '\0';
    for (int f = 0; f < PLOT_FORMATS; f++)
        names_append(names, size, format_names[f]);
}

const char *plot_format_name(enum plot_format format)
{
    return format_names[format];
}

bool plot_format_find(const char *name, enum plot_format *format)
{
    for (int f = 0; f < PLOT_FORMATS; f++)
        if (strcmp(name, format_names[f]) == 0) {
            *format = (enum plot_format)f;
            return true;
        }
    return false;
}

/* ---- files ---- */

static FILE *create(const char *folder, const char *name, const char *ending, struct error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
    FILE *file = fopen(path, "w");
    if (!file)
        error_set(err, "file '%s': %s", path, strerror(errno));
    return file;
}

bool plot_open(struct plot *plot, const char *folder, const char *name, enum plot_format format,
               struct error *err)
{
    *plot = (struct plot){.name = name, .format = format};
    plot->script = create(folder, name, "gp", err);
    if (!plot->script)
        return false;
    plot->data = create(folder, name, "dat", err);
    if (!plot->data)
        fclose(plot->script);
    return plot->data != NULL;
}

bool plot_close(struct plot *plot, struct error *err)
{
    const bool is_written = !ferror(plot->script) && !ferror(plot->data);
    const bool script_fine = fclose(plot->script) == 0, data_fine = fclose(plot->data) == 0;
    return is_written && script_fine && data_fine
               ? true
               : error_set(err, "plot '%s': cannot be written: %s", plot->name, strerror(errno));
}

/* True when one of the last bytes begins `end`. */
static bool ends_with(FILE *file, const char *end)
{
    char tail[32] = "";
    const size_t length = strlen(end);
    if (fseek(file, -(long)sizeof tail, SEEK_END) != 0 ||
        fread(tail, 1, sizeof tail, file) != sizeof tail)
        return false;
    for (size_t i = 0; i + length <= sizeof tail; i++)
        if (memcmp(tail + i, end, length) == 0)
            return true;
    return false;
}

bool plot_check_picture(const struct plot *plot, const char *folder, struct error *err)
{
    static const char *const ends[PLOT_FORMATS] = {"</svg>", "IEND", "%%EOF"};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", folder, plot->name, format_names[plot->format]);
    FILE *file = fopen(path, "rb");
    const bool is_whole = file && ends_with(file, ends[plot->format]);
    if (file)
        fclose(file);
    return is_whole
               ? true
               : error_set(err, "file '%s': gnuplot has not written it to its end (disk full?)",
                           path);
}

int plot_block(struct plot *plot, const char *columns)
{
    fprintf(plot->data, "%s# %s\n", plot->blocks > 0 ? "\n\n" : "", columns);
    return plot->blocks++;
}

/* ---- script ---- */

/* Three pixels of a picture for one of the page: 288 dots an inch. A point of a PDF is 1/72 inch. */
static void set_terminal(struct plot *plot, double width, double height)
{
    FILE *out = plot->script;
    switch (plot->format) {
    case PLOT_PNG:
        fprintf(
            out,
            "set terminal pngcairo size %.0f,%.0f noenhanced font 'sans-serif,12' fontscale 2.25 "
            "linewidth 3 pointscale 3 dashlength 1.2 background '#ffffff'\n",
            3 * width, 3 * height);
        break;
    case PLOT_PDF:
        fprintf(
            out,
            "set terminal pdfcairo size %.4fin,%.4fin noenhanced font 'sans-serif,12' fontscale "
            "0.56 dashlength 1.2\n",
            width / 96, height / 96);
        break;
    default:
        fprintf(out,
                "set terminal svg size %.0f,%.0f noenhanced font 'sans-serif,12' background "
                "'#ffffff' name '",
                width, height);
        for (const char *c = plot->name; *c; c++) /* the title of the picture: letters and digits */
            fputc(isalnum((unsigned char)*c) ? *c : '_', out);
        fputs("'\n", out);
    }
}

void plot_page(struct plot *plot, double width, double height)
{
    FILE *out = plot->script;
    fprintf(out,
            "# Draws %s.%s from %s.dat: gnuplot %s.gp\n"
            "set encoding utf8\n",
            plot->name, format_names[plot->format], plot->name, plot->name);
    set_terminal(plot, width, height);
    fprintf(out,
            "set output '%s.%s'\n"
            "set border 3 lc rgb '#404040'\n"
            "set tics nomirror out scale 0.6 textcolor rgb '#000000'\n"
            "set format '%%h'\n"
            "set grid lc rgb '#c8c8c8' lw 0.6 dt 1\n"
            "set clip one\n"
            "set key Left reverse samplen 2.6 spacing 1.15\n"
            "set datafile missing 'nan'\n",
            plot->name, format_names[plot->format]);
}

void plot_using(struct plot *plot, int block)
{
    fprintf(plot->script, "%s'%s.dat' index %d using ", plot->is_behind ? ", \\\n     " : "plot ",
            plot->name, block);
    plot->is_behind = true;
}

void plot_end(struct plot *plot)
{
    fputc('\n', plot->script);
    plot->is_behind = false;
}

void plot_log_axis(struct plot *plot, const char *axis, double low, double high)
{
    static const char *const one[] = {"1", NULL};
    static const char *const few[] = {"1", "2", "5", NULL};
    static const char *const many[] = {"1", "1.5", "2", "3", "4", "5", "7", NULL};
    const char *const *digit = high < 8 * low ? many : high < 2000 * low ? few : one;
    const char *comma = "";
    fprintf(plot->script, "set logscale %s\nset %srange [%.9g:%.9g]\nset %stics (", axis, axis, low,
            high, axis);
    for (int e = (int)floor(log10(low)); e <= (int)ceil(log10(high)); e++)
        for (int d = 0; digit[d]; d++) {
            fprintf(plot->script, "%s%se%d", comma, digit[d], e);
            comma = ", ";
        }
    fputs(")\n", plot->script);
}

static bool is_behind_first_byte(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80; /* of a character of UTF-8 */
}

/* Signs [from, to) of the text. */
static void put_signs(FILE *out, const char *text, size_t from, size_t to, char doubled)
{
    size_t sign = 0;
    for (; *text; text++) {
        const size_t here = is_behind_first_byte(*text) ? sign - 1 : sign++;
        if (here < from || here >= to)
            continue;
        if (*text == '\'' || *text == doubled)
            fputc(*text, out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

/* Names that differ do so at their ends: what is too long loses its middle. */
static void quote(FILE *out, const char *text, size_t most, char doubled)
{
    const size_t signs = text_width(text, strlen(text));
    fputc('\'', out);
    if (signs <= most) {
        put_signs(out, text, 0, signs, doubled);
    } else {
        put_signs(out, text, 0, most / 2, doubled);
        fputs("…", out);
        put_signs(out, text, signs - (most - most / 2 - 1), signs, doubled);
    }
    fputc('\'', out);
}

void plot_quote(struct plot *plot, const char *text, size_t most)
{
    quote(plot->script, text, most, '\'');
}

void plot_quote_tic(struct plot *plot, const char *text, size_t most)
{
    quote(plot->script, text, most, '%');
}

const char *plot_colour(int i)
{
    /* Okabe and Ito (2008) without yellow, which white paper swallows */
    static const char *const colour[] = {
        "lc rgb '#0072B2'", "lc rgb '#D55E00'", "lc rgb '#009E73'", "lc rgb '#CC79A7'",
        "lc rgb '#E69F00'", "lc rgb '#56B4E9'", "lc rgb '#000000'",
    };
    return colour[i % (int)(sizeof colour / sizeof colour[0])];
}

struct plot_style plot_style(int i)
{
    static const char *const dash[] = {"1", "(8,4)", "(2,3)", "(8,3,2,3)", "(14,4)"};
    static const int marker[] = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10};
    enum { DASHES = sizeof dash / sizeof *dash, MARKERS = sizeof marker / sizeof *marker };
    struct plot_style style;
    snprintf(style.text, sizeof style.text, "%s dt %s pt %d lw 1.6 ps 0.65", plot_colour(i),
             dash[i % DASHES], marker[i % MARKERS]);
    return style;
}
