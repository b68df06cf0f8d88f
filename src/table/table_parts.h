/* The inside of a table, for the files that print it. Inside table*.c only. */
#ifndef RESLICE_TABLE_TABLE_PARTS_H
#define RESLICE_TABLE_TABLE_PARTS_H

#include "table/table.h"

enum { TABLE_SPREAD_BYTES = 32, TABLE_MARK_BYTES = 4, TABLE_NOTES = 32 };

struct table_heading {
    enum table_kind kind;
    char *name, *unit; /* unit may be NULL */
};

struct table_cell {
    char *value; /* NULL: missing */
    char spread[TABLE_SPREAD_BYTES], mark[TABLE_MARK_BYTES];
};

struct table {
    char *id, *title;
    struct table_heading column[TABLE_COLUMNS];
    size_t columns, cells, capacity, notes;
    struct table_cell *cell; /* [capacity], the first `cells` in use */
    char *note[TABLE_NOTES];
};

/* One JSON object: {"table": id, "title": …, "columns": [{"name", "unit"}], "rows": [[…]],
 * "notes": […]}. Numbers are numbers, a number that may have a spread is {"mean", "std"}, missing
 * values are null. */
void table_print_json(const struct table *table, FILE *out);

/* A <section>: heading, table, notes; well-formed as XML too. */
void table_print_html(const struct table *table, FILE *out);

#endif
