/* Tables in every format, alone and as one document. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "table/table.h"

enum { TEXT = 4096 };

static void print_alone(const struct table *table, enum table_format format, char text[TEXT])
{
    memset(text, 0, TEXT);
    FILE *file = fmemopen(text, TEXT, "w");
    table_print(table, format, file);
    fclose(file);
}

static void test_table(void **state)
{
    (void)state;
    struct table *table = table_create("t", "T");
    table_column(table, TABLE_WORDS, "näme", NULL);
    table_column(table, TABLE_SPREAD, "long name", "µs");
    table_words(table, "a,\"b\"\n|");
    table_spread(table, 1, 10, 0.25);
    table_words(table, "é");
    table_number(table, 1, 1);
    table_mark(table, "*");
    char text[TEXT];
    static const char *const expected[TABLE_FORMATS] = {
        "T\n\n             long\n             name\nnäme           µs\n-----------------\n"
        "a,\"b\" |  10.0±0.2\né         1.0*\n\n",
        "### T\n\n| näme | long name (µs) |\n|---|---:|\n| a,\"b\" \\| | 10.0 ± 0.2 |\n"
        "| é | 1.0\\* |\n\n",
        "\\begin{table}\n  \\centering\n  \\caption{T}\n  \\begin{tabular}{lr}\n    \\toprule\n"
        "    näme & long name (µs) \\\\\n    \\midrule\n    a,\"b\" \\textbar{} & 10.0 $\\pm$ 0.2 \\\\\n"
        "    é & 1.0* \\\\\n    \\bottomrule\n  \\end{tabular}\n\\end{table}\n\n",
        "table,näme,long name (µs),long name std (µs)\nt,\"a,\"\"b\"\" |\",10.0,0.2\nt,é,1.0,\n",
        "{\"table\": \"t\", \"title\": \"T\",\n \"columns\": [{\"name\": \"näme\", \"unit\": null}, "
        "{\"name\": \"long name\", \"unit\": \"µs\"}],\n \"rows\": [\n"
        "  [\"a,\\\"b\\\" |\", {\"mean\": 10.0, \"std\": 0.2}],\n"
        "  [\"é\", {\"mean\": 1.0, \"std\": null}]],\n \"notes\": []}\n",
        NULL};
    for (int f = 0; f < TABLE_FORMATS; f++) {
        print_alone(table, (enum table_format)f, text);
        if (expected[f])
            assert_string_equal(text, expected[f]);
    }
    table_destroy(table);
    assert_int_equal(mem_live_blocks(), 0);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in\n%s", part, text);
}

/* What is no number is missing in every format, a spread that is none is left out, and what rounds to
 * nothing has no sign. */
static void test_numbers(void **state)
{
    (void)state;
    static const double none[] = {INFINITY, -INFINITY, NAN};
    static const char *const missing[TABLE_FORMATS] = {"–", "| – |",         "-- &",
                                                       ",", "[null, null, ", ">–</td>"};
    struct table *table = table_create("t", "T");
    char text[TEXT];
    table_column(table, TABLE_NUMBER, "a", NULL);
    table_column(table, TABLE_SPREAD, "b", NULL);
    table_column(table, TABLE_SPREAD, "c", NULL);
    table_column(table, TABLE_NUMBER, "d", NULL);
    for (int i = 0; i < 3; i++) {
        table_number(table, 2, none[i]);
        table_spread(table, 2, none[i], 1.0);
        table_spread(table, 2, 1.0, none[i]);
        table_number(table, 2, -0.001);
    }
    for (int f = 0; f < TABLE_FORMATS; f++) {
        print_alone(table, (enum table_format)f, text);
        assert_has(text, missing[f]);
        assert_has(text, "0.00");
        assert_null(strstr(text, "-0.00"));
        assert_null(strstr(text, "inf"));
        assert_null(strstr(text, "nan"));
    }
    print_alone(table, TABLE_JSON, text);
    assert_has(text, "\n  [null, null, {\"mean\": 1.00, \"std\": null}, 0.00],");
    table_destroy(table);
}

static void test_signs_stay(void **state)
{
    (void)state;
    struct table *table = table_create("t", "T");
    char text[TEXT];
    table_column(table, TABLE_NUMBER, "a", NULL);
    table_number(table, 2, -0.006);
    table_number(table, 0, -10);
    table_number(table, 0, -1e300);
    print_alone(table, TABLE_CSV, text);
    assert_has(text, "\nt,-0.01\nt,-10\nt,-1000");
    table_destroy(table);
}

/* Words in a column of numbers are words for JSON too. */
static void test_words_among_numbers(void **state)
{
    (void)state;
    struct table *table = table_create("t", "T");
    char text[TEXT];
    table_column(table, TABLE_NUMBER, "a", NULL);
    table_words(table, "none");
    print_alone(table, TABLE_JSON, text);
    assert_has(text, "[\"none\"]");
    table_destroy(table);
}

static void print_document(size_t tables, enum table_format format, char text[TEXT])
{
    memset(text, 0, TEXT);
    FILE *file = fmemopen(text, TEXT, "w");
    struct table_document document;
    table_document_begin(&document, format, file);
    for (size_t i = 0; i < tables; i++) {
        struct table *table = table_create("t", "T");
        table_column(table, TABLE_NUMBER, "a", NULL);
        table_document_add(&document, table); /* without rows */
        table_destroy(table);
    }
    table_document_end(&document);
    fclose(file);
}

static void test_document(void **state)
{
    (void)state;
    static const char table[] =
        "{\"table\": \"t\", \"title\": \"T\",\n \"columns\": [{\"name\": \"a\", "
        "\"unit\": null}],\n \"rows\": [],\n \"notes\": []}";
    char text[TEXT], expected[TEXT];
    print_document(0, TABLE_JSON, text);
    assert_string_equal(text, "[\n\n]\n");
    print_document(1, TABLE_JSON, text);
    snprintf(expected, sizeof expected, "[\n%s\n]\n", table);
    assert_string_equal(text, expected);
    print_document(2, TABLE_JSON, text);
    snprintf(expected, sizeof expected, "[\n%s,\n%s\n]\n", table, table);
    assert_string_equal(text, expected);
    print_document(2, TABLE_CSV, text);
    assert_string_equal(text, "table,a\ntable,a\n");
    print_document(2, TABLE_HTML, text); /* one root */
    assert_true(strncmp(text, "<div class=\"tables\">\n<section", 29) == 0);
    assert_string_equal(text + strlen(text) - 18, "</section>\n</div>\n");
}

static void test_formats(void **state)
{
    (void)state;
    char names[64];
    enum table_format format = TABLE_HTML;
    table_format_names(names, sizeof names);
    assert_string_equal(names, "text, markdown, latex, csv, json, html");
    assert_true(table_format_find("csv", &format));
    assert_int_equal(format, TABLE_CSV);
    assert_false(table_format_find("xml", &format));
    assert_int_equal(format, TABLE_CSV);
}

static int leaves_nothing(void **state)
{
    (void)state;
    return mem_live_blocks() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_signs_stay), cmocka_unit_test(test_words_among_numbers),
        cmocka_unit_test(test_document),   cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, leaves_nothing);
}
