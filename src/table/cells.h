/* What a table holds: table.c fills it, table_*.c print it. */
#ifndef RESLICE_TABLE_CELLS_H
#define RESLICE_TABLE_CELLS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TABLE_COLUMNS = 48,
    TABLE_NOTES = 32,
    TABLE_TEXT_BYTES = 2048, /* of a cell, a note or a heading with its unit */
    TABLE_SPREAD_BYTES = 32,
    TABLE_MARK_BYTES = 4
};

enum table_kind {
    TABLE_WORDS,  /* text, left */
    TABLE_NUMBER, /* a number, right */
    TABLE_SPREAD  /* a number that may have a spread (mean ± std), right */
};

struct table_heading {
    enum table_kind kind;
    char *name, *unit; /* unit may be NULL */
};

struct table_cell {
    char *value;                                             /* NULL: missing */
    bool is_number;                                          /* `value` is one, finite: "-12.50" */
    char spread[TABLE_SPREAD_BYTES], mark[TABLE_MARK_BYTES]; /* "" : none; the spread is finite */
};

/* All texts are valid UTF-8 without control codes when those that came in were valid UTF-8. */
struct table {
    char *id, *title;
    struct table_heading column[TABLE_COLUMNS];
    size_t columns, cells, capacity, notes;
    struct table_cell *cell; /* [capacity], the first `cells` in use, row by row */
    char *note[TABLE_NOTES];
};

#endif
