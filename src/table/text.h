/* Pieces of text for tables: widths on a screen, word wrap, and the escapes of each format. */
#ifndef RESLICE_TABLE_TEXT_H
#define RESLICE_TABLE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Columns on a screen that the first `bytes` of UTF-8 text take. */
size_t text_width(const char *text, size_t bytes);

/* The next line of at most `width` columns, or one word: *start is set to it, inside the text, and *text
 * moves behind it. Returns its bytes, 0 at the end of the text. */
size_t text_wrap(const char **text, size_t width, const char **start);

/* A line whose trailing blanks are never written. */
struct text_line {
    FILE *out;
    size_t blanks; /* to write before the next text; add to it to leave space */
};

/* Writes the blanks and then `bytes` of the text; nothing when that is 0. */
void text_line_put(struct text_line *line, const char *text, size_t bytes);

/* Ends the line without its blanks; the next one begins. */
void text_line_end(struct text_line *line);

/* Writes the text so that a reader of Markdown (GitHub's) sees just it. */
void text_put_markdown(FILE *out, const char *text);

/* Writes the text so that a reader of HTML or XML sees just it, also inside quotes. */
void text_put_html(FILE *out, const char *text);

/* Writes the text so that LaTeX sets just it. */
void text_put_latex(FILE *out, const char *text);

/* Writes the text as a csv field, quoted where RFC 4180 asks for it. */
void text_put_csv(FILE *out, const char *text);

#endif
