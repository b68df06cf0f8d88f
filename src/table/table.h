/* Tables: for people (text), web pages (markdown, html), papers (latex) and programs (csv, json).
 *
 * A table is built column by column, then cell by cell along its rows. What a cell holds is kept apart
 * (value, spread, mark), so that a program never has to take "97.51±0.12*" to pieces. What each format
 * looks like stands at the top of its table_*.c. Nothing here is collective.
 */
#ifndef RESLICE_TABLE_TABLE_H
#define RESLICE_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "table/cells.h"

enum table_format {
    TABLE_TEXT,
    TABLE_MARKDOWN,
    TABLE_LATEX,
    TABLE_CSV,
    TABLE_JSON,
    TABLE_HTML,
    TABLE_FORMATS
};

/* Fills `names` of `size` bytes with the names of all formats, "text, markdown, …". */
void table_format_names(char *names, size_t size);

/* The format of that name; false when there is none, and *format is as it was. */
bool table_format_find(const char *name, enum table_format *format);

/* A table without columns. `id` is one word for csv and json, `title` is for people; both are copied.
 * The caller frees it with table_destroy. */
struct table *table_create(const char *id, const char *title);

/* Frees the table and all it holds. */
void table_destroy(struct table *table);

/* Adds a column, at most TABLE_COLUMNS and before the first cell; `unit` may be NULL. Both texts are
 * copied. The text format breaks long names at their spaces. */
void table_column(struct table *table, enum table_kind kind, const char *name, const char *unit);

/* Fills the next cell of the row with text, cut at TABLE_TEXT_BYTES, blanks for control codes; after the
 * last column the next row begins. */
void table_words(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Leaves the next cell of the row without a value. */
void table_missing(struct table *table);

/* Fills the next cell of the row with a number of so many decimals; one that is not finite is missing. */
void table_number(struct table *table, int decimals, double value);

/* Fills the next cell of the row with a number and its spread (standard deviation), so many decimals
 * each. A number that is not finite is missing; a spread that is not finite is left out. */
void table_spread(struct table *table, int decimals, double value, double spread);

/* Puts a mark ("*") behind the last cell. */
void table_mark(struct table *table, const char *mark);

/* A line under the table, at most TABLE_NOTES, cut at TABLE_TEXT_BYTES. */
void table_note(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a table that stands alone. Its rows must be whole. Errors of writing stay in `out` (ferror). */
void table_print(const struct table *table, enum table_format format, FILE *out);

/* Several tables in one document: for json one array. Filled by table_document_begin. */
struct table_document {
    enum table_format format;
    FILE *out; /* not owned */
    size_t tables;
};

/* Begins a document on `out`, which stays open and the caller's. */
void table_document_begin(struct table_document *document, enum table_format format, FILE *out);

/* Prints the next table, whose rows must be whole. */
void table_document_add(struct table_document *document, const struct table *table);

/* Ends the document, also one without tables. Errors of writing stay in `out` (ferror). */
void table_document_end(const struct table_document *document);

#endif
