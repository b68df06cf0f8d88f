/* How tables look in each format. A format is one file table_NAME.c, one line here, and one in the list
 * of table.c with its name in enum table_format. */
#ifndef RESLICE_TABLE_PRINTERS_H
#define RESLICE_TABLE_PRINTERS_H

#include <stdio.h>

#include "table/cells.h"

struct table_printer {
    const char *name;                  /* for --format */
    const char *begin, *between, *end; /* around several tables */
    const char *alone;                 /* behind one that stands alone */
    /* One table, its cells in whole rows. */
    void (*print)(const struct table *table, FILE *out);
};

extern const struct table_printer table_text, table_markdown, table_latex, table_csv, table_json,
    table_html;

/* Row `row` and column `column` of the table, both counted from 0. */
const struct table_cell *table_cell_at(const struct table *table, size_t row, size_t column);

/* The text of a cell, or `missing` when it has none. Owned by the cell. */
const char *table_value_or(const struct table_cell *cell, const char *missing);

/* "test accuracy std (%)" in `text` of TABLE_TEXT_BYTES, for a column with a unit and the suffix " std".
 * Returns `text`. */
const char *table_header_of(const struct table_heading *column, const char *suffix, char *text);

#endif
