/* What a report prints: captured, searched, and its csv taken to pieces. Comes behind
 * report_files.h. */
#ifndef RESLICE_TESTS_REPORT_OUTPUT_H
#define RESLICE_TESTS_REPORT_OUTPUT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "table/table.h"

enum { OUTPUT = 1 << 16 };

extern char printed[OUTPUT]; /* what the last report printed */

/* Runs `print` with its output and its messages going into `printed`; what it returned. */
bool capture(bool (*print)(const void *), const void *context);

struct request {
    const char *file[8];
    enum table_format format;
};

/* The report on these files, which must succeed, goes into `printed`. */
void print_report(struct request request);

/* A report on this file fails with this in its message, and prints nothing. */
void assert_refused(const char *path, const char *message);

/* `context` are the arguments, NULL behind them: whether the command succeeds. */
bool run_command(const void *context);

/* `printed` has this text. */
void assert_prints(const char *text);

/* `printed` does not have this text. */
void assert_prints_not(const char *text);

/* ---- csv ---- */

/* Field `column` of row `row` (counted from 0) of a table; NULL when there is no such row. */
const char *csv_field(const char *table, int row, const char *column);

#define ASSERT_CSV(table, row, column, value)                                                      \
    do {                                                                                           \
        assert_non_null(csv_field(table, row, column));                                            \
        assert_string_equal(csv_field(table, row, column), value);                                 \
    } while (0)

#endif
