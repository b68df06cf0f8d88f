/* Tables: for people (text), web pages (markdown), papers (LaTeX) and programs (csv).
 *
 * A table is built column by column, then cell by cell along its rows. What a cell holds is kept
 * apart (value, spread, mark), so that a program never has to take "97.51±0.12*" to pieces: in csv
 * a spread has a column of its own, a missing value is an empty field and marks are left out.
 *
 * latex: a table environment with its notes; needs the package booktabs.
 * csv: several tables stand in one file. Each row starts with the id of its table; a header row
 * starts with "table". Notes are rows of a table called "notes".
 * html: a <section> a table, for a page of your own.
 * json: one object a table, one after the other (JSON lines; `jq` and json.JSONDecoder take them).
 */
#ifndef RESLICE_TABLE_TABLE_H
#define RESLICE_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum table_format {
    TABLE_TEXT,
    TABLE_MARKDOWN,
    TABLE_LATEX,
    TABLE_CSV,
    TABLE_JSON,
    TABLE_HTML,
    TABLE_FORMATS
};

enum { TABLE_COLUMNS = 48 };

enum table_kind {
    TABLE_WORDS,  /* text, left */
    TABLE_NUMBER, /* a number, right */
    TABLE_SPREAD  /* a number that may have a spread (mean ± std), right */
};

/* Names of all formats: "text, markdown, latex, csv, json, html". */
const char *table_format_names(void);

/* False when there is no such format. */
bool table_format_find(const char *name, enum table_format *format);

struct table;

/* `id` is for csv (one word), `title` for the others. Free with table_destroy. */
struct table *table_create(const char *id, const char *title);
void table_destroy(struct table *table);

/* Adds a column before the first cell; `unit` may be NULL. The text format breaks long names at
 * their spaces. Texts are copied, here and below. */
void table_column(struct table *table, enum table_kind kind, const char *name, const char *unit);

/* The next cell of the row; rows follow each other without a call. */
void table_words(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void table_missing(struct table *table);

/* Likewise; NaN is a missing value, or no spread. */
void table_number(struct table *table, int decimals, double value);
void table_spread(struct table *table, int decimals, double value, double spread);

/* Puts a mark ("*") behind the last cell. */
void table_mark(struct table *table, const char *mark);

/* A line under the table. */
void table_note(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Not collective. */
void table_print(const struct table *table, enum table_format format, FILE *out);

#endif
