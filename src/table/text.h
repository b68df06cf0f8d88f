/* Pieces of text for tables: widths on a screen, word wrap, and the escapes of each format. */
#ifndef RESLICE_TABLE_TEXT_H
#define RESLICE_TABLE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Columns on a screen that `bytes` of UTF-8 take. */
size_t report_text_width(const char *text, size_t bytes);

/* The next line of at most `width` columns, or one word: `start` is set to it and *text moves
 * behind it. Returns its bytes, 0 at the end of the text. */
size_t report_text_wrap(const char **text, size_t width, const char **start);

/* A line whose trailing blanks are never written. */
struct report_line {
    FILE *out;
    size_t blanks; /* add to it to leave space */
};

void report_line_put(struct report_line *line, const char *text, size_t bytes);
void report_line_end(struct report_line *line);

/* Writes the text so that a reader of the format sees just it. */
void report_put_markdown(FILE *out, const char *text);
void report_put_html(FILE *out, const char *text);
void report_put_latex(FILE *out, const char *text);
void report_put_csv(FILE *out, const char *text); /* a field, quoted where RFC 4180 asks for it */

#endif
